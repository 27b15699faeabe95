"""One database: its file, its writer lock, and the counters that a rollback does not turn back."""

from __future__ import annotations

import threading
from pathlib import Path

from sandbox.sqlserver.engine.catalog.schema import Catalog, DatabaseSettings
from sandbox.sqlserver.engine.catalog.store import create_layout, load, load_settings, read_meta, write_meta
from sandbox.sqlserver.engine.connection import Connection
from sandbox.sqlserver.engine.writer_lock import WriterLock

_REMEMBERED_CATALOGS = 16


class Database:
    """Shared by all sessions. Everything in it may be called from any thread."""

    def __init__(self, name: str, number: int, path: Path) -> None:
        self.name = name
        self.number = number
        """database_id."""
        self.writer = WriterLock()
        self._path = path
        self._catalogs: dict[int, Catalog] = {}
        self._identities: dict[int, int] = {}
        self._mutex = threading.Lock()
        # Kept open: SQLite locks everybody out while a file's last connection closes.
        self._anchor = self.connect()
        self._anchor.raw.execute("PRAGMA journal_mode = WAL")
        create_layout(self._anchor.raw)
        self.settings: DatabaseSettings = load_settings(self._anchor.raw)
        self._rowversion = int(read_meta(self._anchor.raw, "rowversion"))

    def close(self) -> None:
        """Close the file, when all sessions are gone."""
        self._anchor.close()

    def connect(self) -> Connection:
        """A new connection to the file."""
        connection = Connection(self._path, self.next_identity)
        connection.raw.create_function("tsql_rowversion", 0, self.next_rowversion)
        return connection

    def catalog(self, connection: Connection) -> Catalog:
        """The catalog as the connection's transaction sees it."""
        token = int(read_meta(connection.raw, "catalog"))
        known = self._catalogs.get(token)
        if known is not None:
            return known
        loaded = load(connection.raw, self.name)
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
