"""Between Python's values and SQLite's.

Every T-SQL type has one stored form, chosen so that SQLite's own comparison orders it as SQL Server does:
integers and bit as INTEGER; decimal and money as INTEGER times ten to the scale; float as REAL; text as TEXT;
binary as BLOB; datetime2 and its kin as ticks of 100 ns, date as days since 0001-01-01, time as ticks since
midnight; uniqueidentifier as its bytes in SQL Server's order of significance.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, TypeAlias

from sandbox.sqlserver.contract import SqlType
from sandbox.sqlserver.engine.errors import overflow, unsupported
from sandbox.sqlserver.engine.values.types import collate_sql, describe, family, scale_of

Stored: TypeAlias = Any
"""None, int, float, str or bytes, as SQLite knows them."""

_EPOCH = dt.datetime(1, 1, 1)
SECOND = 10_000_000
"""Ticks: what datetime2(7) can tell apart. Python's moments cannot, and lose the last digit."""
DAY = 86_400 * SECOND
_MICROSECOND = 10
_LONGEST = 10**18
_GUID_ORDER = (10, 11, 12, 13, 14, 15, 8, 9, 6, 7, 4, 5, 0, 1, 2, 3)
"""Bytes of a uniqueidentifier (as stored on disk, `bytes_le`), the most significant in comparisons first."""
_GUID_BACK = tuple(_GUID_ORDER.index(place) for place in range(16))


def check_digits(number: int, sql_type: SqlType) -> int:
    """A scaled decimal that fits its precision. Raises 8115, or 40000 beyond SQLite's 64 bits."""
    if sql_type.name == "decimal" and abs(number) >= 10 ** (sql_type.precision or 18):
        raise overflow("numeric")
    if abs(number) >= _LONGEST:
        raise unsupported("decimal values of more than 18 digits")
    return number


_MOST_DIGITS = 38
"""Of a decimal."""


def store_decimal(value: Decimal, sql_type: SqlType) -> int:
    """The scaled integer, rounded half away from zero. Raises 8115 when it does not fit."""
    scaled = value.scaleb(scale_of(sql_type))
    if scaled.adjusted() >= _MOST_DIGITS:
        raise overflow("numeric")
    return check_digits(int(scaled.quantize(Decimal(1), rounding=ROUND_HALF_UP)), sql_type)


def store_moment(value: dt.datetime) -> int:
    """Ticks since 0001-01-01."""
    delta = value - _EPOCH
    return delta.days * DAY + delta.seconds * SECOND + delta.microseconds * _MICROSECOND


def load_moment(stored: int) -> dt.datetime:
    """The moment of a stored integer, in whole microseconds."""
    return _EPOCH + dt.timedelta(microseconds=stored // _MICROSECOND)


def store_time(value: dt.time) -> int:
    """Ticks since midnight."""
    return ((value.hour * 60 + value.minute) * 60 + value.second) * SECOND + value.microsecond * _MICROSECOND


def load_time(stored: int) -> dt.time:
    """The time of a stored integer, in whole microseconds."""
    return load_moment(stored % DAY).time()


def store_guid(value: uuid.UUID) -> bytes:
    """The bytes in SQL Server's order of significance."""
    raw = value.bytes_le
    return bytes(raw[place] for place in _GUID_ORDER)


def load_guid(stored: bytes) -> uuid.UUID:
    """The uniqueidentifier of stored bytes."""
    return uuid.UUID(bytes_le=bytes(stored[place] for place in _GUID_BACK))


def encode(value: object, sql_type: SqlType) -> Stored:
    """The stored form of a value that came over the wire with this type. Raises 40000 for a type it has not."""
    if value is None:
        return None
    group = family(sql_type)
    if group == "decimal":
        return store_decimal(value if isinstance(value, Decimal) else Decimal(str(value)), sql_type)
    if isinstance(value, int):
        return float(value) if group == "float" else int(value)
    if isinstance(value, (float, str, bytes)):
        return value
    for kind, store in _STORES:
        if isinstance(value, kind):
            return store(value)
    raise unsupported(f"a {type(value).__name__} as {describe(sql_type)}")


def _store_aware(value: dt.datetime) -> int:
    if value.tzinfo is not None:
        raise unsupported("datetimeoffset")
    return store_moment(value)


_STORES: tuple[tuple[type, Callable[[Any], Stored]], ...] = (
    (dt.datetime, _store_aware),
    (dt.date, lambda value: value.toordinal() - 1),
    (dt.time, store_time),
    (uuid.UUID, store_guid),
    (bytearray, bytes),
    (memoryview, bytes),
)
"""datetime stands before date, whose subclass it is."""


def decoder(sql_type: SqlType) -> Callable[[Any], object] | None:
    """What turns a stored value that is not None into Python's; None when it is the same already."""
    group = family(sql_type)
    if group == "decimal":
        exponent = -scale_of(sql_type)
        return lambda stored: Decimal(stored).scaleb(exponent)
    if group == "date":
        return lambda stored: dt.date.fromordinal(stored + 1)
    if group == "float":
        # RETURNING gives a REAL column's whole numbers as integers.
        return float
    special: dict[str, Callable[[Any], object]] = {
        "moment": load_moment,
        "time": load_time,
        "uniqueidentifier": load_guid,
    }
    return special.get(group)


def column_affinity(sql_type: SqlType) -> str:
    """How SQLite declares a column of this type. Its collations are those of `collation.py`."""
    group = family(sql_type)
    if group == "float":
        return "REAL"
    if group == "string":
        return f"TEXT{collate_sql(sql_type)}"
    if group in ("binary", "uniqueidentifier"):
        return "BLOB"
    return "INTEGER"
