"""A tracked table's change log: one SQLite table, filled by triggers.

An entry has the version that its transaction will get at commit. There is one writer at a time, so that is always the
committed version plus one, and a rollback takes the entries with it. `row_id` is the number SQLite knows the row by.
"""

from __future__ import annotations

import sqlite3

from sandbox.sqlserver.engine.catalog.schema import Table, quote
from sandbox.sqlserver.engine.values.storage import column_affinity

DELETE, INSERT, UPDATE = 0, 1, 2
"""How operations are stored."""

VERSION_FUNCTION = "tsql_log_version"
"""SQLite function: the version of the open transaction, and a note that it has tracked changes."""
MASK_FUNCTION = "tsql_log_mask"
"""SQLite function: the mask of the running UPDATE."""
CONTEXT_FUNCTION = "tsql_log_context"
"""SQLite function: the running statement's WITH CHANGE_TRACKING_CONTEXT."""
ENABLED_FUNCTION = "tsql_log_enabled"
"""SQLite function: 0 while a statement writes the log itself."""


def key_names(table: Table) -> tuple[str, ...]:
    """The log's columns for the primary key, in key order."""
    return tuple(f"k{place}" for place in range(len(table.key_columns)))


def create_log(connection: sqlite3.Connection, table: Table) -> None:
    """Make the log and the triggers."""
    keys = key_names(table)
    declared = ", ".join(
        f"{name} {column_affinity(column.type)}" for name, column in zip(keys, table.key_columns, strict=True)
    )
    connection.execute(
        f"CREATE TABLE {table.log} (seq INTEGER PRIMARY KEY, version INTEGER NOT NULL, operation INTEGER NOT NULL, "
        f"mask BLOB, context BLOB, row_id INTEGER NOT NULL, {declared})"
    )
    number = table.object_id
    connection.execute(f"CREATE INDEX {quote(f'changes.{number}.version')} ON {table.log} (version)")
    # By row rather than by key: numbers are cheap to compare, and new ones belong at the index's end.
    connection.execute(f"CREATE INDEX {quote(f'changes.{number}.row')} ON {table.log} (row_id, seq)")
    create_triggers(connection, table)


def create_triggers(connection: sqlite3.Connection, table: Table) -> None:
    """Make the triggers; they are lost when the table is rebuilt."""
    number = table.object_id
    for verb, row, operation, mask in (
        ("DELETE", "OLD", DELETE, "NULL"),
        ("INSERT", "NEW", INSERT, "NULL"),
        ("UPDATE", "NEW", UPDATE, f"{MASK_FUNCTION}()"),
    ):
        connection.execute(
            f"CREATE TRIGGER {quote(f'changes.{number}.{verb}')} AFTER {verb} ON {table.physical} "
            f"WHEN {ENABLED_FUNCTION}() BEGIN {entry_sql(table, operation, mask, row)}; END"
        )


def entry_sql(table: Table, operation: int, mask: str, row: str) -> str:
    """INSERT of one log entry for the row called `row` (OLD or NEW)."""
    values = ", ".join(f"{row}.{quote(column.name)}" for column in table.key_columns)
    names = ", ".join(key_names(table))
    return (
        f"INSERT INTO {table.log} (version, operation, mask, context, row_id, {names}) "
        f"VALUES ({VERSION_FUNCTION}(), {operation}, {mask}, {CONTEXT_FUNCTION}(), {row}._rowid_, {values})"
    )


def drop_log(connection: sqlite3.Connection, table: Table) -> None:
    """Remove the log and the triggers."""
    drop_triggers(connection, table)
    connection.execute(f"DROP TABLE IF EXISTS {table.log}")


def drop_triggers(connection: sqlite3.Connection, table: Table) -> None:
    """Remove the triggers only."""
    for verb in ("DELETE", "INSERT", "UPDATE"):
        connection.execute(f"DROP TRIGGER IF EXISTS {quote(f'changes.{table.object_id}.{verb}')}")
