"""SQL Server's errors for what SQLite's constraints refused."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from typing import Any

from sandbox.sqlserver.engine.catalog.schema import NOT_NULL, Index, quote
from sandbox.sqlserver.engine.dml.plan import ChangePlan
from sandbox.sqlserver.engine.errors import check_failed, duplicate_constraint, duplicate_index, null_not_allowed
from sandbox.sqlserver.engine.sqlite.connection import Connection
from sandbox.sqlserver.engine.translate.plan import used_binds
from sandbox.sqlserver.engine.values.text import write

_NOT_NULL = re.compile(r"NOT NULL constraint failed: (.*)")
_CHECK = re.compile(r"CHECK constraint failed: (.*)")
_UNIQUE = re.compile(r"UNIQUE constraint failed: (.*)")


def explain(
    connection: Connection, plan: ChangePlan, arguments: Sequence[Any], error: sqlite3.IntegrityError
) -> Exception:
    """515, 547, 2601 or 2627; SQLite's own error when it is none of these."""
    text = str(error)
    table = plan.table
    match = _NOT_NULL.fullmatch(text)
    if match is not None:
        column = match.group(1).removeprefix(f"{table.full_name}.")
        return null_not_allowed(f"{_database(connection)}.{table.full_name}", column, plan.verb)
    match = _CHECK.fullmatch(text)
    if match is not None:
        if match.group(1).startswith(NOT_NULL):
            column = match.group(1).removeprefix(NOT_NULL)
            return null_not_allowed(f"{_database(connection)}.{table.full_name}", column, plan.verb)
        return check_failed(plan.verb, match.group(1), _database(connection), table.full_name)
    match = _UNIQUE.fullmatch(text)
    index = _index(plan, match.group(1)) if match is not None else None
    if index is None:
        return error
    index, value = _first_violated(connection, plan, index, arguments)
    if index.kind == "UI":
        return duplicate_index(index.name, table.full_name, value)
    kind = "PRIMARY KEY" if index.kind == "PK" else "UNIQUE KEY"
    return duplicate_constraint(kind, index.name, table.full_name, value)


def _database(connection: Connection) -> str:
    path = connection.raw.execute("PRAGMA database_list").fetchone()[2]
    return str(path).rsplit("/", 1)[-1].removesuffix(".sqlite")


def _index(plan: ChangePlan, failed: str) -> Index | None:
    """SQLite names the columns, or the index when it is one over expressions."""
    table = plan.table
    named = re.fullmatch(r"index '(\d+)\.(\d+)'", failed)
    for index in table.indexes:
        if named is not None and index.index_id == int(named.group(2)):
            return index
        if index.unique and failed == ", ".join(f"{table.full_name}.{column}" for column in index.columns):
            return index
    return None


def _first_violated(
    connection: Connection, plan: ChangePlan, reported: Index, arguments: Sequence[Any]
) -> tuple[Index, str]:
    """Of several violated indexes SQL Server names the one with the lowest id; SQLite may have met another first."""
    for index in plan.table.indexes:
        if index is reported or (index.unique and index.condition is None):
            value = _duplicate(connection, plan, index, arguments)
            if value or index is reported:
                return index, value
    return reported, ""


def _duplicate(connection: Connection, plan: ChangePlan, index: Index, arguments: Sequence[Any]) -> str:
    """The first key among the new rows that is there already, as the error shows it; empty when it cannot be told."""
    if not plan.probe:
        return ""
    places = [next(n for n, c in enumerate(plan.table.columns) if c.name == name) for name in index.columns]
    condition = " AND ".join(f"{quote(name)} IS ?" for name in index.columns)
    seen: set[tuple[Any, ...]] = set()
    given = arguments[: len(used_binds(plan.probe, plan.binds))]
    for row in connection.run(plan.probe, given).fetchall():
        key = tuple(row[place] for place in places)
        there = connection.run(f"SELECT _rowid_ FROM {plan.table.physical} WHERE {condition}", key).fetchone()
        if there is not None:
            # The statement has met this row, as if to change it: perhaps another transaction has deleted it already.
            connection.touched.note(plan.table.object_id, there[0], 0)
        if key in seen or there is not None:
            columns = [plan.table.columns[place] for place in places]
            shown = ["<NULL>" if v is None else write(v, c.type) for v, c in zip(key, columns, strict=True)]
            return ", ".join(shown)
        seen.add(key)
    return ""
