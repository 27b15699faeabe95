"""The catalog's tables in SQLite: made, read, and named by a token that every change renews."""

from __future__ import annotations

import secrets
import sqlite3
from collections import defaultdict
from typing import Any

from sandbox.sqlserver.contract import SqlType
from sandbox.sqlserver.engine.catalog.principal_store import LAYOUT as PRINCIPALS_LAYOUT
from sandbox.sqlserver.engine.catalog.principal_store import load_principals
from sandbox.sqlserver.engine.catalog.schema import (
    Catalog,
    Check,
    Computed,
    DatabaseSettings,
    Default,
    Index,
    Table,
    TableColumn,
    Tracking,
)

NOW_FUNCTION = "tsql_now"
"""SQLite function: the moment on the server's clock, in stored form."""
_LAYOUT = """
CREATE TABLE IF NOT EXISTS _meta (key TEXT PRIMARY KEY, value) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _schemas (schema_id INTEGER PRIMARY KEY, name TEXT COLLATE TSQL NOT NULL UNIQUE);
CREATE TABLE IF NOT EXISTS _objects (
    object_id INTEGER PRIMARY KEY, schema_name TEXT COLLATE TSQL, name TEXT COLLATE TSQL, type TEXT COLLATE TSQL,
    parent_id INTEGER NOT NULL DEFAULT 0, created INTEGER NOT NULL, modified INTEGER, UNIQUE (schema_name, name));
CREATE TABLE IF NOT EXISTS _columns (
    table_id INTEGER, column_id INTEGER, name TEXT COLLATE TSQL, type_name TEXT COLLATE TSQL, length INTEGER,
    precision INTEGER, scale INTEGER, collation TEXT, nullable INTEGER, seed INTEGER, increment INTEGER,
    PRIMARY KEY (table_id, column_id));
CREATE TABLE IF NOT EXISTS _defaults (
    object_id INTEGER PRIMARY KEY, table_id INTEGER, column_id INTEGER, name TEXT COLLATE TSQL, text TEXT);
CREATE TABLE IF NOT EXISTS _computed (
    table_id INTEGER, column_id INTEGER, text TEXT, persisted INTEGER, PRIMARY KEY (table_id, column_id));
CREATE TABLE IF NOT EXISTS _checks (
    object_id INTEGER PRIMARY KEY, table_id INTEGER, name TEXT COLLATE TSQL, text TEXT);
CREATE TABLE IF NOT EXISTS _indexes (
    table_id INTEGER, index_id INTEGER, name TEXT COLLATE TSQL, kind TEXT, object_id INTEGER, condition TEXT,
    PRIMARY KEY (table_id, index_id));
CREATE TABLE IF NOT EXISTS _index_columns (
    table_id INTEGER, index_id INTEGER, ordinal INTEGER, column_id INTEGER, descending INTEGER, included INTEGER,
    PRIMARY KEY (table_id, index_id, ordinal));
CREATE TABLE IF NOT EXISTS _identity (table_id INTEGER PRIMARY KEY, last INTEGER);
CREATE TABLE IF NOT EXISTS _tracking (
    table_id INTEGER PRIMARY KEY, columns_updated INTEGER, begin_version INTEGER, cleanup_version INTEGER,
    min_valid INTEGER, side_table_id INTEGER);
CREATE TABLE IF NOT EXISTS _commits (version INTEGER PRIMARY KEY, at INTEGER NOT NULL);
INSERT OR IGNORE INTO _schemas VALUES (1, 'dbo'), (3, 'INFORMATION_SCHEMA'), (4, 'sys');
INSERT OR IGNORE INTO _meta VALUES
    ('catalog', 1), ('next_object_id', 901578250), ('version', 0), ('rowversion', 2000), ('tracking', 0),
    ('retention', 2), ('retention_unit', 'DAYS'), ('auto_cleanup', 1), ('snapshot_allowed', 0),
    ('read_committed_snapshot', 0);
"""
_SETTINGS = ("tracking", "retention", "retention_unit", "auto_cleanup", "snapshot_allowed", "read_committed_snapshot")
_OBJECT_ID_STEP = 16


def create_layout(connection: sqlite3.Connection) -> None:
    """Make the catalog's tables in a new file; nothing in an old one."""
    connection.executescript(_LAYOUT + PRINCIPALS_LAYOUT)


def read_meta(connection: sqlite3.Connection, key: str) -> Any:
    """One of the database's own numbers, such as `version` or `catalog`."""
    return connection.execute("SELECT value FROM _meta WHERE key = ?", (key,)).fetchone()[0]


def write_meta(connection: sqlite3.Connection, key: str, value: object) -> None:
    """Set one of the database's own numbers."""
    connection.execute("UPDATE _meta SET value = ? WHERE key = ?", (value, key))


