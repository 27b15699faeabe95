"""sys.types: the numbers that SQL Server gives to its types, and how long their values are."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.sqlserver.contract import SqlType
from sandbox.sqlserver.engine.values.types import MAX


@dataclass(frozen=True, kw_only=True, slots=True)
class TypeRow:
    """A row of sys.types. `max_length` is in bytes; -1 is max."""

    name: str
    system_type_id: int
    user_type_id: int
    max_length: int
    precision: int = 0
    scale: int = 0
    collated: bool = False


def _row(name: str, number: int, length: int, precision: int = 0, scale: int = 0, *, collated: bool = False) -> TypeRow:
    return TypeRow(
        name=name,
        system_type_id=number,
        user_type_id=number,
        max_length=length,
        precision=precision,
        scale=scale,
        collated=collated,
    )


TYPES: tuple[TypeRow, ...] = (
    _row("uniqueidentifier", 36, 16),
    _row("date", 40, 3, 10, 0),
    _row("time", 41, 5, 16, 7),
    _row("datetime2", 42, 8, 27, 7),
    _row("datetimeoffset", 43, 10, 34, 7),
    _row("tinyint", 48, 1, 3, 0),
    _row("smallint", 52, 2, 5, 0),
    _row("int", 56, 4, 10, 0),
    _row("smalldatetime", 58, 4, 16, 0),
    _row("real", 59, 4, 24, 0),
    _row("money", 60, 8, 19, 4),
    _row("datetime", 61, 8, 23, 3),
    _row("float", 62, 8, 53, 0),
    _row("bit", 104, 1, 1, 0),
    _row("decimal", 106, 17, 38, 38),
    _row("numeric", 108, 17, 38, 38),
    _row("smallmoney", 122, 4, 10, 4),
    _row("bigint", 127, 8, 19, 0),
    _row("varbinary", 165, 8000),
    _row("varchar", 167, 8000, collated=True),
    _row("binary", 173, 8000),
    _row("char", 175, 8000, collated=True),
    _row("timestamp", 189, 8),
    _row("nvarchar", 231, 8000, collated=True),
    _row("nchar", 239, 8000, collated=True),
)
_BY_NAME = {row.name: row for row in TYPES}
_FRACTION_BYTES = {"time": (3, 4, 5), "datetime2": (6, 7, 8)}
_DECIMAL_BYTES = ((9, 5), (19, 9), (28, 13), (38, 17))


def type_row(sql_type: SqlType) -> TypeRow:
    """The row of sys.types for a column's type; rowversion is called timestamp there."""
    return _BY_NAME["timestamp" if sql_type.name == "rowversion" else sql_type.name]


def max_length(sql_type: SqlType) -> int:
    """sys.columns.max_length: bytes, or -1 for max."""
    if sql_type.length is not None:
        if sql_type.length == MAX:
            return MAX
        return sql_type.length * (2 if sql_type.name.startswith("n") else 1)
    if sql_type.name == "decimal":
        return next(size for digits, size in _DECIMAL_BYTES if (sql_type.precision or 18) <= digits)
    if sql_type.name in _FRACTION_BYTES:
        scale = 7 if sql_type.scale is None else sql_type.scale
        return _FRACTION_BYTES[sql_type.name][0 if scale <= 2 else 1 if scale <= 4 else 2]
    return type_row(sql_type).max_length


def precision(sql_type: SqlType) -> int:
    """sys.columns.precision."""
    if sql_type.name == "decimal":
        return sql_type.precision or 18
    scale = sql_type.scale
    if sql_type.name in _FRACTION_BYTES and scale is not None:
        whole = 8 if sql_type.name == "time" else 19
        return whole + (scale + 1 if scale else 0)
    return type_row(sql_type).precision


def scale(sql_type: SqlType) -> int:
    """sys.columns.scale."""
    if sql_type.scale is not None:
        return sql_type.scale
    return type_row(sql_type).scale


def describe_column(what: str, name: str, length: int | None, digits: int | None, places: int | None) -> int:
    """The SQLite function behind sys.columns: `what` is type_id, max_length, precision or scale."""
    sql_type = SqlType(name=name, length=length, precision=digits, scale=places)
    if what == "type_id":
        return type_row(sql_type).system_type_id
    if what == "max_length":
        return max_length(sql_type)
    return precision(sql_type) if what == "precision" else scale(sql_type)


def type_name(number: int | None) -> str | None:
    """TYPE_NAME."""
    return next((row.name for row in TYPES if row.user_type_id == number), None)
