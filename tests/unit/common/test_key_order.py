"""How the next piece of a baseline is looked for: where an index is to be searched, and where the search ends."""

from __future__ import annotations

import pyodbc
import sqlalchemy as sa
from sqlalchemy.dialects.mssql.pyodbc import MSDialect_pyodbc
from sqlalchemy.sql.elements import ColumnElement

from common.database.mssql.column_type import ColumnType
from common.database.mssql.key_order import yet_to_read
from common.database.records import Baseline, Key
from relay.sources.source import Source

DIALECT = MSDialect_pyodbc(dbapi=pyodbc)  # type: ignore[no-untyped-call]
SOURCE = Source(name="t", table="T", args=("shop", "no"), task="t.t", queue="t_queue")
NO_KEY_BEFORE_THE_ONE_THAT_WAS_READ_LAST = [
    "T.shop = CAST(1 AS int) AND T.no > CAST(2 AS int)",
    "T.shop > CAST(1 AS int)",
]


def test_a_piece_of_a_composite_key_walks_past_nothing_that_earlier_pieces_have_read() -> None:
    """Each stretch begins right behind the last key, by equality of the columns that lead the index."""
    assert _looked_for("shop", "no", after=(1, 2)) == NO_KEY_BEFORE_THE_ONE_THAT_WAS_READ_LAST
    assert _looked_for("no", after=(2,)) == ["T.no > CAST(2 AS int)"]


def test_a_piece_ends_where_the_baseline_does() -> None:
    """A table that grows while its baseline is read is not walked to its end."""
    bounded = _looked_for("shop", "no", after=(1, 2), until=(3, 4))
    assert [stretch.split(" AND T.shop <= CAST(3 AS int) AND NOT ")[0] for stretch in bounded] == (
        NO_KEY_BEFORE_THE_ONE_THAT_WAS_READ_LAST
    )


def _looked_for(*key: str, after: Key, until: Key | None = None) -> list[str]:
    columns = [sa.Column(name, ColumnType("int"), primary_key=True) for name in key]
    table = sa.Table("T", sa.MetaData(), *columns)
    return [_sql(stretch) for stretch in yet_to_read(SOURCE, table, Baseline(after=after, until=until, rows=1))]


def _sql(condition: ColumnElement[bool]) -> str:
    compiled = condition.compile(dialect=DIALECT, compile_kwargs={"literal_binds": True})
    return str(compiled).replace("[", "").replace("]", "")
