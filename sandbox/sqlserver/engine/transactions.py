"""A session's transaction: T-SQL's on top of SQLite's.

READ COMMITTED keeps no SQLite transaction open until the first write, so every statement sees what is committed then;
with the first write comes BEGIN IMMEDIATE, and as there is one writer nothing can change under it. SNAPSHOT opens
SQLite's read transaction with its first statement and keeps it. REPEATABLE READ and SERIALIZABLE take the write lock
with their first statement, which is stricter than SQL Server.
"""

from __future__ import annotations

import itertools
import sqlite3
import threading
import time
from collections.abc import Callable

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.catalog.schema import quote
from sandbox.sqlserver.engine.change_tracking.versions import draw_version, upcoming_version
from sandbox.sqlserver.engine.connection import Connection
from sandbox.sqlserver.engine.database import Database
from sandbox.sqlserver.engine.errors import cancelled, lock_timeout, update_conflict

_descriptors = itertools.count(1)
_LOCKING_LEVELS = frozenset({"REPEATABLE READ", "SERIALIZABLE"})
_STATEMENT = "statement"
"""The SQLite savepoint around one statement of a longer transaction."""


class Transactions:
    """The transaction state of one session in one database."""

    def __init__(self, database: Database, connection: Connection, is_cancelled: Callable[[], bool]) -> None:
        self._database = database
        self._connection = connection
        self._is_cancelled = is_cancelled
        self.count = 0
        """@@TRANCOUNT."""
        self.descriptor = 0
        self.rolled_back = False
        self.level = "READ COMMITTED"
        """The session's level now."""
        self.began_in = self.level
        """The level in which the open transaction began."""
        self.lock_timeout: float | None = None
        """Seconds; None waits for ever."""
        self._name = ""
        self._mode = ""
        """SQLite's transaction: none, `read` or `write`."""
        self._in_savepoint = False
        self.is_doomed = False
        """Whether nothing is left to do with it but to roll it back."""

    @property
    def is_open(self) -> bool:
        """Whether BEGIN TRAN was said and not ended."""
        return self.count > 0

    @property
    def is_reading(self) -> bool:
        """Whether SQLite's transaction is open, so that a snapshot has been taken."""
        return bool(self._mode)

    @property
    def holds_snapshot(self) -> bool:
        """Whether it is a SNAPSHOT transaction that has begun to read."""
        return self.is_reading and self.is_open and self.began_in == "SNAPSHOT"

    def begin(self, name: str = "") -> None:
        """BEGIN TRAN; nested ones only count, whatever they are called."""
        self.count += 1
        if self.count == 1:
            self.descriptor = next(_descriptors)
            self.began_in = self.level
            self._name = name

    def commit(self) -> None:
        """COMMIT; only the outermost one does anything. Raises 3902."""
        if not self.count:
            text = "The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION."
            raise SqlError(3902, text)
        self._check_not_doomed()
        if self.count > 1:
            self.count -= 1
            return
        self._commit_sqlite()
        self._ended(rolled_back=False)

    def rollback(self) -> None:
        """ROLLBACK of everything. Raises 3903."""
        if not self.count:
            text = "The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION."
            raise SqlError(3903, text)
        self.abort()

    def abort(self) -> None:
        """Roll back whatever is open, if anything."""
        self._rollback_sqlite()
        if self.count:
            self._ended(rolled_back=True)

    def doom(self) -> None:
        """An error inside a TRY has made the open transaction one that can only be rolled back."""
        self.is_doomed = self.is_open

    def end_batch(self) -> None:
        """After a batch that went well. Raises 3998 when it has left a doomed transaction, which is rolled back."""
        if self.is_doomed:
            self.abort()
            text = "Uncommittable transaction is detected at the end of the batch. The transaction is rolled back."
            raise SqlError(3998, text)

    def _check_not_doomed(self) -> None:
        if self.is_doomed:
            text = "The current transaction cannot be committed and cannot support operations that write to the log "
            raise SqlError(3930, f"{text}file. Roll back the transaction.")

    def save(self, name: str) -> None:
        """SAVE TRAN. Raises 628 without a transaction."""
        if not self.count:
            raise SqlError(628, "Cannot issue SAVE TRANSACTION when there is no active transaction.", state=0)
        self.start_writing()
        # The statement's own savepoint must go first: releasing it later would take the new one with it.
        self.end_statement()
        self._connection.run(f"SAVEPOINT {quote('user.' + name.lower())}")

    def rollback_to(self, name: str) -> None:
        """ROLLBACK TRAN to a savepoint, or of all when the transaction is called so. Raises 6401 for another name."""
        if self.count and self._name.lower() == name.lower():
            self.abort()
            return
        try:
            self._connection.run(f"ROLLBACK TO {quote('user.' + name.lower())}")
        except sqlite3.OperationalError:
            text = f"Cannot roll back {name}. No transaction or savepoint of that name was found."
            raise SqlError(6401, text) from None

    def start_reading(self) -> None:
        """Before a statement that reads. Raises 1222 or 3617 at a level that locks."""
        if self._mode:
            return
        if self.is_open and self.level in _LOCKING_LEVELS:
            self.start_writing()
            return
        self._connection.run("BEGIN")
        self._mode = "read"

    def start_writing(self, table: str = "") -> None:
        """Before a statement that writes. Raises 1222, 3617, 3930, or 3960 (of `table`) for too old a snapshot."""
        self._check_not_doomed()
        if self._mode != "write":
            self._database.writer.acquire(self, self.lock_timeout, self._is_cancelled)
            try:
                self._upgrade(table) if self._mode == "read" else self._begin_immediate()
            except BaseException:
                self._database.writer.release(self)
                raise
            self._mode = "write"
            self._connection.log.version = upcoming_version(self._connection.raw)
            self._connection.log.touched = False
        if self.is_open and not self._in_savepoint:
            self._connection.run(f"SAVEPOINT {_STATEMENT}")
            self._in_savepoint = True

    def end_statement(self) -> None:
        """After a statement that went well: autocommit commits."""
        if self._in_savepoint:
            self._connection.run(f"RELEASE {_STATEMENT}")
            self._in_savepoint = False
        if self.is_open:
            if self._mode == "read" and self.level != "SNAPSHOT":
                self._commit_sqlite()
            return
        self._commit_sqlite()

    def fail_statement(self) -> None:
        """After a statement that failed: undo it, and leave the rest of an open transaction as it is."""
        if self._in_savepoint:
            self._connection.run_anyway(f"ROLLBACK TO {_STATEMENT}")
            self._connection.run_anyway(f"RELEASE {_STATEMENT}")
            self._in_savepoint = False
        if not self.is_open or (self._mode == "read" and self.level != "SNAPSHOT"):
            self._rollback_sqlite()

    def _begin_immediate(self) -> None:
        deadline = None if self.lock_timeout is None else time.monotonic() + self.lock_timeout
        pause = threading.Event()
        while True:
            try:
                self._connection.run("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                # Only SQLite's own housekeeping (recovery, the last checkpoint) can be in the way here.
                if "locked" not in str(error):
                    raise
            if self._is_cancelled():
                raise cancelled()
            if deadline is not None and time.monotonic() > deadline:
                raise lock_timeout()
            pause.wait(0.002)

    def _upgrade(self, table: str) -> None:
        try:
            self._connection.run("UPDATE _meta SET value = value WHERE 0")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            raise update_conflict(self._database.name, table) from None

    def _commit_sqlite(self) -> None:
        if not self._mode:
            return
        if self._mode == "write":
            if self._connection.log.touched:
                draw_version(self._connection.raw, self._connection.log.version)
            self._database.save_rowversion(self._connection)
        self._connection.run("COMMIT")
        self._released()

    def _rollback_sqlite(self) -> None:
        if self._mode and self._connection.raw.in_transaction:
            self._connection.run_anyway("ROLLBACK")
        self._released()

    def _released(self) -> None:
        was_writing = self._mode == "write"
        self._mode = ""
        self._in_savepoint = False
        if was_writing:
            self._database.writer.release(self)

    def _ended(self, *, rolled_back: bool) -> None:
        self.is_doomed = False
        self.count = 0
        self.descriptor = 0
        self.rolled_back = rolled_back
