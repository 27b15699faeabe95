"""Which rows are pending, of those with keys from the task log: these may be older than the table's key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.mssql.pyodbc import MSDialect_pyodbc
from sqlalchemy.engine import Connection
from sqlalchemy.sql.selectable import TextualSelect

from common.database.mssql.column_type import sent_key, type_of
from common.database.mssql.statements import key_parameters, pending_among
from common.database.records import Key, TrackedTable

MOST_PARAMETERS = 2000
"""SQL Server takes 2,100 in a statement."""
MOST_KEYS = 1000
_NAMED = MSDialect_pyodbc(paramstyle="named")  # type: ignore[no-untyped-call]


def pending_of(
    connection: Connection, tracked: TrackedTable, table: sa.Table, keys: Sequence[Key]
) -> Iterator[set[Key]]:
    """Those of the keys whose rows are pending, as many at once as a statement takes."""
    size = min(MOST_KEYS, MOST_PARAMETERS // len(table.primary_key))
    for start in range(0, len(keys), size):
        if sent := _sent(table, keys[start : start + size]):
            count = _round(len(sent), size)
            # Not with NULL: of what type is that?
            places = [*sent, *[max(sent)] * (count - len(sent))]
            parameters = key_parameters([sent[place] for place in places])
            ordinals = connection.execute(_statement(tracked, table, count), parameters).scalars()
            yield {keys[start + places[ordinal]] for ordinal in ordinals}


def _round(count: int, most: int) -> int:
    """The next power of two. After a loss each batch has another number of rows that workers have not done: with a
    statement for each, SQL Server would make a plan for each."""
    # guard: few-statements
    return min(most, 1 << (count - 1).bit_length())


@lru_cache(maxsize=32)
def _statement(tracked: TrackedTable, table: sa.Table, count: int) -> TextualSelect:
    """The statement as a text, which SQLAlchemy compiles once. One with VALUES it compiles every time it is sent, which
    took half of a repair's processor time."""
    compiled = pending_among(tracked, table, count).compile(dialect=_NAMED)
    names = {name: sa.bindparam(name, bind.value, bind.type) for bind, name in compiled.bind_names.items()}
    # Any other colon is one of a name in the database.
    text = re.sub(r":(\w*)", lambda found: found[0] if found[1] in names else rf"\{found[0]}", compiled.string)
    return sa.text(text).bindparams(*names.values()).columns(sa.column("ordinal", sa.Integer))


def _sent(table: sa.Table, keys: Sequence[Key]) -> Mapping[int, tuple[Any, ...]]:
    """The keys by their place, as parameters, without those that can be none of this table."""
    kinds = [type_of(column) for column in table.primary_key]
    parameters = {place: sent_key(kinds, key) for place, key in enumerate(keys)}
    return {place: parts for place, parts in parameters.items() if parts is not None}
