"""Runs a change: in SQLite, with change tracking told about it and SQL Server's errors for what went wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from sandbox.sqlserver.engine.catalog.schema import TableColumn, quote
from sandbox.sqlserver.engine.change_tracking.log import (
    CONTEXT_FUNCTION,
    UPDATE,
    VERSION_FUNCTION,
    key_names,
)
from sandbox.sqlserver.engine.dml.plan import ChangePlan, Rewrite
from sandbox.sqlserver.engine.dml.violations import explain
from sandbox.sqlserver.engine.sqlite.connection import Connection

Row = Sequence[Any]


def run_change(
    connection: Connection, plan: ChangePlan, arguments: Row, context: bytes | None
) -> tuple[int, list[Row]]:
    """(rows changed, rows of OUTPUT in stored form). Raises 515, 547, 2601, 2627 and what conversions raise."""
    log = connection.log
    log.mask, log.context, log.enabled = plan.mask, context, True
    try:
        if plan.rewrite is not None:
            return _rewrite(connection, plan, plan.rewrite, arguments)
        cursor = connection.run(plan.sql, arguments)
        rows = _fetch(connection, cursor) if plan.columns else []
        return (len(rows) if plan.columns else cursor.rowcount), rows
    except sqlite3.IntegrityError as error:
        raise explain(connection, plan, arguments, error) from None
    finally:
        log.mask, log.context, log.enabled = None, None, True


def _fetch(connection: Connection, cursor: sqlite3.Cursor) -> list[Row]:
    try:
        return cursor.fetchall()
    except sqlite3.Error as error:
        raise connection.explain(error) from None


def _rewrite(connection: Connection, plan: ChangePlan, rewrite: Rewrite, arguments: Row) -> tuple[int, list[Row]]:
    table = plan.table
    found = _fetch(connection, connection.run(plan.sql, arguments))
    width = len(table.stored)
    places = [_place(table.stored, name) for name in rewrite.columns]
    changes = []
    for row in found:
        new = list(row[1 : width + 1])
        for place, value in zip(places, row[width + 1 :], strict=True):
            new[place] = value
        changes.append((row[0], row[1 : width + 1], new))
    if rewrite.replace:
        _replace(connection, plan, rewrite, changes)
    else:
        sets = ", ".join(f"{quote(name)} = ?" for name in rewrite.columns)
        rows = [(*(new[place] for place in places), number) for number, _, new in changes]
        connection.run_many(f"UPDATE {table.physical} SET {sets} WHERE _rowid_ = ?", rows)
    output: list[Row] = [
        tuple((new if name == "inserted" else old)[place] for name, place in rewrite.output) for _, old, new in changes
    ]
    return len(changes), output if plan.columns else []


def _place(columns: tuple[TableColumn, ...], name: str) -> int:
    return next(place for place, column in enumerate(columns) if column.name == name)


def _replace(
    connection: Connection, plan: ChangePlan, rewrite: Rewrite, changes: list[tuple[int, Row, list[Any]]]
) -> None:
    """Delete all rows, then insert them again: so uniqueness is judged on the result, as SQL Server does.

    Where the key is named change tracking shall see just that; where it is not, it shall see updates.
    """
    table = plan.table
    connection.log.enabled = rewrite.names_key
    connection.run_many(f"DELETE FROM {table.physical} WHERE _rowid_ = ?", [(number,) for number, _, _ in changes])
    names = ", ".join(quote(column.name) for column in table.stored)
    marks = ", ".join("?" for _ in range(len(table.stored) + 1))
    connection.run_many(
        f"INSERT INTO {table.physical} (_rowid_, {names}) VALUES ({marks})",
        [(number, *new) for number, _, new in changes],
    )
    if table.tracking is None or rewrite.names_key:
        return
    keys = [_place(table.stored, column.name) for column in table.key_columns]
    connection.run_many(
        f"INSERT INTO {table.log} (version, operation, mask, context, row_id, {', '.join(key_names(table))}) "
        f"VALUES ({VERSION_FUNCTION}(), {UPDATE}, ?, {CONTEXT_FUNCTION}(), ?{', ?' * len(keys)})",
        [(plan.mask, number, *(new[place] for place in keys)) for number, _, new in changes],
    )
