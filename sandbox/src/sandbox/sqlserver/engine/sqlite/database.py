"""One database: its file, its locks, and the counters that a rollback does not turn back."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from contextlib import closing
from pathlib import Path

from sandbox.sqlserver.engine.catalog.schema import Catalog, DatabaseSettings
from sandbox.sqlserver.engine.catalog.store import (
    NOW_FUNCTION,
    create_layout,
    load,
    load_settings,
    read_meta,
    write_meta,
)
from sandbox.sqlserver.engine.clock import Clock
from sandbox.sqlserver.engine.errors import database_offline
from sandbox.sqlserver.engine.locking.alterations import Alterations
from sandbox.sqlserver.engine.locking.hold import Owner
from sandbox.sqlserver.engine.locking.locks import Locks
from sandbox.sqlserver.engine.sqlite.connection import Connection
from sandbox.sqlserver.engine.values.storage import store_moment

_REMEMBERED_CATALOGS = 16


class Database:
    """Shared by all sessions. Everything in it may be called from any thread."""

    def __init__(self, *, name: str, number: int, path: Path, clock: Clock) -> None:
        self.name = name
        self.number = number
        """database_id."""
        self.locks = Locks()
        self.alterations = Alterations()
        self.writing: Owner | None = None
        """Whose changes are in the file, in SQLite's one transaction that writes."""
        self.settings = DatabaseSettings()
        self._path = path
        self._clock = clock
        self._mutex = threading.Lock()
        self._doorway = threading.Lock()
        self._online = False
        self.open()

    def open(self) -> None:
        """Open the file, made if it is not there: all that is known of the database is read from it."""
        self._catalogs: dict[int, Catalog] = {}
        self._identities: dict[int, int] = {}
        # Kept open: SQLite locks everybody out while a file's last connection closes.
        self._anchor = self._connect()
        self._anchor.raw.execute("PRAGMA journal_mode = WAL")
        create_layout(self._anchor.raw)
        self.settings = load_settings(self._anchor.raw)
        self._rowversion = int(read_meta(self._anchor.raw, "rowversion"))
        self._online = True

    @property
    def is_online(self) -> bool:
        """Whether sessions may enter."""
        return self._online

    def close_doors(self) -> None:
        """From now on nobody connects; who is connected stays."""
        self._online = False

    def open_doors(self) -> None:
        """Take `close_doors` back, as long as the file was not closed."""
        self._online = True

    def close(self) -> None:
        """Close the file, when all sessions are gone."""
        self.close_doors()
        self._anchor.close()

    def copy_to(self, copy: Path) -> None:
        """Write all that is committed at this moment into a file. Raises 942."""
        draft = copy.with_suffix(".draft")
        draft.unlink(missing_ok=True)
        source = self.connect()
        try:
            with closing(sqlite3.connect(draft)) as target:
                source.raw.backup(target)
        finally:
            source.close()
        draft.replace(copy)

    def replace_by(self, copy: Path) -> None:
        """Take such a file for one's own. The database has to be closed."""
        draft = self._path.with_suffix(".draft")
        shutil.copyfile(copy, draft)
        for log in ("-wal", "-shm"):
            self._path.with_name(self._path.name + log).unlink(missing_ok=True)
        draft.replace(self._path)

    def connect(self) -> Connection:
        """A new connection to the file. Raises 942 when the database is offline."""
        if not self._online:
            raise database_offline(self.name)
        return self._connect()

    def _connect(self) -> Connection:
        connection = Connection(self._path, self.next_identity, self._doorway)
        connection.raw.create_function("tsql_rowversion", 0, self.next_rowversion)
        connection.raw.create_function(NOW_FUNCTION, 0, lambda: store_moment(self._clock.now()))
        return connection

    def catalog(self, connection: Connection) -> Catalog:
        """The catalog as the connection's transaction sees it. Raises 3617 when cancelled."""
        token = int(connection.read("SELECT value FROM _meta WHERE key = 'catalog'")[0][0])
        known = self._catalogs.get(token)
        if known is not None:
            return known
        try:
            loaded = load(connection.raw, self.name)
        except sqlite3.Error as error:
            raise connection.explain(error) from None
        with self._mutex:
            if len(self._catalogs) >= _REMEMBERED_CATALOGS:
                self._catalogs.clear()
            self._catalogs[loaded.token] = loaded
        return loaded

    def settings_changed(self, connection: Connection) -> None:
        """Take over what ALTER DATABASE has just committed."""
        self.settings = load_settings(connection.raw)

    def next_identity(self, table_id: int, increment: int, persisted: int) -> int:
        """The next identity value: never one that was given before, rolled back or not."""
        with self._mutex:
            last = self._identities.get(table_id, persisted)
            value = (max if increment > 0 else min)(last, persisted) + increment
            self._identities[table_id] = value
            return value

    def identity_seen(self, table_id: int, increment: int, value: int) -> None:
        """An identity value was inserted by hand (IDENTITY_INSERT): go on behind it."""
        with self._mutex:
            last = self._identities.get(table_id, value)
            self._identities[table_id] = (max if increment > 0 else min)(last, value)

    def reset_identity(self, table_id: int) -> None:
        """TRUNCATE TABLE: count again from what is written in the catalog."""
        with self._mutex:
            self._identities.pop(table_id, None)

    def next_rowversion(self) -> bytes:
        """A rowversion that was never given before."""
        with self._mutex:
            self._rowversion += 1
            return self._rowversion.to_bytes(8, "big")

    def save_rowversion(self, connection: Connection) -> None:
        """Write the rowversion counter, as part of the transaction that is about to commit."""
        write_meta(connection.raw, "rowversion", self._rowversion)
