"""One session's SQLite connection to one database."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.change_tracking.log import (
    CONTEXT_FUNCTION,
    ENABLED_FUNCTION,
    MASK_FUNCTION,
    VERSION_FUNCTION,
)
from sandbox.sqlserver.engine.errors import cancelled, lock_timeout
from sandbox.sqlserver.engine.locking.hold import TOUCH_FUNCTION, Patience, Touched
from sandbox.sqlserver.engine.sqlite.functions import noting, register
from sandbox.sqlserver.engine.sqlite.identity import Identities, Next

_PRAGMAS = (
    "synchronous = NORMAL",
    "recursive_triggers = OFF",
    # What is sorted goes to files beyond the cache's size: a million changed rows need no more memory than that.
    "temp_store = FILE",
    "cache_size = -16000",
    # Pages (64 MB). A thousand rows into a large table touch thousands of them, so SQLite's own thousand would have
    # every such statement copy them into the file.
    "wal_autocheckpoint = 16000",
)


class LogState:
    """What the change log's triggers ask for while a statement runs."""

    def __init__(self) -> None:
        self.version = 0
        """The version that the open transaction will get."""
        self.touched = False
        """Whether the open transaction has written to a log."""
        self.enabled = True
        self.mask: bytes | None = None
        self.context: bytes | None = None

    def next_version(self) -> int:
        """The version for an entry; the transaction is from now on one that draws a version."""
        self.touched = True
        return self.version


class Connection:
    """SQLite with T-SQL's collation and functions, and with SQL Server's errors instead of SQLite's.

    `doorway` is shared by all connections to the file: one at a time comes or goes. SQLite looks, when a connection is
    closed, whether it was the last, and until that is done it tells another one that is opened "database is locked".
    """

    def __init__(self, path: Path, next_identity: Next, doorway: threading.Lock) -> None:
        self._doorway = doorway
        self.raw = sqlite3.connect(
            path, isolation_level=None, check_same_thread=False, timeout=0, cached_statements=500
        )
        self.log = LogState()
        self.touched = Touched()
        """What the running statement has changed."""
        self.identity = Identities(self.raw, next_identity)
        self._failure: SqlError | None = None
        self._shield = threading.RLock()
        register(self.raw, self._note)
        self.raw.create_function(VERSION_FUNCTION, 0, self.log.next_version)
        self.raw.create_function(MASK_FUNCTION, 0, lambda: self.log.mask)
        self.raw.create_function(CONTEXT_FUNCTION, 0, lambda: self.log.context)
        self.raw.create_function(ENABLED_FUNCTION, 0, lambda: int(self.log.enabled))
        self.raw.create_function(TOUCH_FUNCTION, 3, self.touched.note)
        with doorway:
            # The first of them opens the file; from then on the connection holds the lock that others could deny it.
            for pragma in _PRAGMAS:
                self.raw.execute(f"PRAGMA {pragma}")

    def define(self, name: str, count: int, function: Callable[..., Any]) -> None:
        """Give SQLite a function that asks about the session. The SqlError that it raises reaches the client."""
        self.raw.create_function(name, count, noting(function, self._note))

    def run(self, sql: str, arguments: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Execute one statement. Raises SqlError for what a function refused or for a cancel, else SQLite's error."""
        self._failure = None
        try:
            return self.raw.execute(sql, arguments)
        except sqlite3.Error as error:
            raise self.explain(error) from None

    def read(self, sql: str, arguments: Sequence[Any] = ()) -> list[Any]:
        """All rows of a query. Raises as `run` does."""
        self._failure = None
        try:
            return self.raw.execute(sql, arguments).fetchall()
        except sqlite3.Error as error:
            raise self.explain(error) from None

    def run_anyway(self, sql: str) -> None:
        """Execute what must not be left out, such as ROLLBACK: it is not cancelled."""
        self.look(sql)

    def look(self, sql: str, arguments: Sequence[Any] = ()) -> list[Any]:
        """All rows of a query, for another session too: it is not cancelled."""
        with self.undisturbed():
            return self.read(sql, arguments)

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Inside the block nothing is cancelled: what is done there is done whole, or for another session.

        Not for a function that SQLite calls: what has been cancelled before takes along everything on the connection
        until the statement that runs has ended (SQLite, "sqlite3_interrupt"), so that trying again helps nobody.
        """
        with self._shield:
            yield

    def run_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """Execute one statement for every row. Raises as `run` does."""
        self._failure = None
        try:
            self.raw.executemany(sql, rows)
        except sqlite3.Error as error:
            raise self.explain(error) from None

    def begin_immediate(self, patience: Patience) -> None:
        """Open SQLite's transaction for writing. Raises 1222 or 3617."""
        deadline = None if patience.seconds is None else time.monotonic() + patience.seconds
        pause = threading.Event()
        while True:
            try:
                self.run("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                # Only SQLite's own housekeeping (recovery, the last checkpoint) can be in the way here.
                if "locked" not in str(error):
                    raise
            if patience.is_cancelled():
                raise cancelled()
            if deadline is not None and time.monotonic() > deadline:
                raise lock_timeout()
            pause.wait(0.002)

    def explain(self, error: sqlite3.Error) -> Exception:
        """The SqlError behind SQLite's error, if there is one; else the error itself."""
        if self._failure is not None:
            return self._failure
        return cancelled() if is_interrupt(error) else error

    def interrupt(self) -> None:
        """Stop what is running, unless it must not be disturbed. From any thread.

        One that comes too early or at the wrong moment is lost: who needs it repeats it.
        """
        if self._shield.acquire(blocking=False):
            try:
                self.raw.interrupt()
            finally:
                self._shield.release()

    def close(self) -> None:
        """Close; an open transaction is rolled back."""
        with self._doorway:
            self.raw.close()

    def _note(self, error: SqlError) -> None:
        self._failure = error


def is_interrupt(error: Exception) -> bool:
    """Whether SQLite says so of a statement that was cancelled."""
    return isinstance(error, sqlite3.OperationalError) and "interrupted" in str(error)
