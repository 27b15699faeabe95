"""Documents as the engine holds them, and how they become bytes."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from enum import Enum
from typing import Any, Final, Literal, TypeAlias, TypeGuard

import bson
from bson.codec_options import CodecOptions, DatetimeConversion

Document: TypeAlias = dict[str, Any]

_LENGTH: Final = struct.Struct("<i")


class Marker(Enum):
    """Values that no document can hold."""

    MISSING = "missing"
    """There is nothing at this path."""
    ARRAY = "array"
    """The path meets an array, so there may be any number of values."""

    def __repr__(self) -> str:
        return self.name


MISSING: Final[Literal[Marker.MISSING]] = Marker.MISSING
ARRAY: Final[Literal[Marker.ARRAY]] = Marker.ARRAY

# Dates that Python cannot hold become DatetimeMS, and UUIDs stay Binary: what is read is written back unchanged.
CODEC: Final[CodecOptions[Document]] = CodecOptions(
    document_class=dict, tz_aware=False, datetime_conversion=DatetimeConversion.DATETIME_AUTO
)


class Documents(list[Document]):
    """Documents that came one behind the other as BSON, and the bytes that they came in."""

    def __init__(self, stream: bytes) -> None:
        """Raises InvalidBSON."""
        super().__init__(bson.decode_all(stream, CODEC))
        self._stream = stream

    def raw(self) -> Iterator[bytes]:
        """The bytes of each."""
        position = 0
        for _ in self:
            (length,) = _LENGTH.unpack_from(self._stream, position)
            yield self._stream[position : position + length]
            position += length


def decode(raw: bytes) -> Document:
    """A new document from its BSON bytes."""
    return bson.decode(raw, CODEC)


def encode(document: Document) -> bytes:
    """The BSON bytes of a document."""
    return bson.encode(document, codec_options=CODEC)


def is_operator_document(value: object) -> TypeGuard[Document]:
    """Whether a value is a set of operators, such as `{"$gt": 3}`, rather than a plain value."""
    return type(value) is dict and bool(value) and next(iter(value)).startswith("$")
