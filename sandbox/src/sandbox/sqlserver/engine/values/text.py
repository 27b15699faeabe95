"""What T-SQL reads from text and writes as text: numbers, moments, identifiers."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from decimal import Decimal, InvalidOperation
from typing import Any

from sandbox.sqlserver.contract import SqlError, SqlType
from sandbox.sqlserver.engine.errors import conversion_error, conversion_failed, overflow, unsupported
from sandbox.sqlserver.engine.values.storage import (
    SECOND,
    load_guid,
    load_moment,
    load_time,
    store_decimal,
    store_guid,
    store_moment,
    store_time,
)
from sandbox.sqlserver.engine.values.types import FLOATS, LIMITS, family, scale_of

_INTEGER = re.compile(r"[+-]?\d+")
_MOMENT = re.compile(
    r"(?:(\d{4})-(\d{1,2})-(\d{1,2})|(\d{4})(\d{2})(\d{2}))?"
    r"(?:[T ]?\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:\.(\d{1,9}))?)?)?(Z)?"
)
_GUID = re.compile(r"\{?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\}?.*", re.DOTALL)


def read_integer(text: str, source: SqlType, target: SqlType) -> int:
    """Raises 245 for no number, 8114 for bigint, 244, 248 or 8115 for a number too large."""
    stripped = text.strip()
    words = {"true": 1, "false": 0} if target.name == "bit" else {}
    if stripped.lower() in words:
        return words[stripped.lower()]
    if stripped and not _INTEGER.fullmatch(stripped):
        if target.name == "bigint":
            raise conversion_error(source.name, "bigint")
        raise conversion_failed(source.name, text, target.name)
    number = int(stripped or "0")
    if target.name == "bit":
        return int(number != 0)
    low, high = LIMITS[target.name]
    if low <= number <= high:
        return number
    if target.name == "bigint":
        raise overflow("bigint")
    size = {"tinyint": "INT1", "smallint": "INT2"}.get(target.name, "int")
    detail = " Use a larger integer column." if size != "int" else ""
    message = f"The conversion of the {source.name} value '{text}' overflowed an {size} column.{detail}"
    raise SqlError(248 if size == "int" else 244, message)


def read_number(text: str, source: SqlType, target: SqlType) -> int | float:
    """A decimal's scaled integer, or a float. Raises 8114 for no number, 8115 for one too large."""
    name = "numeric" if target.name == "decimal" else target.name
    try:
        number = Decimal(text.strip() or ("0" if target.name in FLOATS else "x"))
    except InvalidOperation:
        raise conversion_error(source.name, name) from None
    if not number.is_finite() or (target.name == "decimal" and "e" in text.lower()):
        raise conversion_error(source.name, name)
    return float(number) if target.name in FLOATS else store_decimal(number, target)


def read_guid(text: str) -> bytes:
    """Raises 8169."""
    match = _GUID.fullmatch(text.strip())
    if match is None:
        raise SqlError(8169, "Conversion failed when converting from a character string to uniqueidentifier.", state=2)
    return store_guid(uuid.UUID(match.group(1)))


def read_moment(text: str, target: SqlType) -> int:
    """A moment, date or time from ISO text (the forms that no DATEFORMAT changes). Raises 241."""
    failed = SqlError(241, "Conversion failed when converting date and/or time from character string.")
    match = _MOMENT.fullmatch(text.strip())
    if match is None:
        raise failed
    digits = [int(part) if part else 0 for part in match.groups()[:9]]
    year, month, day = (digits[0:3] if match.group(1) else digits[3:6]) if text.strip() else (1900, 1, 1)
    if not match.group(1) and not match.group(4):
        year, month, day = 1900, 1, 1
    ticks = int((match.group(10) or "0").ljust(7, "0")[:7])
    try:
        value = dt.datetime(year, month, day, digits[6], digits[7], digits[8])
    except ValueError:
        raise failed from None
    if target.name == "date":
        return value.date().toordinal() - 1
    if target.name == "time":
        return store_time(value.time()) + ticks
    return store_moment(value) + ticks


def write(stored: Any, source: SqlType, style: int | None = None) -> str:
    """The text of a stored value, as CAST and CONVERT write it. Raises 40000 for a style it has not."""
    group = family(source)
    if group == "decimal":
        return format(Decimal(stored).scaleb(-scale_of(source)), "f")
    if group == "float":
        return _float_text(stored)
    if group == "uniqueidentifier":
        return str(load_guid(stored)).upper()
    if group == "moment":
        return _moment_text(stored, source, style)
    if group == "date":
        return _date_text(dt.date.fromordinal(stored + 1), style)
    if group == "time":
        return load_time(stored).strftime("%H:%M:%S") + _fraction(stored, source)
    return str(stored)


def _float_text(number: float) -> str:
    text = f"{number:.6g}"
    if "e" not in text:
        return text
    mantissa, exponent = text.split("e")
    return f"{mantissa}e{exponent[0]}{int(exponent[1:]):03d}"


_DATE_STYLES = {
    23: "%Y-%m-%d",
    101: "%m/%d/%Y",
    102: "%Y.%m.%d",
    103: "%d/%m/%Y",
    104: "%d.%m.%Y",
    105: "%d-%m-%Y",
    110: "%m-%d-%Y",
    111: "%Y/%m/%d",
    112: "%Y%m%d",
}
"""CONVERT's styles that show a date and no time."""


def _date_text(value: dt.date, style: int | None) -> str:
    if style in (None, 0, 20, 21, 23, 120, 121, 126):
        return value.isoformat()
    if style in _DATE_STYLES:
        return value.strftime(_DATE_STYLES[style])
    raise unsupported(f"CONVERT of a date with style {style}")


def _moment_text(stored: int, source: SqlType, style: int | None) -> str:
    value = load_moment(stored)
    if style in (20, 120):
        return value.isoformat(" ", "seconds")
    if style in _DATE_STYLES:
        return _date_text(value.date(), style)
    if style in (8, 108):
        return value.strftime("%H:%M:%S")
    if style not in (None, 0, 21, 121, 126):
        raise unsupported(f"CONVERT of a moment with style {style}")
    if source.name != "datetime2" and style in (None, 0):
        hour = value.hour % 12 or 12
        return f"{value.strftime('%b')} {value.day:2d} {value.year} {hour:2d}:{value.minute:02d}{value.strftime('%p')}"
    separator = "T" if style == 126 else " "
    return value.isoformat(separator, "seconds") + _fraction(stored, source)


def _fraction(stored: int, source: SqlType) -> str:
    digits = {"datetime": 3, "smalldatetime": 0}.get(source.name, 7 if source.scale is None else source.scale)
    return f".{stored % SECOND:07d}"[: digits + 1] if digits else ""
