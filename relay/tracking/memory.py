"""dbo.relay_fence: the fences of the run time, and what the upgrade has to remember about what it switched on.

A row of the run time is keyed by its source's name. The upgrade's own rows have keys that begin with `$`: `$database`
and `$table:dbo.SalesInvoices`; `switched_on` holds the words for what the upgrade switched on there.

Rights at run time: SELECT, VIEW CHANGE TRACKING on the sources' tables; SELECT, INSERT, UPDATE on dbo.relay_fence:

    GRANT SELECT, VIEW CHANGE TRACKING ON dbo.SalesInvoices TO relay;
    GRANT SELECT, INSERT, UPDATE ON dbo.relay_fence TO relay;
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects.mssql import DATETIME2
from sqlalchemy.schema import CreateTable, DropTable, ExecutableDDLElement

from common.database.names import full_name
from relay.tracking import conditions
from relay.tracking.conditions import Condition, If

FENCES_TABLE = sa.Table(
    "relay_fence",
    sa.MetaData(),
    sa.Column("source", sa.Unicode(400), nullable=False),
    sa.Column("version", sa.BigInteger),
    sa.Column("epoch", sa.Unicode(64)),
    sa.Column("generation", sa.BigInteger),
    sa.Column("store", sa.Unicode(64)),
    sa.Column("host", sa.Unicode(255)),
    sa.Column("resume", sa.Unicode(1000)),
    sa.Column(
        "updated_at",
        DATETIME2(3),  # type: ignore[no-untyped-call]
        nullable=False,
        server_default=sa.text("SYSUTCDATETIME()"),
    ),
    sa.Column("switched_on", sa.Unicode(200)),
    sa.PrimaryKeyConstraint("source", name="PK_relay_fence"),
    schema="dbo",
)

SNAPSHOT = "SNAPSHOT"
TRACKING = "TRACKING"
DATABASE = "$database"


def key_of(schema: str, table: str) -> str:
    """The key under which the upgrade remembers a table."""
    return f"$table:{full_name(schema, table)}"


def create(keys: Sequence[str]) -> Iterator[ExecutableDDLElement]:
    """Make the table and the rows of those keys, where they are not there yet."""
    yield If(~is_there(), CreateTable(FENCES_TABLE))
    for key in keys:
        row = Condition(query=sa.select(FENCES_TABLE.c.source).where(FENCES_TABLE.c.source == key))
        yield If(~row, sa.insert(FENCES_TABLE).values(source=key, switched_on=""))


def drop() -> ExecutableDDLElement:
    """Drop the table, with all that it remembers."""
    return DropTable(FENCES_TABLE)


def remember(word: str, key: str, *, unless: Condition) -> ExecutableDDLElement:
    """Note that `word` is about to be switched on at `key`, unless it is on already.

    To be done before the switching: an upgrade that dies in between then finds its own note, and never takes for its
    own what others had switched on.
    """
    longer = sa.func.LTRIM(FENCES_TABLE.c.switched_on + f" {word}")
    return If(
        ~unless,
        sa.update(FENCES_TABLE).where(FENCES_TABLE.c.source == key, _place(word) == 0).values(switched_on=longer),
    )


def remembers(word: str, key: str) -> Condition:
    """The upgrade switched `word` on at `key`."""
    return Condition(query=sa.select(FENCES_TABLE.c.source).where(FENCES_TABLE.c.source == key, _place(word) > 0))


def is_there() -> Condition:
    """There is a dbo.relay_fence, relay's or somebody else's."""
    return conditions.table_is_there("dbo", FENCES_TABLE.name)


def _place(word: str) -> sa.ColumnElement[int]:
    """Where the word stands in `switched_on`; 0: nowhere."""
    return sa.func.CHARINDEX(sa.literal(word, sa.Unicode), FENCES_TABLE.c.switched_on, type_=sa.Integer)
