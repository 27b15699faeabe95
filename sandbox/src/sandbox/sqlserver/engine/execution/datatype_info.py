"""sp_datatype_info_100: what drivers ask about the server's types when they connect."""

from __future__ import annotations

from sandbox.sqlserver.contract import Column, Result, SqlType
from sandbox.sqlserver.engine.values.types import INT, SMALLINT, SYSNAME, varchar

_TEXT = varchar(32)
_COLUMNS: tuple[tuple[str, SqlType, bool], ...] = (
    ("TYPE_NAME", SYSNAME, False),
    ("DATA_TYPE", SMALLINT, False),
    ("PRECISION", INT, True),
    ("LITERAL_PREFIX", _TEXT, True),
    ("LITERAL_SUFFIX", _TEXT, True),
    ("CREATE_PARAMS", _TEXT, True),
    ("NULLABLE", SMALLINT, False),
    ("CASE_SENSITIVE", SMALLINT, False),
    ("SEARCHABLE", SMALLINT, False),
    ("UNSIGNED_ATTRIBUTE", SMALLINT, True),
    ("MONEY", SMALLINT, False),
    ("AUTO_INCREMENT", SMALLINT, True),
    ("LOCAL_TYPE_NAME", SYSNAME, True),
    ("MINIMUM_SCALE", SMALLINT, True),
    ("MAXIMUM_SCALE", SMALLINT, True),
    ("SQL_DATA_TYPE", SMALLINT, False),
    ("SQL_DATETIME_SUB", SMALLINT, True),
    ("NUM_PREC_RADIX", INT, True),
    ("INTERVAL_PRECISION", SMALLINT, True),
    ("USERTYPE", SMALLINT, False),
)


def _text(name: str, number: int, length: int, prefix: str) -> tuple[object, ...]:
    quote = None if prefix == "0x" else "'"
    facts = (name, number, length, prefix, quote, "max length", 1, 0, 3, None, 0, None, name, None, None)
    return (*facts, number, None, None, None, 0)


def _moment(name: str, number: int, length: int, *, params: str | None, scale: int, sub: int) -> tuple[object, ...]:
    facts = (name, number, length, "'", "'", params, 1, 0, 3, None, 0, None, name, 0, scale)
    return (*facts, 9, sub, None, None, 0)


def _exact(name: str, number: int, digits: int) -> tuple[object, ...]:
    return (name, number, digits, None, None, None, 1, 0, 2, 0, 0, 0, name, 0, 0, number, None, 10, None, 0)


_ROWS: tuple[tuple[object, ...], ...] = (
    _text("nvarchar", -9, 4000, "N'"),
    _text("nchar", -8, 4000, "N'"),
    _exact("bit", -7, 1),
    _exact("tinyint", -6, 3),
    _exact("bigint", -5, 19),
    _text("varbinary", -3, 8000, "0x"),
    _text("binary", -2, 8000, "0x"),
    _text("char", 1, 8000, "'"),
    _exact("decimal", 3, 38),
    _exact("int", 4, 10),
    _exact("smallint", 5, 5),
    _exact("float", 6, 53),
    _text("varchar", 12, 8000, "'"),
    _moment("date", 91, 10, params=None, scale=0, sub=1),
    _moment("datetime2", 93, 27, params="scale", scale=7, sub=3),
    _moment("datetime", 93, 23, params=None, scale=3, sub=3),
)


def datatype_info(data_type: int) -> Result:
    """The types of this ODBC number; 0 asks for all."""
    columns = tuple(Column(name=name, type=kind, nullable=nullable) for name, kind, nullable in _COLUMNS)
    rows = [row for row in _ROWS if data_type in (0, row[1])]
    return Result(columns=columns, rows=rows)
