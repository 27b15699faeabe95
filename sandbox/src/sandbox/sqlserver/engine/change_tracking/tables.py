"""ALTER TABLE ... ENABLE and DISABLE CHANGE_TRACKING, and what truncation does to a log."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.catalog.schema import Catalog, Table, Tracking
from sandbox.sqlserver.engine.catalog.store import new_object_id, touch
from sandbox.sqlserver.engine.change_tracking.log import create_log, drop_log
from sandbox.sqlserver.engine.change_tracking.versions import current_version


def enable(connection: sqlite3.Connection, catalog: Catalog, table: Table, *, columns_updated: bool) -> None:
    """Begin to track a table. Raises 1718, 4996, 4997 or 4999."""
    name = table.name
    if not catalog.settings.tracking:
        text = f"Change tracking must be enabled on database '{catalog.database}' before it can be enabled on table "
        raise SqlError(1718, f"{text}'{name}'.")
    if table.tracking is not None:
        raise SqlError(4996, f"Change tracking is already enabled for table '{name}'.")
    if table.primary_key is None:
        text = f"Cannot enable change tracking on table '{name}'. Change tracking requires a primary key on the table. "
        raise SqlError(4997, f"{text}Create a primary key on the table before enabling change tracking.")
    if any(column.type.name == "rowversion" for column in table.key_columns):
        text = (
            f"Cannot enable change tracking on table '{name}'. Change tracking does not support a primary key of type "
        )
        raise SqlError(4999, f"{text}timestamp on a table.")
    create_log(connection, replace(table, tracking=Tracking(columns_updated=columns_updated)))
    version = current_version(connection)
    connection.execute(
        "INSERT INTO _tracking VALUES (?, ?, ?, NULL, ?, ?)",
        (table.object_id, int(columns_updated), version, version, new_object_id(connection)),
    )
    touch(connection)


def disable(connection: sqlite3.Connection, table: Table) -> None:
    """Stop tracking a table and forget its changes. Raises 4998."""
    if table.tracking is None:
        raise SqlError(4998, f"Change tracking is not enabled on table '{table.name}'.")
    drop_log(connection, table)
    connection.execute("DELETE FROM _tracking WHERE table_id = ?", (table.object_id,))
    touch(connection)


def truncate_log(connection: sqlite3.Connection, table: Table) -> None:
    """The history is gone: nothing before the current version is valid any more."""
    connection.execute(f"DELETE FROM {table.log}")
    version = current_version(connection)
    connection.execute(
        "UPDATE _tracking SET begin_version = ?, min_valid = ? WHERE table_id = ?", (version, version, table.object_id)
    )
