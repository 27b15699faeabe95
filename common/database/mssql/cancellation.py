"""Cancelling what the driver is doing, from another thread, only while its statement is certain to exist.
SQLCancel may be called while another thread is inside a call on the same statement, and only then: Microsoft's driver
dies of a segmentation fault when the statement is freed meanwhile (seen with 18.6: SQLCancel against the SQLFreeHandle
of pyodbc's close). So a call does not return before its cancel has, and where none is under way nothing is cancelled.

A cancelled call always ends with the same error, whatever the driver says. One call of pyodbc is several of the
driver's, and the effect of a cancel between two of those depends on which they are: HY008, HY010, another question to
the server, or nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from threading import Event, Lock
from typing import Any

from sqlalchemy.dialects.mssql.base import MSExecutionContext
from sqlalchemy.engine import Connection, Engine

_OPTION = "relay_calls"
"""The execution option of a connection whose calls can be cancelled."""


class Calls:
    """The calls of the driver on one connection; one at a time is under way, or none."""

    def __init__(self, interrupted: Event) -> None:
        """`interrupted`: a person has given up: no call begins any more."""
        self._lock = Lock()
        self._cursor: Any = None
        self._cancelled = False
        self._interrupted = interrupted

    @contextmanager
    def under_way(self, cursor: Any) -> Iterator[None]:
        """The block makes one call of the driver's cursor, which can be cancelled.

        Raises pyodbc's OperationalError with SQLSTATE HYT00 when it was cancelled, however the call ended: SQLAlchemy
        then drops the connection, whose state is unknown. Raises KeyboardInterrupt when a person has given up: the
        driver swallows Python's own while it decodes what the server said, and ends a call that a signal met by
        itself, as if the connection were lost (10004, EINTR).
        """
        try:
            with self._reachable(cursor):
                yield
        except Exception as error:
            if self._cancelled:
                raise self._why(f" ({error})") from error
            raise
        # guard: cancelled-call-failed
        if self._cancelled:
            raise self._why()

    def _why(self, said: str = "") -> BaseException:
        # guard: interrupt-is-heard
        return KeyboardInterrupt() if self._interrupted.is_set() else _given_up(said)

    @contextmanager
    def _reachable(self, cursor: Any) -> Iterator[None]:
        with self._lock:
            # guard: no-call-after-ctrl-c
            if self._interrupted.is_set():
                raise KeyboardInterrupt
            self._cursor, self._cancelled = cursor, False
        try:
            yield
        finally:
            # guard: no-cancel-between-calls
            with self._lock:
                self._cursor = None

    def cancel(self) -> None:
        """Cancel the call that is under way, if there is one. Raises the driver's error when it cannot."""
        # guard: cancel-holds-lock
        with self._lock:
            if self._cursor is not None:
                self._cancelled = True
                self._cursor.cancel()


def _given_up(said: str = "") -> Exception:
    import pyodbc

    error: Exception = pyodbc.OperationalError("HYT00", f"[HYT00] cancelled: nothing had moved for too long{said}")
    return error


def _cancellable(name: str) -> Callable[..., Any]:
    """A method of the driver's cursor (PEP 249) that can be cancelled while it is under way."""

    def call(self: CancellableCursor, *args: Any) -> Any:
        with self._calls.under_way(self._cursor):
            return getattr(self._cursor, name)(*args)

    return call


class CancellableCursor:
    """The driver's cursor; of its methods, those that may wait for the server can be cancelled."""

    __slots__ = ("_calls", "_cursor")

    def __init__(self, cursor: Any, calls: Calls) -> None:
        self._cursor = cursor
        self._calls = calls

    def __getattr__(self, name: str) -> Any:
        return getattr(self._cursor, name)

    def close(self) -> None:
        """Close it. One that the driver has closed by itself, with its connection, stays closed: SQLAlchemy would log
        that with a traceback, beside the error that it is about."""
        import pyodbc

        # guard: closed-twice
        with suppress(pyodbc.ProgrammingError):
            self._cursor.close()

    execute = _cancellable("execute")
    executemany = _cancellable("executemany")
    fetchone = _cancellable("fetchone")
    fetchmany = _cancellable("fetchmany")
    fetchall = _cancellable("fetchall")
    nextset = _cancellable("nextset")


class _Context(MSExecutionContext):
    """Has statements run on a cursor that can be cancelled, where their connection asks for it."""

    def create_cursor(self) -> Any:
        cursor = super().create_cursor()
        calls = self.execution_options.get(_OPTION)
        return cursor if calls is None else CancellableCursor(cursor, calls)


def let_cancel(engine: Engine) -> None:
    """Prepare the engine for `cancellable`."""
    engine.dialect.execution_ctx_cls = _Context


def cancellable(connection: Connection, calls: Calls) -> Connection:
    """The connection; from now on its statements run under `calls`. Its engine has been prepared by `let_cancel`."""
    return connection.execution_options(**{_OPTION: calls})
