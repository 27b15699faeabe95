"""Conversions from stored form to stored form: implicit ones, CAST, and assignment to a column."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sandbox.sqlserver.contract import SqlError, SqlType
from sandbox.sqlserver.engine.errors import (
    no_implicit_conversion,
    operand_clash,
    overflow,
    truncated,
    unsupported,
)
from sandbox.sqlserver.engine.values import text
from sandbox.sqlserver.engine.values.fitting import fit_text, padded
from sandbox.sqlserver.engine.values.storage import DAY, SECOND, check_digits, store_decimal
from sandbox.sqlserver.engine.values.types import LIMITS, MAX, describe, family, plain_name, scale_of

Convert = Callable[[Any], Any]
"""From one stored value to another; never called with None."""

_DAYS_TO_1900 = 693_595


@dataclass(frozen=True, kw_only=True, slots=True)
class Conversion:
    """One conversion that a plan needs. `column` is (table, column) for an assignment."""

    source: SqlType
    target: SqlType
    explicit: bool = False
    style: int | None = None
    column: tuple[str, str] | None = None


@lru_cache(maxsize=8192)
def convert(conversion: Conversion) -> Convert | None:
    """The function that does it; None when the stored form stays as it is.

    Raises 206, 257 or 529 when T-SQL has no such conversion, 40000 when the stand-in has not.
    """
    source, target = conversion.source, conversion.target
    if source.name == "null" or (source == target and conversion.column is None):
        return None
    return _MAKERS.get(family(target), _refuse)(conversion)


def converted(stored: Any, source: SqlType, target: SqlType) -> Any:
    """A stored value as a variable of another type holds it: text too long is cut without a word."""
    function = convert(Conversion(source=source, target=target, column=None))
    return stored if stored is None or function is None else function(stored)


def _refuse(conversion: Conversion) -> Convert | None:
    raise unsupported(f"converting {describe(conversion.source)} to {describe(conversion.target)}")


def _clash(conversion: Conversion) -> SqlError:
    source, target = plain_name(conversion.source), plain_name(conversion.target)
    if conversion.explicit:
        return SqlError(529, f"Explicit conversion from data type {source} to {target} is not allowed.", state=2)
    return operand_clash(source, target)


def _to_integer(conversion: Conversion) -> Convert | None:
    source, target = conversion.source, conversion.target
    group = family(source)
    low, high = LIMITS[target.name]
    if group == "string":
        return lambda value: text.read_integer(value, source, target)
    if group == "binary" and conversion.explicit:
        return lambda value: _fit(int.from_bytes(value[-8:], "big", signed=len(value) >= 8), low, high, target)
    if target.name == "bit" and group in ("integer", "float", "decimal"):
        return lambda value: int(value != 0)
    if group == "integer":
        lowest, highest = LIMITS[source.name]
        if low <= lowest and highest <= high:
            return None
        return lambda value: _fit(value, low, high, target)
    if group == "decimal":
        unit = 10 ** scale_of(source)
        return lambda value: _fit(int(Decimal(value) / unit), low, high, target)
    if group == "float":
        return lambda value: _fit(int(value), low, high, target)
    raise _clash(conversion)


def _fit(number: int, low: int, high: int, target: SqlType) -> int:
    if low <= number <= high:
        return number
    raise overflow(target.name)


def _to_decimal(conversion: Conversion) -> Convert | None:
    source, target = conversion.source, conversion.target
    group = family(source)
    if group == "string":
        return lambda value: text.read_number(value, source, target)
    if group == "float":
        return lambda value: store_decimal(Decimal(repr(value)), target)
    if group not in ("integer", "decimal"):
        raise _clash(conversion)
    shift = scale_of(target) - (scale_of(source) if group == "decimal" else 0)
    if shift >= 0:
        factor = 10**shift
        return lambda value: check_digits(value * factor, target)
    divisor = 10**-shift
    return lambda value: check_digits(_round_half_up(value, divisor), target)


def _round_half_up(value: int, divisor: int) -> int:
    size = (abs(value) * 2 + divisor) // (divisor * 2)
    return size if value >= 0 else -size


def _to_float(conversion: Conversion) -> Convert | None:
    source, target = conversion.source, conversion.target
    group = family(source)
    if group == "string":
        return lambda value: text.read_number(value, source, target)
    if group == "decimal":
        unit = 10 ** scale_of(source)
        return lambda value: float(value) / unit
    if group == "integer":
        return float
    if group == "float":
        return None
    raise _clash(conversion)


def _to_string(conversion: Conversion) -> Convert | None:
    source, target, style = conversion.source, conversion.target, conversion.style
    group = family(source)
    if group == "string":
        return fit_text(source, target, conversion.column)
    if group == "binary":
        if not conversion.explicit:
            raise no_implicit_conversion(plain_name(source), plain_name(target))
        return _binary_to_string(conversion)
    if group == "float" and not conversion.explicit:
        raise unsupported("an implicit conversion from float to text")
    limit = target.length if target.length is not None else 1

    def write(value: Any) -> str:
        written = text.write(value, source, style)
        if limit != MAX and len(written) > limit:
            if group in ("moment", "date", "time"):
                return written[:limit]
            raise overflow(target.name)
        return padded(written, target)

    return write


def _binary_to_string(conversion: Conversion) -> Convert:
    style, national = conversion.style, conversion.target.name.startswith("n")
    if style == 1:
        return lambda value: "0x" + value.hex().upper()
    if style == 2:
        return lambda value: value.hex().upper()
    encoding = "utf-16le" if national else "cp1252"
    return lambda value: value.decode(encoding, "replace")


def _to_binary(conversion: Conversion) -> Convert | None:
    source, target = conversion.source, conversion.target
    group = family(source)
    if group == "binary":
        return _fit_binary(conversion)
    if not conversion.explicit and group == "string":
        raise no_implicit_conversion(plain_name(source), plain_name(target))
    if group == "string" and conversion.style in (None, 0):
        encoding = "utf-16le" if source.name.startswith("n") else "cp1252"
        limit = None if target.length == MAX else target.length
        return lambda value: value.encode(encoding, "replace")[:limit]
    if group == "integer" and source.name != "bit":
        size = {"bigint": 8, "int": 4, "smallint": 2, "tinyint": 1}[source.name]
        width = size if target.name == "varbinary" else target.length or 1
        return lambda value: int(value).to_bytes(max(size, width), "big", signed=value < 0)[-width:]
    return _refuse(conversion)


def _fit_binary(conversion: Conversion) -> Convert | None:
    target, column = conversion.target, conversion.column
    limit = {"rowversion": 8}.get(target.name, target.length or 1)
    if limit == MAX:
        return None

    def fit(value: bytes) -> bytes:
        if len(value) > limit and column is not None:
            raise truncated(*column, "")
        cut = value[:limit]
        return cut.ljust(limit, b"\0") if target.name == "binary" else cut

    return fit


def _to_guid(conversion: Conversion) -> Convert | None:
    group = family(conversion.source)
    if group == "string":
        return text.read_guid
    if group == "uniqueidentifier":
        return None
    return _refuse(conversion) if group == "binary" else _raise(conversion)


def _raise(conversion: Conversion) -> Convert | None:
    raise _clash(conversion)


def _to_moment(conversion: Conversion) -> Convert | None:
    source, target = conversion.source, conversion.target
    group = family(source)
    unit = _resolution(target)
    if group == "string":
        return lambda value: _rounded(text.read_moment(value, target), unit)
    if group == "moment":
        if unit <= _resolution(source) and target.name == "datetime2":
            return None
        return lambda value: _rounded(value, unit)
    if group == "date":
        return lambda value: value * DAY
    if group == "time":
        return lambda value: _DAYS_TO_1900 * DAY + value
    return _raise(conversion)


def _resolution(sql_type: SqlType) -> float:
    """Ticks that the type can tell apart; datetime knows three hundredths of a second."""
    if sql_type.name == "datetime":
        return SECOND / 300
    if sql_type.name == "smalldatetime":
        return 60 * SECOND
    return int(10 ** (7 - (7 if sql_type.scale is None else sql_type.scale)))


def _rounded(ticks: int, unit: float) -> int:
    if unit == 1:
        return ticks
    if isinstance(unit, int):
        return (ticks + unit // 2) // unit * unit
    # datetime: to the nearest 1/300 s, shown by its milliseconds (0, 3 or 7 at the end).
    steps = (ticks * 300 + SECOND // 2) // SECOND
    return (steps * 10 + 1) // 3 * (SECOND // 1_000)


def _to_date(conversion: Conversion) -> Convert | None:
    group = family(conversion.source)
    if group == "string":
        return lambda value: text.read_moment(value, conversion.target)
    if group == "moment":
        return lambda value: value // DAY
    return None if group == "date" else _raise(conversion)


def _to_time(conversion: Conversion) -> Convert | None:
    group = family(conversion.source)
    unit = _resolution(conversion.target)
    if group == "string":
        return lambda value: _rounded(text.read_moment(value, conversion.target), unit) % DAY
    if group == "moment":
        return lambda value: _rounded(value % DAY, unit) % DAY
    if group == "time":
        return lambda value: _rounded(value, unit) % DAY
    return _raise(conversion)


_MAKERS: dict[str, Callable[[Conversion], Convert | None]] = {
    "integer": _to_integer,
    "decimal": _to_decimal,
    "float": _to_float,
    "string": _to_string,
    "binary": _to_binary,
    "uniqueidentifier": _to_guid,
    "moment": _to_moment,
    "date": _to_date,
    "time": _to_time,
}
