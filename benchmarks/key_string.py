"""Index keys as MongoDB stores them, so that their bytes can be counted.

After MongoDB's `src/mongo/db/storage/key_string.cpp`, for what the task log's indexes hold: ascending fields, texts
without NUL, whole numbers that are not negative, moments, objects and arrays of these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

_END, _OVER = b"\x04", b"\x00"
_NULL, _NUMBER, _TEXT, _OBJECT, _ARRAY, _MOMENT = 20, 30, 60, 70, 80, 120
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def key_string(values: Sequence[Any], record: int) -> bytes:
    """An entry of an index: the values, the end, and the number of the document's record."""
    return b"".join(map(_value, values)) + _END + _record(record)


def _value(value: Any) -> bytes:
    match value:
        case None:
            return bytes([_NULL])
        case int():
            return _number(value)
        case str():
            return bytes([_TEXT]) + value.encode() + _OVER
        case datetime():
            milliseconds = round((value.replace(tzinfo=UTC) - _EPOCH).total_seconds() * 1000)
            return bytes([_MOMENT]) + (milliseconds + (1 << 63)).to_bytes(8, "big")
        case Mapping():
            return bytes([_OBJECT]) + b"".join(_field(name, held) for name, held in value.items()) + _OVER
        case list() | tuple():
            return bytes([_ARRAY]) + b"".join(map(_value, value)) + _OVER
        case _:
            raise TypeError(f"{type(value).__name__}: not known in an index of the task log")


def _field(name: str, value: Any) -> bytes:
    """Fields of an object are compared by type, name and value."""
    written = _value(value)
    kind = bytes([_NUMBER]) if type(value) is int else written[:1]
    return kind + name.encode() + _OVER + written


def _number(value: int) -> bytes:
    """The type says how many bytes follow; their last bit, whether there is a fraction."""
    size = ((value << 1).bit_length() + 7) // 8
    return bytes([_NUMBER + size]) + (value << 1).to_bytes(size, "big")


def _record(number: int) -> bytes:
    """Three bits at either end say how many bytes stand between the first and the last."""
    between = max(0, (number.bit_length() - 10 + 7) // 8)
    size = between + 2
    return (between << (8 * size - 3) | number << 3 | between).to_bytes(size, "big")
