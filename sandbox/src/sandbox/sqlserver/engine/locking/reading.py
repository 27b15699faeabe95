"""How a statement reads a table of which other transactions have locked rows: SQL over the copies of those."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.sqlserver.engine.catalog.schema import Table, quote

UNLOCKED_FUNCTION = "tsql_unlocked"
"""SQLite function: (table's object id, row's number in the view). Always 1, and a note when the row is locked."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reading:
    """A table that others have locked rows of, in a plan."""

    table: Table
    waits: bool
    """Whether the statement waits for them: not with NOLOCK, and not with READPAST."""
    skips: bool = False
    """READPAST."""


THERE = quote("locked.there")
"""The column beside a copied row's own: 0 when its transaction has deleted it."""


def locked_rows(table: Table) -> str:
    """The temporary table with the others' rows: `THERE` is 0 for one that they have deleted.

    Rows that are new have negative numbers, which no row in the file has.
    """
    return f"temp.{quote(f'locked.{table.object_id}')}"


def source_sql(reading: Reading) -> str:
    """The table for FROM: what is committed and what is not, without the locked rows, or as it would be."""
    table = reading.table
    columns = ", ".join(["_rowid_ AS _rowid_", *(quote(column.name) for column in table.stored)])
    committed = f"SELECT {columns} FROM {table.physical}"
    changed = f"SELECT {columns} FROM {locked_rows(table)} WHERE {THERE}"
    if reading.waits:
        return f"({committed} UNION ALL {changed})"
    others = f"{committed} WHERE _rowid_ NOT IN (SELECT _rowid_ FROM {locked_rows(table)})"
    return f"({others})" if reading.skips else f"({others} UNION ALL {changed})"
