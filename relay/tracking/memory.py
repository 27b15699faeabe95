"""What the upgrade remembers in dbo.relay_fence: what it switched on.

Its rows have keys that begin with `$`: `$database` and `$table:dbo.SalesInvoices`; `switched_on` holds the words for
what the upgrade switched on there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.schema import CreateTable, DropTable, ExecutableDDLElement

from common.database.mssql.fence_table import FENCES
from common.database.names import full_name
from relay.tracking import conditions
from relay.tracking.conditions import Condition, If

SNAPSHOT = "SNAPSHOT"
TRACKING = "TRACKING"
DATABASE = "$database"


def key_of(schema: str, table: str) -> str:
    """The key under which the upgrade remembers a table."""
    return f"$table:{full_name(schema, table)}"


def create(keys: Sequence[str]) -> Iterator[ExecutableDDLElement]:
    """Make the table and the rows of those keys, where they are not there yet."""
    yield If(~is_there(), CreateTable(FENCES))
    for key in keys:
        row = Condition(query=sa.select(FENCES.c.source).where(FENCES.c.source == key))
        yield If(~row, sa.insert(FENCES).values(source=key, switched_on=""))


def drop() -> ExecutableDDLElement:
    """Drop the table, with all that it remembers."""
    return DropTable(FENCES)


def remember(word: str, key: str, *, unless: Condition) -> ExecutableDDLElement:
    """Note that `word` is about to be switched on at `key`, unless it is on already.

    To be done before the switching: an upgrade that dies in between then finds its own note, and never takes for its
    own what others had switched on.
    """
    longer = sa.func.LTRIM(FENCES.c.switched_on + f" {word}")
    return If(
        ~unless,
        sa.update(FENCES).where(FENCES.c.source == key, _place(word) == 0).values(switched_on=longer),
    )


def remembers(word: str, key: str) -> Condition:
    """The upgrade switched `word` on at `key`."""
    return Condition(query=sa.select(FENCES.c.source).where(FENCES.c.source == key, _place(word) > 0))


def is_there() -> Condition:
    """There is a dbo.relay_fence, relay's or somebody else's."""
    return conditions.table_is_there("dbo", FENCES.name)


def _place(word: str) -> sa.ColumnElement[int]:
    """Where the word stands in `switched_on`; 0: nowhere."""
    return sa.func.CHARINDEX(sa.literal(word, sa.Unicode), FENCES.c.switched_on, type_=sa.Integer)
