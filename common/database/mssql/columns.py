"""A table's columns as the catalog has them: exact types, and what the computed ones are computed from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection

from common.database import change_tracking as ct
from common.database.mssql.column_type import MAX, NATIONAL, TEXTS, ColumnType
from common.database.mssql.sys_catalog import COLUMNS, COMPUTED_COLUMNS, TYPES

_LITERAL = re.compile(r"'(?:[^']|'')*'")
_NAME = re.compile(r"\[((?:[^\]]|\]\])+)\]|([^\W\d][\w@$#]*)")


@dataclass(frozen=True, kw_only=True, slots=True)
class Described:
    """One column."""

    name: str
    type: ColumnType
    is_computed: bool
    definition: str | None
    """What it is computed from, as T-SQL; None: it is not computed, or the login lacks VIEW DEFINITION."""


def columns_of(connection: Connection, schema: str, table: str) -> Mapping[str, Described]:
    """The table's columns by name, in their order; empty: there is no such table, or no right to see it.

    An alias type (CREATE TYPE ... FROM) is given as what it stands for.
    """
    columns, types, computed = COLUMNS.c, TYPES.c, COMPUTED_COLUMNS.c
    type_name = sa.func.coalesce(types.name, sa.func.TYPE_NAME(columns.user_type_id)).label("type_name")
    same_column = sa.and_(computed.object_id == columns.object_id, computed.column_id == columns.column_id)
    query = (
        sa.select(*columns, type_name, computed.definition)
        .select_from(COLUMNS)
        .outerjoin(TYPES, types.user_type_id == columns.system_type_id)
        .outerjoin(COMPUTED_COLUMNS, same_column)
        .where(columns.object_id == ct.object_id(schema, table))
        .order_by(columns.column_id)
    )
    return {
        row.name: Described(
            name=row.name, type=_type(row), is_computed=bool(row.is_computed), definition=row.definition
        )
        for row in connection.execute(query)
    }


def _type(row: Any) -> ColumnType:
    name = row.type_name
    if name in TEXTS or name in ("binary", "varbinary"):
        length = row.max_length // 2 if name in NATIONAL and row.max_length != MAX else row.max_length
        return ColumnType(name, length=length, collation=row.collation_name)
    if name in ("decimal", "numeric"):
        return ColumnType(name, precision=row.precision, scale=row.scale)
    if name in ("datetime2", "time", "datetimeoffset"):
        return ColumnType(name, scale=row.scale)
    return ColumnType(name)


def computed_from(column: Described, names: Iterable[str]) -> Sequence[str]:
    """Those of the table's columns that the definition of a computed one names; none: it does not say."""
    by_folded = {name.lower(): name for name in names}
    found = _NAME.findall(_LITERAL.sub("''", column.definition or ""))
    folded = (bracketed.replace("]]", "]") or plain for bracketed, plain in found)
    return list(dict.fromkeys(by_folded[name.lower()] for name in folded if name.lower() in by_folded))
