"""Rows on their way out of SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NoReturn

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.execution.session_state import SessionState

_CHUNK = 256
Decoders = Sequence[Callable[[Any], object] | None]


def decoded(rows: Sequence[Sequence[Any]], decoders: Decoders) -> list[Sequence[object]]:
    """The rows as Python values."""
    if not any(decoders):
        return list(rows)
    return [
        tuple(
            value if decode is None or value is None else decode(value)
            for value, decode in zip(row, decoders, strict=True)
        )
        for row in rows
    ]


class RowStream:
    """The rows of a query, read as they are asked for. The statement ends with the last row, or with `close`."""

    def __init__(self, session: SessionState, cursor: sqlite3.Cursor, decoders: Decoders) -> None:
        self._session = session
        self._cursor = cursor
        self._decoders = decoders
        self._ready: Iterator[Sequence[object]] = iter(())
        self._count = 0
        self._open = True
        self.failure: SqlError | None = None
        """What ended the rows before their time."""

    def __iter__(self) -> RowStream:
        return self

    def __next__(self) -> Sequence[object]:
        while True:
            row = next(self._ready, None)
            if row is not None:
                return row
            if not self._open:
                raise StopIteration
            self._read_on()

    def close(self) -> None:
        """Let go of what was not read."""
        if self._open:
            self._open = False
            self._cursor.close()
            self._session.facts.rowcount = self._count
            self._session.transactions.end_statement()

    def _read_on(self) -> None:
        try:
            self._session.check_cancelled()
            rows = self._cursor.fetchmany(_CHUNK)
        except (sqlite3.Error, SqlError) as error:
            self._fail(error)
        if not rows:
            self.close()
        self._count += len(rows)
        self._ready = iter(decoded(rows, self._decoders))

    def _fail(self, error: Exception) -> NoReturn:
        explained = self._session.connection.explain(error) if isinstance(error, sqlite3.Error) else error
        self._open = False
        self._cursor.close()
        if isinstance(explained, SqlError):
            self.failure = explained
            self._session.failed(explained)
        raise explained from None
