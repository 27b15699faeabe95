"""Tables that could become sources: those with a status column, found in the database."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from common.database.mssql.column_type import COMES_BACK, INTEGERS, TEXTS, ColumnType
from common.database.mssql.columns import Described, columns_of, computed_from
from common.database.mssql.errors import LOCKS, RIGHTS
from common.database.mssql.errors import error_number as number_of
from common.database.mssql.fence_table import FENCES
from common.database.mssql.samples import values_among
from common.database.mssql.sys_catalog import SCHEMAS, TABLES
from common.database.names import full_name
from relay.sources.naming import without_accents
from relay.sources.source import Source
from relay.sources.suggested_file import Candidate, Unreadable, as_toml

OWN_TABLES = frozenset({FENCES.name, "relay_alembic_version"})
_HISTORY = 1
"""Microsoft, "sys.tables": temporal_type of a history table, which nobody writes to."""
_STATUS = re.compile(
    r"(?:status|(?<!e)state|trangthai|tinhtrang)(?:id|code|no|key|value|flag|type|sync|dongbo)?$", re.IGNORECASE
)
"""Of a name's letters alone, without accents: `TrangThai`, `Tình trạng`, `StatusId`, `sync_status_code`, `state2`."""


def suggested_sources(connection: Connection, known: Sequence[Source]) -> str:
    """TOML with a source for every table that has a status column and is not relayed yet.

    A table that cannot be read is named, and holds up no other. Raises the driver's other errors.
    """
    taken = {(source.schema, source.table) for source in known}
    return as_toml(list(_candidates(connection, taken)), names={source.name for source in known})


def _candidates(connection: Connection, taken: Collection[tuple[str, str]]) -> Iterator[Candidate | Unreadable]:
    for schema, table in _tables(connection):
        if table in OWN_TABLES or (schema, table) in taken:
            continue
        columns = columns_of(connection, schema, table)
        status = _status_column(columns.values())
        if status is None:
            continue
        try:
            yield _candidate(connection, schema, table, status, columns)
        except DBAPIError as error:
            number = number_of(error)
            if number not in RIGHTS | LOCKS:
                raise
            yield Unreadable(table=full_name(schema, table), is_locked=number in LOCKS)


def _tables(connection: Connection) -> list[tuple[str, str]]:
    """Schema and name of each table that this login may see: no views, none of SQL Server's own."""
    query = (
        sa.select(SCHEMAS.c.name, TABLES.c.name)
        .select_from(TABLES.join(SCHEMAS, SCHEMAS.c.schema_id == TABLES.c.schema_id))
        .where(TABLES.c.is_ms_shipped == 0, TABLES.c.temporal_type != _HISTORY)
        .order_by(SCHEMAS.c.name, TABLES.c.name)
    )
    return [(schema, table) for schema, table in connection.execute(query)]


def _candidate(
    connection: Connection, schema: str, table: str, status: Described, columns: Mapping[str, Described]
) -> Candidate:
    key = tuple(sa.inspect(connection).get_pk_constraint(table, schema=schema)["constrained_columns"])
    return Candidate(
        schema=schema,
        table=table,
        key=key,
        status_column=status.name,
        is_text=status.type.name in TEXTS,
        values=values_among(connection, schema, table, status, key),
        watch=tuple(computed_from(status, columns)) if status.is_computed else None,
        is_key_usable=all(columns[name].type.name in COMES_BACK for name in key),
    )


def _status_column(columns: Collection[Described]) -> Described | None:
    """A column whose name and type are those of a status; rather a text than a number."""
    found = [column for column in columns if is_status(column.name) and _holds_states(column.type)]
    return min(found, key=lambda column: column.type.name not in TEXTS, default=None)


def is_status(name: str) -> bool:
    """Whether a column's name sounds like a status, in English or Vietnamese."""
    return bool(_STATUS.search(re.sub(r"[^A-Za-z]", "", without_accents(name))))


def _holds_states(kind: ColumnType) -> bool:
    whole = kind.name in INTEGERS or (kind.name in ("decimal", "numeric") and kind.scale == 0)
    return whole or kind.name in TEXTS