def touch(connection: sqlite3.Connection) -> None:
    """Give the catalog a new token, since it was changed.

    A random one: a counter would come back after a rollback and name another catalog.
    """
    write_meta(connection, "catalog", secrets.randbits(62))


def new_object_id(connection: sqlite3.Connection) -> int:
    """An object id that was never used before in this database."""
    object_id = int(read_meta(connection, "next_object_id"))
    write_meta(connection, "next_object_id", object_id + _OBJECT_ID_STEP)
    return object_id


def load(connection: sqlite3.Connection, database: str) -> Catalog:
    """The catalog as the connection's transaction sees it."""
    rows = connection.execute("SELECT object_id, schema_name, name FROM _objects WHERE type = 'U'").fetchall()
    columns = _load_columns(connection)
    indexes = _load_indexes(connection, columns)
    checks: defaultdict[int, list[Check]] = defaultdict(list)
    for object_id, table_id, name, text in connection.execute("SELECT * FROM _checks ORDER BY object_id"):
        checks[table_id].append(Check(object_id=object_id, name=name, text=text))
    tracked = dict(connection.execute("SELECT table_id, columns_updated FROM _tracking").fetchall())
    tables = {}
    for object_id, schema, name in rows:
        tables[f"{schema}.{name}".lower()] = Table(
            object_id=object_id,
            schema=schema,
            name=name,
            columns=tuple(columns[object_id]),
            indexes=tuple(indexes[object_id]),
            checks=tuple(checks[object_id]),
            tracking=Tracking(columns_updated=bool(tracked[object_id])) if object_id in tracked else None,
        )
    token = int(read_meta(connection, "catalog"))
    return Catalog(
        database=database,
        token=token,
        tables=tables,
        settings=load_settings(connection),
        principals=load_principals(connection),
    )


def load_settings(connection: sqlite3.Connection) -> DatabaseSettings:
    """What ALTER DATABASE has set."""
    meta = dict(connection.execute("SELECT key, value FROM _meta").fetchall())
    values = {name: meta[name] for name in _SETTINGS}
    switches = {name: bool(value) for name, value in values.items() if not name.startswith("retention")}
    return DatabaseSettings(retention=values["retention"], retention_unit=values["retention_unit"], **switches)


def _load_columns(connection: sqlite3.Connection) -> defaultdict[int, list[TableColumn]]:
    defaults = {}
    for object_id, table_id, column_id, name, text in connection.execute("SELECT * FROM _defaults"):
        defaults[table_id, column_id] = Default(object_id=object_id, name=name, text=text)
    computed = {}
    for table_id, column_id, text, persisted in connection.execute("SELECT * FROM _computed"):
        computed[table_id, column_id] = Computed(text=text, persisted=bool(persisted))
    found: defaultdict[int, list[TableColumn]] = defaultdict(list)
    for row in connection.execute("SELECT * FROM _columns ORDER BY table_id, column_id"):
        table_id, column_id, name, type_name, length, precision, scale, collation, nullable, seed, increment = row
        column = TableColumn(
            column_id=column_id,
            name=name,
            type=SqlType(name=type_name, length=length, precision=precision, scale=scale, collation=collation),
            nullable=bool(nullable),
            identity=None if seed is None else (seed, increment),
            default=defaults.get((table_id, column_id)),
            computed=computed.get((table_id, column_id)),
        )
        found[table_id].append(column)
    return found


def _load_indexes(
    connection: sqlite3.Connection, columns: defaultdict[int, list[TableColumn]]
) -> defaultdict[int, list[Index]]:
    members: defaultdict[tuple[int, int], list[tuple[str, bool, bool]]] = defaultdict(list)
    query = "SELECT table_id, index_id, column_id, descending, included FROM _index_columns ORDER BY 1, 2, ordinal"
    for table_id, index_id, column_id, descending, included in connection.execute(query):
        name = next(column.name for column in columns[table_id] if column.column_id == column_id)
        members[table_id, index_id].append((name, bool(descending), bool(included)))
    found: defaultdict[int, list[Index]] = defaultdict(list)
    query = "SELECT table_id, index_id, name, kind, condition FROM _indexes ORDER BY 1, 2"
    for table_id, index_id, name, kind, condition in connection.execute(query):
        parts = members[table_id, index_id]
        index = Index(
            index_id=index_id,
            name=name,
            kind=kind,
            columns=tuple(column for column, _, included in parts if not included),
            descending=tuple(descending for _, descending, included in parts if not included),
            included=tuple(column for column, _, included in parts if included),
            condition=condition,
        )
        found[table_id].append(index)
    return found
