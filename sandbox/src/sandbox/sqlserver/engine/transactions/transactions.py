"""A session's transaction: T-SQL's on top of SQLite's.

READ COMMITTED keeps no SQLite transaction open until the first write, so every statement sees what is committed then;
with the first write comes BEGIN IMMEDIATE. Between its statements such a transaction may be set aside for another one's
(see this package). SNAPSHOT opens SQLite's read transaction with its first statement and keeps it. Who has a SNAPSHOT
and writes, or is in REPEATABLE READ or SERIALIZABLE, keeps all other writers out, which is stricter than SQL Server.
"""

from __future__ import annotations

import itertools
import sqlite3
from collections.abc import Callable, Sequence

from sandbox.sqlserver.engine import errors
from sandbox.sqlserver.engine.catalog.schema import Table, quote
from sandbox.sqlserver.engine.change_tracking.versions import draw_version
from sandbox.sqlserver.engine.locking.hold import Hold, Patience
from sandbox.sqlserver.engine.locking.locks import Wish
from sandbox.sqlserver.engine.locking.reading import UNLOCKED_FUNCTION, Reading
from sandbox.sqlserver.engine.sqlite.connection import Connection
from sandbox.sqlserver.engine.sqlite.database import Database
from sandbox.sqlserver.engine.transactions.stake import Stake
from sandbox.sqlserver.engine.transactions.view import View

_descriptors = itertools.count(1)
_LOCKING_LEVELS = frozenset({"REPEATABLE READ", "SERIALIZABLE"})
_LEVELS_ALONE = _LOCKING_LEVELS | {"SNAPSHOT"}
"""Levels in which a transaction that writes cannot be set aside: what it has read must stay."""
_STATEMENT = "statement"
"""The SQLite savepoint around one statement of a longer transaction."""


