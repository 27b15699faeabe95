"""Asks the server all that change tracking answers, and compares it with the model."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

import pyodbc
import pytest

from tests.integration.histories.model import Change, Database, Key, Row, Table
from tests.integration.histories.tables import GUIDS


def compare(connection: pyodbc.Connection, database: Database, *, owns: bool) -> None:
    """Every answer from every version. `owns` says whether the open transaction, if any, is this connection's.

    One's own uncommitted changes show in the rows only; those of another connection show nowhere.
    """
    assert connection.execute("SELECT CHANGE_TRACKING_CURRENT_VERSION()").fetchval() == database.version
    visible = database.tables if owns else database.committed
    for name, table in visible.items():
        assert _rows(connection, table) == table.rows
        _compare_catalog(connection, table)
        if not table.tracked:
            _assert_refused(connection, table)
            continue
        for since in (None, *range(database.version + 2)):
            found = _changes(connection, table, since)
            assert found == table.changes(since or 0), f"CHANGETABLE(CHANGES {name}, {since})"
        assert _last_changes(connection, table) == table.last_changes(), f"CHANGETABLE(VERSION {name}, ...)"


def _rows(connection: pyodbc.Connection, table: Table) -> dict[Key, Row]:
    found = connection.execute(f"SELECT {', '.join(table.columns)} FROM dbo.{table.name}").fetchall()
    rows = [dict(zip(table.columns, _plain(table.columns, row), strict=True)) for row in found]
    return {table.key_of(row): row for row in rows}


def _compare_catalog(connection: pyodbc.Connection, table: Table) -> None:
    object_id = connection.execute("SELECT OBJECT_ID(?)", f"dbo.{table.name}").fetchval()
    minimum = connection.execute("SELECT CHANGE_TRACKING_MIN_VALID_VERSION(?)", object_id).fetchval()
    assert minimum == (table.begin if table.tracked else None), f"min valid version of {table.name}"
    listed = connection.execute(
        "SELECT is_track_columns_updated_on, begin_version, min_valid_version FROM sys.change_tracking_tables "
        "WHERE object_id = ?",
        object_id,
    ).fetchall()
    expected = [(table.columns_updated, table.begin, table.begin)] if table.tracked else []
    assert [tuple(row) for row in listed] == expected


def _assert_refused(connection: pyodbc.Connection, table: Table) -> None:
    """22105. Not inside a transaction: whether it goes on after this error is another question."""
    if connection.execute("SELECT @@TRANCOUNT").fetchval():
        return
    with pytest.raises(pyodbc.Error, match=r"\(22105\)"):
        connection.execute(f"SELECT * FROM CHANGETABLE(CHANGES dbo.{table.name}, 0) AS c")


def _changes(connection: pyodbc.Connection, table: Table, since: int | None) -> dict[Key, Change]:
    others = [name for name in table.columns if name not in table.key]
    flags = ", ".join(
        f"CHANGE_TRACKING_IS_COLUMN_IN_MASK(COLUMNPROPERTY(OBJECT_ID('dbo.{table.name}'), '{name}', 'ColumnId'), "
        "c.SYS_CHANGE_COLUMNS)"
        for name in others
    )
    sql = (
        "SELECT c.SYS_CHANGE_VERSION, c.SYS_CHANGE_CREATION_VERSION, c.SYS_CHANGE_OPERATION, c.SYS_CHANGE_COLUMNS, "
        f"c.SYS_CHANGE_CONTEXT, {', '.join(f'c.{name}' for name in table.key)}, {flags} "
        f"FROM CHANGETABLE(CHANGES dbo.{table.name}, ?) AS c"
    )
    found: dict[Key, Change] = {}
    for row in connection.execute(sql, since):
        key, inside = _plain(table.key, row[5 : 5 + len(table.key)]), row[5 + len(table.key) :]
        columns = _columns(table, row[3])
        assert [bool(flag) for flag in inside] == [columns is None or name in columns for name in others]
        assert key not in found
        found[key] = Change(version=row[0], creation=row[1], operation=row[2], columns=columns, context=row[4])
    return found


def _columns(table: Table, mask: bytes | None) -> tuple[str, ...] | None:
    """The columns of a mask: four zero bytes, then four bytes for each column id."""
    if mask is None:
        return None
    assert mask[:4] == bytes(4)
    ids = [int.from_bytes(mask[place : place + 4], "little") for place in range(4, len(mask), 4)]
    return tuple(table.columns[number - 1] for number in ids)


def _last_changes(connection: pyodbc.Connection, table: Table) -> dict[Key, tuple[int | None, bytes | None]]:
    names = ", ".join(table.key)
    values = ", ".join(f"r.{name}" for name in table.key)
    sql = (
        f"SELECT v.SYS_CHANGE_VERSION, v.SYS_CHANGE_CONTEXT, {', '.join(f'v.{name}' for name in table.key)} "
        f"FROM dbo.{table.name} AS r CROSS APPLY CHANGETABLE(VERSION dbo.{table.name}, ({names}), ({values})) AS v"
    )
    return {_plain(table.key, row[2:]): (row[0], row[1]) for row in connection.execute(sql)}


def _plain(columns: Sequence[str], row: Sequence[object]) -> Key:
    """The values with uuid.UUID for the driver's text of a uniqueidentifier."""
    pairs = zip(columns, row, strict=True)
    return tuple(uuid.UUID(str(value)) if value and name in GUIDS else value for name, value in pairs)
