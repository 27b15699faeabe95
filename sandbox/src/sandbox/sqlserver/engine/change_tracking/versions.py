"""Versions: drawn at commit by every transaction that changed a tracked table."""

from __future__ import annotations

import sqlite3

from sandbox.sqlserver.engine.catalog.schema import quote
from sandbox.sqlserver.engine.catalog.store import NOW_FUNCTION, read_meta, write_meta


def current_version(connection: sqlite3.Connection) -> int:
    """The version of the last tracked commit."""
    return int(read_meta(connection, "version"))


def upcoming_version(connection: sqlite3.Connection) -> int:
    """The version that a transaction which writes now will get, since nobody else can commit before it."""
    return current_version(connection) + 1


def draw_version(connection: sqlite3.Connection, version: int) -> None:
    """Publish the transaction's version, unless all of its tracked changes were undone again."""
    for (table_id,) in connection.execute("SELECT table_id FROM _tracking").fetchall():
        log = quote(f"changes.{table_id}")
        if connection.execute(f"SELECT 1 FROM {log} WHERE version = ? LIMIT 1", (version,)).fetchone():
            write_meta(connection, "version", version)
            connection.execute(f"INSERT INTO _commits VALUES (?, {NOW_FUNCTION}())", (version,))
            return