class Transactions:
    """The transaction state of one session in one database."""

    def __init__(
        self, database: Database, connection: Connection, is_cancelled: Callable[[], bool], spid: int = 0
    ) -> None:
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
        self._name = self._mode = ""
        """SQLite's transaction: none, `read`, or `write`, which may be set aside."""
        self._stake = Stake(database, connection, spid)
        self._may_meet_locks = False
        self._view = View()
        self._moment = 0
        connection.raw.create_function(UNLOCKED_FUNCTION, 2, self._view.check)
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

    def is_stale(self, table_id: int) -> bool:
        """Whether the open snapshot is older than the table's definition. Who writes keeps out all who would alter."""
        is_reader = self.holds_snapshot and self._mode == "read"
        return is_reader and self._database.alterations.altered_since(table_id, self._moment)

    def begin(self, name: str = "") -> None:
        """BEGIN TRAN; nested ones only count, whatever they are called."""
        self.count += 1
        if self.count == 1:
            self.descriptor = next(_descriptors)
            self.began_in, self._name = self.level, name

    def commit(self) -> None:
        """COMMIT; only the outermost one does anything. Raises 3902."""
        if not self.count:
            raise errors.no_transaction(3902, "COMMIT")
        self._check_not_doomed()
        if self.count > 1:
            self.count -= 1
            return
        self._commit_sqlite()
        self._ended(rolled_back=False)

    def rollback(self) -> None:
        """ROLLBACK of everything. Raises 3903."""
        if not self.count:
            raise errors.no_transaction(3903, "ROLLBACK")
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
            raise errors.uncommittable()

    def _check_not_doomed(self) -> None:
        if self.is_doomed:
            raise errors.doomed()

    def save(self, name: str) -> None:
        """SAVE TRAN. Raises 628 without a transaction."""
        if not self.count:
            raise errors.nothing_to_save()
        self.start_writing(alone=True)
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
            raise errors.unknown_savepoint(name) from None

    def start_reading(self) -> None:
        """Before a statement that reads. Raises 1205, 1222 or 3617."""
        if self._mode == "write":
            self._stake.enter(Wish.WRITE, self._patience)
            self._stake.take_file(self._begin_immediate)
        elif self.is_open and self.level in _LOCKING_LEVELS:
            self.start_writing(alone=True)
        # Asked before SQLite's moment is fixed: what others commit after that was locked when the statement began.
        self._may_meet_locks = not self._reads_versions() and bool(self._stake.others)
        if not self._mode:
            # What is altered before SQLite's moment is fixed counts as altered since.
            self._moment = self._database.alterations.now
            self._connection.run("BEGIN")
            self._mode = "read"

    @property
    def others(self) -> list[Hold]:
        """The other open transactions that have written."""
        return self._stake.others

    def look(self) -> list[Hold]:
        """Before a statement that reads tables: gives the transactions whose locks it may meet.

        If there are any, nobody writes from here to `look_at`: their rows belong to what SQLite shows. Raises as above.
        """
        if not self._may_meet_locks:
            return []
        if self._mode == "read":
            self._rollback_sqlite()
            self._stake.enter(Wish.LOOK, self._patience)
            self._connection.run("BEGIN")
            self._mode = "read"
        return self._stake.others

    def _reads_versions(self) -> bool:
        if self.level == "READ COMMITTED":
            return self._database.settings.read_committed_snapshot
        return self.level == "SNAPSHOT"

    def look_at(self, readings: Sequence[Reading], holds: Sequence[Hold]) -> None:
        """Copy what others have locked of the tables that the statement reads; a reader lets go of the file then."""
        self._view.clear()
        self._view.copy(self._connection, readings, holds)
        if self._mode == "read":
            self.leave()

    @property
    def blocker(self) -> Hold | None:
        """Whose locks the statement has met while it read."""
        return self._view.met

    def start_writing(self, table: str = "", *, alone: bool = False) -> list[Hold]:
        """Before a statement that writes; gives the transactions whose locks it may meet: none when it has to be alone.

        Raises 1205, 1222, 3617, 3930, or 3960 (of `table`) for too old a snapshot.
        """
        self._check_not_doomed()
        alone = alone or (self.is_open and self.level in _LEVELS_ALONE)
        hold = self._stake.enter(Wish.ALL if alone else Wish.WRITE, self._patience)
        hold.wants_all = hold.wants_all or alone
        try:
            self._stake.take_file((lambda: self._upgrade(table)) if self._mode == "read" else self._begin_immediate)
        except BaseException:
            if self._mode != "write":
                self._stake.end()
            raise
        self._mode = "write"
        if self.is_open and not self._in_savepoint:
            self._connection.run(f"SAVEPOINT {_STATEMENT}")
            self._in_savepoint = True
        return self._stake.others

    def find_blocker(self, table: Table, *, meets_any: bool = False) -> Hold | None:
        """After a change: whose locks it has met. `meets_any`: it was refused for a row that cannot be told."""
        return self._view.met or self._stake.find_blocker(table, meets_any=meets_any)

    def wait_for(self, hold: Hold) -> None:
        """Undo the statement and wait until another transaction ends. Raises 1205, 1222 or 3617."""
        self.fail_statement()
        self._stake.wait_for(hold, self._patience)

    def leave(self) -> None:
        """The statement has no more to do with the file; its locks stay. Nothing if it had not."""
        self._stake.leave(keep=self._mode == "write")

    def end_statement(self) -> None:
        """After a statement that went well: autocommit commits."""
        if self._in_savepoint:
            self._connection.run(f"RELEASE {_STATEMENT}")
            self._in_savepoint = False
        self._stake.take_over(with_rows=self.is_open)
        if not self.is_open or (self._mode == "read" and self.level != "SNAPSHOT"):
            self._commit_sqlite()
        self.leave()

    def fail_statement(self) -> None:
        """After a statement that failed: undo it, and leave the rest of an open transaction as it is.

        All of it is rolled back where SQLite has done so, as it does when a statement is cancelled that has written.
        """
        if self._in_savepoint and not self._connection.raw.in_transaction:
            self.abort()
        if self._in_savepoint:
            self._connection.run_anyway(f"ROLLBACK TO {_STATEMENT}")
            self._connection.run_anyway(f"RELEASE {_STATEMENT}")
            self._in_savepoint = False
        self._connection.touched.clear()
        if not self.is_open or (self._mode == "read" and self.level != "SNAPSHOT"):
            self._rollback_sqlite()
        self.leave()

    @property
    def _patience(self) -> Patience:
        return Patience(seconds=self.lock_timeout, is_cancelled=self._is_cancelled)

    def _begin_immediate(self) -> None:
        self._connection.begin_immediate(self._patience)

    def _upgrade(self, table: str) -> None:
        try:
            self._connection.run("UPDATE _meta SET value = value WHERE 0")
        except sqlite3.OperationalError as error:
            if "locked" not in str(error):
                raise
            raise errors.update_conflict(self._database.name, table) from None

    def _commit_sqlite(self) -> None:
        if not self._mode:
            return
        if self._mode == "write":
            self._stake.enter(Wish.WRITE, Patience(seconds=None, is_cancelled=self._is_cancelled))
            self._stake.take_file(self._begin_immediate)
        with self._stake.mutex, self._connection.undisturbed():
            if self._mode == "write":
                if self._connection.log.touched:
                    draw_version(self._connection.raw, self._connection.log.version)
                self._database.save_rowversion(self._connection)
            self._connection.run("COMMIT")
            self._stake.note_alterations()
            self._released()

    def _rollback_sqlite(self) -> None:
        with self._stake.mutex:
            if self._mode and self._connection.raw.in_transaction:
                self._connection.run_anyway("ROLLBACK")
            self._released()

    def _released(self) -> None:
        self._mode, self._in_savepoint = "", False
        self._stake.end()

    def _ended(self, *, rolled_back: bool) -> None:
        self.is_doomed, self.rolled_back = False, rolled_back
        self.count = self.descriptor = 0
