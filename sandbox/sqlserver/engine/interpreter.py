"""Runs the statements of a batch one after the other."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

from sqlglot import exp

from sandbox.sqlserver.contract import Info, Result, SqlError
from sandbox.sqlserver.engine import procedures
from sandbox.sqlserver.engine.definitions import is_definition, run_definition
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.execute_sql import statement_of
from sandbox.sqlserver.engine.parser.batch import parse_batch
from sandbox.sqlserver.engine.parser.dialect import ChangeTable
from sandbox.sqlserver.engine.parser.statements import (
    BeginTransaction,
    Block,
    Break,
    Change,
    CommitTransaction,
    Continue,
    Declare,
    ExecuteProcedure,
    ExecuteText,
    If,
    Print,
    Query,
    Return,
    RollbackTransaction,
    SaveTransaction,
    SetIsolation,
    SetOption,
    SetVariable,
    Statement,
    Throw,
    Use,
    While,
)
from sandbox.sqlserver.engine.planner import Planner
from sandbox.sqlserver.engine.runner import Runner
from sandbox.sqlserver.engine.settings import set_isolation, set_option
from sandbox.sqlserver.engine.variables import Variables

if TYPE_CHECKING:
    from sandbox.sqlserver.engine.session import EngineSession

_BATCHES = 2048


class _Returned(Exception):  # noqa: N818 - not an error: RETURN ends the batch
    """RETURN was said."""


class _LeftLoop(Exception):  # noqa: N818 - not an error: BREAK or CONTINUE ends a round of the loop
    """BREAK or CONTINUE was said."""

    def __init__(self, *, again: bool) -> None:
        super().__init__()
        self.again = again


@functools.lru_cache(maxsize=_BATCHES)
def _prepared(sql: str) -> tuple[Block, Planner]:
    block = parse_batch(sql)
    return block, Planner(tuple(_change_tables(block)))


def _change_tables(statement: Statement) -> Iterator[exp.Table]:
    """The tables of every CHANGETABLE in a batch, in branches that may not be taken too."""
    if isinstance(statement, Block):
        for inner in statement.statements:
            yield from _change_tables(inner)
    elif isinstance(statement, If):
        branches = [statement.then, *([statement.otherwise] if statement.otherwise is not None else [])]
        for branch in branches:
            yield from _change_tables(branch)
    elif isinstance(statement, While):
        yield from _change_tables(statement.body)
    elif isinstance(statement, (Query, Change)):
        for node in statement.tree.find_all(ChangeTable):
            yield node.this


class Interpreter:
    """One run of one batch."""

    def __init__(self, session: EngineSession, variables: Variables) -> None:
        self._session = session
        self._variables = variables
        self._runner = Runner(session, variables, Planner())

    def run(self, sql: str) -> Iterator[Result]:
        """The batch's results. Raises SqlError where it ends."""
        block, planner = _prepared(sql)
        self._runner = Runner(self._session, self._variables, planner)
        self._runner.check_tracked(planner.change_tables)
        try:
            yield from self._statement(block)
        except _Returned:
            return
        except _LeftLoop as left:
            number, word = (136, "CONTINUE") if left.again else (135, "BREAK")
            text = f"Cannot use a {word} statement outside the scope of a WHILE statement."
            raise SqlError(number, text, severity=15) from None

    def _statement(self, statement: Statement) -> Iterator[Result]:
        self._session.check_cancelled()
        if isinstance(statement, Query):
            yield from self._runner.query(statement)
        elif isinstance(statement, Change):
            yield from self._runner.change(statement)
        elif isinstance(statement, Block):
            for inner in statement.statements:
                yield from self._statement(inner)
        elif isinstance(statement, If):
            yield from self._if(statement)
        elif isinstance(statement, While):
            yield from self._while(statement)
        elif is_definition(statement):
            run_definition(self._session, statement)
        elif isinstance(statement, (ExecuteText, ExecuteProcedure)):
            yield from self._execute(statement)
        else:
            yield from self._small(statement)

    def _if(self, statement: If) -> Iterator[Result]:
        if self._runner.condition(statement.condition):
            yield from self._statement(statement.then)
        elif statement.otherwise is not None:
            yield from self._statement(statement.otherwise)

    def _while(self, statement: While) -> Iterator[Result]:
        while self._runner.condition(statement.condition):
            self._session.check_cancelled()
            try:
                yield from self._statement(statement.body)
            except _LeftLoop as left:
                if not left.again:
                    return

    def _execute(self, statement: ExecuteText | ExecuteProcedure) -> Iterator[Result]:
        if isinstance(statement, ExecuteProcedure):
            arguments = [(name, self._runner.parameter(node)) for name, node in statement.arguments]
            if statement.name.lower().rpartition(".")[2] == "sp_executesql":
                text, parameters = statement_of(arguments)
                yield from Interpreter(self._session, Variables(parameters)).run(text)
                return
            yield from procedures.call(self._session, statement.name, arguments)
            return
        text = self._runner.scalar(statement.text)
        if not isinstance(text, str):
            raise unsupported("EXEC of anything but text")
        yield from Interpreter(self._session, Variables({})).run(text)

    def _small(self, statement: Statement) -> Iterator[Result]:
        handler = _SMALL.get(type(statement))
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

    def _print(self, statement: Print) -> Result:
        return Result(infos=(Info(number=0, text=str(self._runner.text(statement.text))),))

    def _use(self, statement: Use) -> Result:
        self._session.use(statement.database)
        text = f"Changed database context to '{self._session.database}'."
        return Result(database=self._session.database, infos=(Info(number=5701, text=text, state=2),))

    def _return(self, statement: Return) -> None:
        del statement
        raise _Returned

    def _leave_loop(self, statement: Break | Continue) -> None:
        raise _LeftLoop(again=isinstance(statement, Continue))

    def _option(self, statement: SetOption) -> None:
        set_option(self._session, statement)

    def _isolation(self, statement: SetIsolation) -> None:
        set_isolation(self._session, statement)


_SMALL: dict[type[Any], Callable[[Interpreter, Any], Result | None]] = {
    Declare: Interpreter._declare,
    SetVariable: Interpreter._set,
    BeginTransaction: Interpreter._transaction,
    CommitTransaction: Interpreter._transaction,
    RollbackTransaction: Interpreter._transaction,
    SaveTransaction: Interpreter._transaction,
    Throw: Interpreter._throw,
    Print: Interpreter._print,
    Use: Interpreter._use,
    Return: Interpreter._return,
    Break: Interpreter._leave_loop,
    Continue: Interpreter._leave_loop,
    SetOption: Interpreter._option,
    SetIsolation: Interpreter._isolation,
}
