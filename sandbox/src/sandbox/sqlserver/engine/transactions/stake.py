"""What a session has changed and not committed: in the file or set aside, and locked."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sandbox.sqlserver.engine.catalog.schema import Table
from sandbox.sqlserver.engine.change_tracking.versions import upcoming_version
from sandbox.sqlserver.engine.locking.hold import Hold, Images, Patience, Reader, Rows
from sandbox.sqlserver.engine.locking.locks import Wish
from sandbox.sqlserver.engine.sqlite.connection import Connection
from sandbox.sqlserver.engine.sqlite.database import Database
from sandbox.sqlserver.engine.transactions import aside


class Stake:
    """One session's. Others call `images` and `set_aside`, while the file is theirs."""

    def __init__(self, database: Database, connection: Connection, spid: int) -> None:
        self._database = database
        self._connection = connection
        self._spid = spid
        self.hold: Hold | None = None
        """The open transaction's locks; also those of somebody who only looks at what others have locked."""
        self._in_file = False
        """Whether SQLite's transaction is open for writing."""
        self._aside: list[aside.Aside] = []
        self.mutex = threading.RLock()
        """Held while it comes into the file or leaves it."""

    @property
    def others(self) -> list[Hold]:
        """The other open transactions that have written."""
        return self._database.locks.others(self.hold)

    def enter(self, wish: Wish, patience: Patience) -> Hold:
        """Have the file to oneself until `leave`. Raises 1205, 1222 or 3617."""
        entering = self.hold or self.no_hold()
        self._database.locks.enter(entering, wish, patience)
        self.hold = entering
        return entering

    def leave(self, *, keep: bool) -> None:
        """The statement has no more to do with the file. `keep`: the transaction goes on, and its locks stay."""
        if self.hold is not None:
            self._database.locks.leave(self.hold)
            self.hold = self.hold if keep else None

    def wait_for(self, other: Hold, patience: Patience) -> None:
        """Wait until another transaction ends. Raises 1205, 1222 or 3617."""
        self._database.locks.wait_for(self.hold or self.no_hold(), other, patience)

    def no_hold(self) -> Hold:
        """What somebody has who has locked nothing."""
        return Hold(owner=self, spid=self._spid)

    def take_file(self, begin: Callable[[], None]) -> None:
        """Open SQLite's transaction by `begin`, and do once more what was set aside; nothing when it is open."""
        if self._in_file or self.hold is None:
            return
        other = self._database.writing
        if other is not None:
            other.set_aside()
        with self.mutex:
            # Begun and known to be: what SQLite keeps open without anybody's knowledge would lock all writers out.
            with self._connection.undisturbed():
                begin()
                self._database.writing = self
                self._in_file = True
                self._connection.log.version = upcoming_version(self._connection.raw)
            if self._aside:
                self._put_back(self.hold)
            else:
                self._connection.log.touched = False

    def _put_back(self, hold: Hold) -> None:
        try:
            aside.put_back(self._connection, self._aside, hold.touched)
        except BaseException:
            self._connection.run_anyway("ROLLBACK")
            self._in_file = False
            raise
        finally:
            self._connection.touched.clear()
        self._aside = []

    def set_aside(self) -> None:
        """For another one who writes: take the changes out of the file. Nothing when it is over."""
        with self.mutex:
            if self._in_file and self.hold is not None:
                # In the thread of another session, which this one's client cannot cancel.
                with self._connection.undisturbed():
                    catalog = self._database.catalog(self._connection)
                    self._aside = aside.take(self._connection, catalog, self.hold.touched)
                    self._connection.run_anyway("ROLLBACK")
                self._in_file = False

    def images(self, hold: Hold, table: Table) -> Images | None:
        """The rows of a table that a transaction has locked, as it has left them.

        None when it is over, or has locked the table as a whole.
        """
        with self.mutex:
            rows = hold.touched.tables.get(table.object_id, {})
            if self.hold is not hold or rows is None:
                return None
            if self._in_file:
                return aside.read_images(self._connection, table, rows)
            return next((one.images for one in self._aside if one.table.object_id == table.object_id), {})

    def has_aside(self, hold: Hold, table: Table, rows: Rows, connection: Reader) -> bool:
        """Whether a transaction that is aside, or over in this moment, has the unique keys of another one's rows."""
        with self.mutex:
            found = [one for one in self._aside if one.table.object_id == table.object_id]
            return self.hold is not hold or any(aside.same_keys(connection, one, rows) for one in found)

    def find_blocker(self, table: Table, *, meets_any: bool) -> Hold | None:
        """After a change: a transaction that has locked one of its rows, or one with the same unique key.

        `meets_any`: it has met a row of the table, but nobody knows which.
        """
        rows = self._connection.touched.tables.get(table.object_id, {})
        for other in self.others:
            if table.object_id not in other.touched.tables:
                continue
            theirs = other.touched.tables[table.object_id]
            if theirs is None or rows is None or meets_any or any(theirs.get(row) is False for row in rows):
                return other
            if other.owner.has_aside(other, table, rows, self._connection):
                return other
        return None

    def take_over(self, *, with_rows: bool) -> None:
        """Keep what a statement has touched. Without its rows: the transaction ends with it."""
        if self.hold is not None and with_rows:
            self.hold.touched.take_over(self._connection.touched)
        elif self.hold is not None:
            self.hold.touched.schemas.update(self._connection.touched.schemas)
        self._connection.touched.clear()

    def note_alterations(self) -> None:
        """It has just committed."""
        if self.hold is not None:
            self._database.alterations.note(self.hold.touched.schemas)

    def end(self) -> None:
        """The transaction is over."""
        self._in_file = False
        self._aside = []
        if self._database.writing is self:
            self._database.writing = None
        if self.hold is not None:
            self._database.locks.end(self.hold)
            self.hold = None
