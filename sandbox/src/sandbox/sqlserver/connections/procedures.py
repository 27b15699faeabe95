"""Procedures that run statements: sp_executesql, and prepared statements with their handles."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sandbox.sqlserver.connections.answer import Answer
from sandbox.sqlserver.connections.declarations import Declared, bind, read_declarations
from sandbox.sqlserver.contract import Result, Session, SqlError, SqlType
from sandbox.sqlserver.wire import tokens
from sandbox.sqlserver.wire.rpc import Argument, Call

_INT = SqlType(name="int")


@dataclass(frozen=True, kw_only=True, slots=True)
class _Prepared:
    """A statement behind a handle."""

    sql: str
    declared: tuple[Declared, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class _Outcome:
    """What a procedure gives: results that are made as they are read, and perhaps a handle."""

    results: Iterator[Result]
    handle: int | None = None


class Procedures:
    """The procedures of one connection. Those that are not about statements go to the session."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._prepared: dict[int, _Prepared] = {}
        self._last_handle = 0
        self._handlers = {
            "sp_executesql": self._execute_sql,
            "sp_prepare": self._prepare,
            "sp_execute": self._execute,
            "sp_prepexec": self._prepare_and_execute,
            "sp_unprepare": self._unprepare,
        }

    def run(self, call: Call, answer: Answer) -> None:
        """Run one procedure and write its part of the reply. Raises what `Answer` raises."""
        try:
            outcome = self._outcome(call)
        except SqlError as failure:
            answer.error(failure)
            answer.end_procedure(failed=True, last=call.is_last)
            return
        succeeded = answer.in_procedure(outcome.results)
        if succeeded:
            answer.write(tokens.return_status(0))
        if outcome.handle is not None:
            # Also after an error: the statement is prepared, and the driver will unprepare it.
            answer.write(tokens.return_value(_INT, outcome.handle))
        answer.end_procedure(failed=not succeeded, last=call.is_last)

    def forget(self) -> None:
        """Drop all prepared statements, as a connection's reset does."""
        self._prepared.clear()

    def _outcome(self, call: Call) -> _Outcome:
        handler = self._handlers.get(_plain(call.procedure))
        if handler is not None:
            return handler(call.arguments)
        given = [(argument.name, argument.parameter) for argument in call.arguments]
        return _Outcome(results=self._session.call(call.procedure, given))

    def _execute_sql(self, arguments: Sequence[Argument]) -> _Outcome:
        declared = read_declarations(_text(arguments, 1)) if len(arguments) > 1 else ()
        parameters = bind(declared, arguments[2:])
        return _Outcome(results=self._session.execute(_text(arguments, 0), parameters))

    def _prepare(self, arguments: Sequence[Argument]) -> _Outcome:
        """sp_prepare @handle OUTPUT, @params, @stmt, @options."""
        return _Outcome(results=iter(()), handle=self._keep(arguments))

    def _execute(self, arguments: Sequence[Argument]) -> _Outcome:
        prepared = self._find(_handle(arguments))
        parameters = bind(prepared.declared, arguments[1:])
        return _Outcome(results=self._session.execute(prepared.sql, parameters))

    def _prepare_and_execute(self, arguments: Sequence[Argument]) -> _Outcome:
        """sp_prepexec @handle OUTPUT, @params, @stmt, then the parameters. An old handle is let go."""
        if arguments and arguments[0].value is not None:
            self._prepared.pop(_handle(arguments), None)
        handle = self._keep(arguments)
        prepared = self._prepared[handle]
        try:
            parameters = bind(prepared.declared, arguments[3:])
        except SqlError:
            del self._prepared[handle]
            raise
        return _Outcome(results=self._session.execute(prepared.sql, parameters), handle=handle)

    def _unprepare(self, arguments: Sequence[Argument]) -> _Outcome:
        handle = _handle(arguments)
        self._find(handle)
        del self._prepared[handle]
        return _Outcome(results=iter(()))

    def _keep(self, arguments: Sequence[Argument]) -> int:
        declared = read_declarations(_text(arguments, 1))
        self._last_handle += 1
        self._prepared[self._last_handle] = _Prepared(sql=_text(arguments, 2), declared=declared)
        return self._last_handle

    def _find(self, handle: int) -> _Prepared:
        if handle not in self._prepared:
            raise SqlError(8179, f"Could not find prepared statement with handle {handle}.", state=2)
        return self._prepared[handle]


def _plain(procedure: str) -> str:
    return procedure.lower().replace("[", "").replace("]", "").rpartition(".")[2]


def _text(arguments: Sequence[Argument], place: int) -> str:
    """An argument that is a statement or a declaration; NULL is an empty one."""
    if place >= len(arguments):
        raise SqlError(201, "Procedure or function expects a parameter which was not supplied.", state=10)
    value = arguments[place].value
    if value is not None and not isinstance(value, str):
        raise SqlError(214, "Procedure expects parameter '@statement' of type 'ntext/nchar/nvarchar'.", state=2)
    return value or ""


def _handle(arguments: Sequence[Argument]) -> int:
    value = arguments[0].value if arguments else None
    if not isinstance(value, int):
        raise SqlError(214, "Procedure expects parameter '@handle' of type 'int'.", state=2)
    return value
