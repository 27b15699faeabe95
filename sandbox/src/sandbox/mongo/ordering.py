"""MongoDB's order over values of all types, as keys that Python can compare and hash.

One function serves equality, ranges, sorting, uniqueness and grouping. Values of different types never compare equal
(True is not 1), but all numbers are one type (1 equals 1.0 and Int64(1)).
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final, TypeAlias

from bson import Binary, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.datetime_ms import DatetimeMS

from sandbox.mongo.errors import unsupported
from sandbox.mongo.values import MISSING, Document

OrderKey: TypeAlias = tuple[Any, ...]
"""(rank of the type, something comparable within that rank)."""

# The order of types: https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/
_MIN, _EMPTY_ARRAY, _NULL, _NAN, _NUMBER, _STRING, _OBJECT, _ARRAY = 0, 10, 20, 30, 40, 50, 60, 70
_BINARY, _OBJECT_ID, _BOOL, _DATE, _TIMESTAMP, _REGEX, _MAX = 80, 90, 100, 110, 120, 130, 140

MISSING_KEY: Final[OrderKey] = (_MIN + 1, 0)
"""Where expressions, unlike filters and sorts, put what is not there: before everything that a document can hold."""
NULL_KEY: Final[OrderKey] = (_NULL, 0)
EMPTY_ARRAY_KEY: Final[OrderKey] = (_EMPTY_ARRAY, 0)
"""Where an empty array stands in a sort: before null."""
BEYOND: Final[OrderKey] = (_MAX + 10,)
"""Greater than every key."""

_EPOCH: Final = datetime(1970, 1, 1)
_MILLISECOND: Final = timedelta(milliseconds=1)


def order_key(value: object) -> OrderKey:
    """The key of a value. Raises CommandError 115 for a BSON type that the stand-in does not know."""
    kind = type(value)
    if kind is str:  # the most frequent ones, without another call
        return (_STRING, value)
    if kind is int:
        return (_NUMBER, value)
    make = _MAKERS.get(kind)
    if make is None:
        raise unsupported(f"the BSON type {type(value).__name__}")
    return make(value)


def same_type_above(key: OrderKey) -> OrderKey:
    """A key above all keys of this key's type, and below those of the next."""
    return (key[0] + 1,)


def date_key(milliseconds: float) -> OrderKey:
    """The key of a date, from milliseconds since 1970; also of minus infinity, which no date can be."""
    return (_DATE, milliseconds)


def _float_key(value: float) -> OrderKey:
    return (_NUMBER, value) if value == value else (_NAN, 0)  # noqa: PLR0124 - only NaN differs from itself


def _decimal_key(value: Decimal128) -> OrderKey:
    decimal = value.to_decimal()
    return (_NAN, 0) if decimal.is_nan() else (_NUMBER, decimal)


def _datetime_key(value: datetime) -> OrderKey:
    naive = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
    return (_DATE, (naive - _EPOCH) // _MILLISECOND)


def _object_key(value: Document) -> OrderKey:
    fields = []
    for name, member in value.items():
        rank, *rest = order_key(member)
        fields.append((rank, name, *rest))
    return (_OBJECT, tuple(fields))


def _array_key(value: list[Any]) -> OrderKey:
    return (_ARRAY, tuple(order_key(member) for member in value))


def _null_key(_value: object) -> OrderKey:
    return NULL_KEY


_MAKERS: Final[dict[type, Callable[[Any], OrderKey]]] = {
    str: lambda value: (_STRING, value),
    int: lambda value: (_NUMBER, value),
    Int64: lambda value: (_NUMBER, int(value)),
    float: _float_key,
    bool: lambda value: (_BOOL, value),
    type(None): _null_key,
    type(MISSING): _null_key,
    datetime: _datetime_key,
    DatetimeMS: lambda value: (_DATE, int(value)),
    ObjectId: lambda value: (_OBJECT_ID, value.binary),
    dict: _object_key,
    list: _array_key,
    bytes: lambda value: (_BINARY, (len(value), 0, value)),
    Binary: lambda value: (_BINARY, (len(value), value.subtype, bytes(value))),
    uuid.UUID: lambda value: (_BINARY, (16, 4, value.bytes)),
    Decimal128: _decimal_key,
    Timestamp: lambda value: (_TIMESTAMP, (value.time, value.inc)),
    Regex: lambda value: (_REGEX, (str(value.pattern), value.flags)),
    MinKey: lambda _value: (_MIN, 0),
    MaxKey: lambda _value: (_MAX, 0),
}
