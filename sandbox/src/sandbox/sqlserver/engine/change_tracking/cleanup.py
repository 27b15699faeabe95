"""Cleanup: old entries of the change logs are deleted, and what is valid begins later."""

from __future__ import annotations

import datetime as dt
import sqlite3

from sandbox.sqlserver.engine.catalog.schema import DatabaseSettings, quote
from sandbox.sqlserver.engine.values.storage import SECOND, store_moment

_UNIT_MINUTES = {"DAYS": 1440, "HOURS": 60, "MINUTES": 1}


def expired_version(connection: sqlite3.Connection, settings: DatabaseSettings, now: dt.datetime) -> int | None:
    """The newest version that is older than the retention at `now` (UTC, naive); None when there is none."""
    minutes = settings.retention * _UNIT_MINUTES[settings.retention_unit]
    oldest = store_moment(now) - minutes * 60 * SECOND
    found = connection.execute("SELECT max(version) FROM _commits WHERE at < ?", (oldest,)).fetchone()[0]
    return None if found is None else int(found)


def clean_up_to(connection: sqlite3.Connection, version: int) -> None:
    """Forget all changes up to and with this version.

    A reader whose last version is at least min_valid has missed nothing. Whether SQL Server sets min_valid to the
    cleaned version or to the next one is not documented; this is the lower of the two.
    """
    for (table_id,) in connection.execute("SELECT table_id FROM _tracking").fetchall():
        connection.execute(f"DELETE FROM {quote(f'changes.{table_id}')} WHERE version <= ?", (version,))
    connection.execute("UPDATE _tracking SET cleanup_version = ?, min_valid = max(min_valid, ?)", (version, version))
    connection.execute("DELETE FROM _commits WHERE version <= ?", (version,))
