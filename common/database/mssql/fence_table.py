"""dbo.relay_fence: the only table that relay adds to the database.

A row of the run time is keyed by its source's name. Rows whose keys begin with `$` are those of `relay.tracking`, which
remembers in `switched_on` what it switched on.
"""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.dialects.mssql import DATETIME2

LONGEST_HOST = 255

FENCES = sa.Table(
    "relay_fence",
    sa.MetaData(),
    sa.Column("source", sa.Unicode(400), nullable=False),
    sa.Column("version", sa.BigInteger),
    sa.Column("epoch", sa.Unicode(64)),
    sa.Column("generation", sa.BigInteger),
    sa.Column("store", sa.Unicode(64)),
    sa.Column("host", sa.Unicode(LONGEST_HOST)),
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
    implicit_returning=False,
)
"""A row a source. Every column but the key may be NULL: people write here, too."""
