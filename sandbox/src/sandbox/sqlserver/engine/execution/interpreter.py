"""Runs the statements of a batch one after the other."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from dataclasses import replace

from sqlglot import exp

from sandbox.sqlserver.contract import Result, SqlError
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.execution import procedures
from sandbox.sqlserver.engine.execution.definitions import is_definition, run_definition
from sandbox.sqlserver.engine.execution.execute_sql import statement_of
from sandbox.sqlserver.engine.execution.planner import Planner
from sandbox.sqlserver.engine.execution.rows import RowStream
from sandbox.sqlserver.engine.execution.runner import Runner
from sandbox.sqlserver.engine.execution.session_state import SessionState
from sandbox.sqlserver.engine.execution.small_statements import LeftLoopError, ReturnedError, SmallStatements
from sandbox.sqlserver.engine.execution.statement_errors import can_be_caught, goes_on
from sandbox.sqlserver.engine.execution.variables import Variables
from sandbox.sqlserver.engine.parser.batch import parse_batch
from sandbox.sqlserver.engine.parser.definition_statements import CreateTableOf
from sandbox.sqlserver.engine.parser.dialect import ChangeTable
from sandbox.sqlserver.engine.parser.small_statements import SetOption
from sandbox.sqlserver.engine.parser.statements import (
    Block,
    Change,
    ExecuteProcedure,
    ExecuteText,
    If,
    Query,
    SelectInto,
    Statement,
    Try,
    While,
)
from sandbox.sqlserver.engine.parser.walk import all_statements

_BATCHES = 2048


@functools.lru_cache(maxsize=_BATCHES)
def _prepared(sql: str) -> tuple[Block, Planner]:
    block = parse_batch(sql)
    return block, Planner(tuple(_change_tables(block)))


def _change_tables(block: Block) -> Iterator[exp.Table]:
    """The tables of every CHANGETABLE in a batch, in branches that may not be taken too."""
    for statement in all_statements(block):
        if isinstance(statement, (Query, Change)):
            for node in statement.tree.find_all(ChangeTable):
                yield node.this


def _read(result: Result) -> Iterator[Result]:
    """The result with its rows read; raises what reading them raises, after what came before that."""
    if result.columns is None:
        yield result
        return
    rows: list[Sequence[object]] = []
    failure: SqlError | None = None
    try:
        rows.extend(result.rows)
    except SqlError as error:
        failure = error
    yield replace(result, rows=rows)
    if failure is not None:
        raise failure


class Interpreter:
    """One run of one batch."""

    def __init__(self, session: SessionState, variables: Variables) -> None:
        self._session = session
        self._variables = variables
        self._runner = Runner(session, variables, Planner())
        self._small = SmallStatements(session, variables, self._runner)
        self._from_below: SqlError | None = None
        """What ended a batch that EXEC has run."""

    def run(self, sql: str) -> Iterator[Result]:
        """The batch's results. Raises SqlError where it ends."""
        block, planner = _prepared(sql)
        self._runner = Runner(self._session, self._variables, planner)
        self._small = SmallStatements(self._session, self._variables, self._runner)
        self._runner.check_tracked(planner.change_tables)
        try:
            yield from self._statement(block)
        except ReturnedError:
            return
        except LeftLoopError as left:
            number, word = (136, "CONTINUE") if left.again else (135, "BREAK")
            text = f"Cannot use a {word} statement outside the scope of a WHILE statement."
            raise SqlError(number, text, severity=15) from None

    def _statement(self, statement: Statement) -> Iterator[Result]:
        self._session.check_cancelled()
        if isinstance(statement, Block):
            for inner in statement.statements:
                yield from self._statement(inner)
        elif self._session.facts.noexec and not isinstance(statement, SetOption):
            # Microsoft, "SET NOEXEC": set at run time, so that the rest of its own batch is not executed either.
            return
        elif isinstance(statement, If):
            yield from self._if(statement)
        elif isinstance(statement, While):
            yield from self._while(statement)
        elif isinstance(statement, Try):
            yield from self._try(statement)
        else:
            yield from self._alone(statement)

    def _alone(self, statement: Statement) -> Iterator[Result]:
        """A statement that holds no other; after some of its errors the batch goes on."""
        facts = self._session.facts
        told: SqlError | None = None
        try:
            for result in self._outcome(statement):
                yield result
                told = result.rows.failure if isinstance(result.rows, RowStream) else None
                if told is not None:
                    raise told
            facts.error = facts.error if isinstance(statement, (ExecuteText, ExecuteProcedure)) else 0
        except SqlError as error:
            if facts.tries or not goes_on(error, xact_abort=facts.xact_abort):
                raise
            self._session.failed(error)
            if error is not told:
                yield Result(error=error)

    def _outcome(self, statement: Statement) -> Iterator[Result]:
        if isinstance(statement, Query):
            yield from self._runner.query(statement)
        elif isinstance(statement, Change):
            yield from self._runner.change(statement)
        elif isinstance(statement, SelectInto):
            columns = self._runner.columns(statement.query)
            run_definition(self._session, CreateTableOf(name=statement.table, columns=columns))
            self._session.transactions.end_statement()
            yield from self._runner.change(statement.insert, into_new=True)
        elif is_definition(statement):
            run_definition(self._session, statement)
        elif isinstance(statement, (ExecuteText, ExecuteProcedure)):
            yield from self._execute(statement)
        else:
            yield from self._small.run(statement)

    def _try(self, statement: Try) -> Iterator[Result]:
        facts = self._session.facts
        facts.tries += 1
        caught: SqlError | None = None
        try:
            for result in self._statement(statement.body):
                yield from _read(result)
        except SqlError as error:
            if not can_be_caught(error, from_below=error is self._from_below):
                raise
            self._session.failed(error)
            caught = error
        finally:
            facts.tries -= 1
        if caught is not None:
            outer, facts.caught = facts.caught, caught
            try:
                yield from self._statement(statement.handler)
            finally:
                facts.caught = outer

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
            except LeftLoopError as left:
                if not left.again:
                    return

    def _execute(self, statement: ExecuteText | ExecuteProcedure) -> Iterator[Result]:
        try:
            yield from self._executed(statement)
        except SqlError as error:
            self._from_below = error
            raise

    def _executed(self, statement: ExecuteText | ExecuteProcedure) -> Iterator[Result]:
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
