"""Statements that hold no other one and touch no data: variables, transactions, messages, options."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from sandbox.sqlserver.contract import Info, Result, SqlError
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.execution.raised_text import raised_text
from sandbox.sqlserver.engine.execution.runner import Runner
from sandbox.sqlserver.engine.execution.session_state import SessionState
from sandbox.sqlserver.engine.execution.settings import set_isolation, set_option
from sandbox.sqlserver.engine.execution.variables import Variables
from sandbox.sqlserver.engine.parser.small_statements import (
    BeginTransaction,
    Break,
    CommitTransaction,
    Continue,
    Declare,
    Print,
    RaiseError,
    Rethrow,
    Return,
    RollbackTransaction,
    SaveTransaction,
    SetIsolation,
    SetOption,
    SetVariable,
    Throw,
    Use,
    WaitFor,
)
from sandbox.sqlserver.engine.parser.statements import Statement
from sandbox.sqlserver.engine.values.delay import seconds_of
from sandbox.sqlserver.engine.values.types import INT, nvarchar

_LAST_INFORMATIVE = 10
"""Severities up to this are messages, not errors."""


class ReturnedError(Exception):
    """RETURN was said: the batch ends."""


class LeftLoopError(Exception):
    """BREAK or CONTINUE was said: a round of the loop ends."""

    def __init__(self, *, again: bool) -> None:
        super().__init__()
        self.again = again


class SmallStatements:
    """Runs them for one batch."""

    def __init__(self, session: SessionState, variables: Variables, runner: Runner) -> None:
        self._session = session
        self._variables = variables
        self._runner = runner

    def run(self, statement: Statement) -> Iterator[Result]:
        """What it has to say. Raises ReturnedError and LeftLoopError for what ends a batch or a round, and SqlError."""
        handler = _HANDLERS.get(type(statement))
        if handler is None:
            raise unsupported(f"the statement {type(statement).__name__}")
        result = handler(self, statement)
        if result is not None:
            yield result

    def _declare(self, statement: Declare) -> None:
        for name, sql_type, value in statement.variables:
            self._variables.declare(name, sql_type)
            if value is not None:
                self._set(SetVariable(name=name, value=value))

    def _set(self, statement: SetVariable) -> None:
        target = self._variables.type_of(statement.name)
        self._variables.assign(statement.name, self._runner.scalar(statement.value, target))

    def _transaction(self, statement: Statement) -> None:
        transactions = self._session.transactions
        if isinstance(statement, BeginTransaction):
            transactions.begin(statement.name)
        elif isinstance(statement, CommitTransaction):
            transactions.commit()
        elif isinstance(statement, SaveTransaction):
            transactions.save(statement.savepoint)
        elif isinstance(statement, RollbackTransaction) and statement.savepoint is not None:
            transactions.rollback_to(statement.savepoint)
        else:
            transactions.rollback()

    def _throw(self, statement: Throw) -> None:
        number, text, state = (
            self._runner.scalar(node) for node in (statement.number, statement.text, statement.state)
        )
        if not isinstance(number, int) or number < 50000:
            raise SqlError(
                35100, f"Error number {number} in the THROW statement is outside the valid range.", severity=16
            )
        raise SqlError(number, str(text), state=int(state))

    def _rethrow(self, statement: Rethrow) -> None:
        caught = self._session.facts.caught
        if caught is None:
            text = (
                "To rethrow an error, a THROW statement must be used inside a CATCH block. Insert the THROW statement "
            )
            raise SqlError(10704, f"{text}inside a CATCH block, or add error parameters to the THROW statement.")
        raise caught

    def _raise_error(self, statement: RaiseError) -> Result:
        text, *arguments = (self._runner.scalar(node) for node in (statement.text, *statement.arguments))
        if not isinstance(text, str):
            raise unsupported("RAISERROR with the number of a message")
        severity, state = (self._runner.scalar(node, INT) for node in (statement.severity, statement.state))
        if not isinstance(severity, int) or not isinstance(state, int):
            raise unsupported("RAISERROR with a severity or a state that is NULL")
        said = raised_text(text, arguments)
        if severity <= _LAST_INFORMATIVE:
            return Result(infos=(Info(number=50000, text=said, severity=severity, state=state),))
        error = SqlError(50000, said, severity=severity, state=state)
        if self._session.facts.tries:
            raise error
        # Whatever XACT_ABORT says: the batch goes on, and the transaction is left alone.
        self._session.facts.error = error.number
        return Result(error=error)

    def _wait_for(self, statement: WaitFor) -> None:
        self._session.wait(seconds_of(str(self._runner.scalar(statement.delay, nvarchar(30)))))

    def _print(self, statement: Print) -> Result:
        return Result(infos=(Info(number=0, text=str(self._runner.text(statement.text))),))

    def _use(self, statement: Use) -> Result:
        self._session.use(statement.database)
        text = f"Changed database context to '{self._session.database}'."
        return Result(database=self._session.database, infos=(Info(number=5701, text=text, state=2),))

    def _return(self, statement: Return) -> None:
        raise ReturnedError

    def _leave_loop(self, statement: Break | Continue) -> None:
        raise LeftLoopError(again=isinstance(statement, Continue))

    def _option(self, statement: SetOption) -> None:
        set_option(self._session, statement)

    def _isolation(self, statement: SetIsolation) -> None:
        set_isolation(self._session, statement)


_HANDLERS: dict[type[Any], Callable[[SmallStatements, Any], Result | None]] = {
    Declare: SmallStatements._declare,
    SetVariable: SmallStatements._set,
    BeginTransaction: SmallStatements._transaction,
    CommitTransaction: SmallStatements._transaction,
    RollbackTransaction: SmallStatements._transaction,
    SaveTransaction: SmallStatements._transaction,
    Throw: SmallStatements._throw,
    Rethrow: SmallStatements._rethrow,
    RaiseError: SmallStatements._raise_error,
    WaitFor: SmallStatements._wait_for,
    Print: SmallStatements._print,
    Use: SmallStatements._use,
    Return: SmallStatements._return,
    Break: SmallStatements._leave_loop,
    Continue: SmallStatements._leave_loop,
    SetOption: SmallStatements._option,
    SetIsolation: SmallStatements._isolation,
}
