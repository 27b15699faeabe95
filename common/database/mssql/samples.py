"""What a column holds, by a look at some of its rows: a hint for people, never a proof."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from common.database.mssql.columns import Described

LOOKED_AT = 1000
"""Rows: a table may be large."""


def values_among(
    connection: Connection, schema: str, table: str, column: Described, key: Sequence[str] = ()
) -> Mapping[str | int, int]:
    """How often each value of a text or whole number stands among the last rows by the key, the commonest first; NULL
    is left out. Waits for nobody's open transaction, and may see what is rolled back later. Raises the driver's errors.
    """
    read: sa.ColumnClause[Any] = sa.column(column.name, column.type)
    ordered: list[sa.ColumnClause[Any]] = [sa.column(name) for name in key]
    source = sa.table(table, read, *ordered, schema=schema)
    rows = (
        sa.select(column.type.read(read).label("value"))
        .select_from(source)
        .with_hint(source, "WITH (NOLOCK)")
        .order_by(*(each.desc() for each in ordered))
        .limit(LOOKED_AT)
        .subquery("looked_at")
    )
    counted = sa.select(rows.c.value, sa.func.count().label("rows")).group_by(rows.c.value)
    found = Counter[str | int]()
    for value, count in connection.execute(counted):
        if value is not None:
            found[_plain(value)] += count
    return dict(sorted(found.items(), key=lambda each: (-each[1], str(each[0]))))


def _plain(value: bool | Decimal | str | int) -> str | int:
    """A bit comes as a bool, a decimal without digits behind the point as a Decimal, a char with blanks behind it."""
    if isinstance(value, str):
        return value.rstrip(" ")
    return int(value)
