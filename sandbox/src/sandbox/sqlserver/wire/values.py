"""Values: parameters as they come, columns as they go (MS-TDS 2.2.5.5)."""

from __future__ import annotations

import struct
import uuid
from collections.abc import Callable
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any

from sandbox.sqlserver.collations import DEFAULT, collation_of
from sandbox.sqlserver.contract import SqlType
from sandbox.sqlserver.wire import moments
from sandbox.sqlserver.wire.reader import Reader
from sandbox.sqlserver.wire.streams import ProtocolError
from sandbox.sqlserver.wire.text import decode_utf16, encode_utf16
from sandbox.sqlserver.wire.types import (
    LONG,
    MAX,
    STRINGS,
    UTF16,
    Token,
    WireType,
    decimal_shape,
    decimal_size,
    fixed_token,
    max_length,
    moment_scale,
)

_MONEY_SCALE = 4
_EXACT = Context(prec=80)
"""Wide enough for every decimal(38, s)."""
_NULL_U16 = b"\xff\xff"
_NULL_U32 = 0xFFFFFFFF
_NULL_U64 = 0xFFFFFFFFFFFFFFFF
_NULL_CHUNKED = b"\xff" * 8

Encoder = Callable[[Any], bytes]
"""From a value other than None to its bytes, without a length."""
ValueWriter = Callable[[object], bytes]
"""From a value to all that stands in the row. Raises ValueError and its kin for one that does not fit."""

_NUMBERS = {
    "tinyint": struct.Struct("<B"),
    "smallint": struct.Struct("<h"),
    "int": struct.Struct("<i"),
    "bigint": struct.Struct("<q"),
    "bit": struct.Struct("<?"),
    "real": struct.Struct("<f"),
    "float": struct.Struct("<d"),
    "smallmoney": struct.Struct("<i"),
    "money": struct.Struct("<iI"),
}


def read_value(reader: Reader, wire_type: WireType) -> object:
    """Read a parameter's value. Raises ProtocolError."""
    data = _read_bytes(reader, wire_type)
    if data is None:
        return None
    try:
        return _decode(data, wire_type)
    except struct.error as error:
        raise ProtocolError(f"a {wire_type.type.name} of {len(data)} bytes: {error}") from None


def _read_bytes(reader: Reader, wire_type: WireType) -> bytes | None:
    """The value's bytes; None for NULL."""
    if wire_type.token is Token.NULL:
        return None
    if wire_type.size:
        return reader.raw(wire_type.size)
    if wire_type.token in LONG:
        size = reader.u32()
        return None if size == _NULL_U32 else reader.raw(size)
    if wire_type.is_chunked:
        return _read_chunks(reader)
    if wire_type.type.length is not None:
        size = reader.u16()
        return None if size == 0xFFFF else reader.raw(size)
    size = reader.u8()
    return reader.raw(size) if size else None


def _read_chunks(reader: Reader) -> bytes | None:
    if reader.u64() == _NULL_U64:
        return None
    chunks = []
    while size := reader.u32():
        chunks.append(reader.raw(size))
    return b"".join(chunks)


def _decode(data: bytes, wire_type: WireType) -> object:
    sql_type, token = wire_type.type, wire_type.token
    if token in STRINGS or token in LONG:
        return _decode_long(data, wire_type)
    decode = _DECODERS.get(sql_type.name)
    if decode is not None:
        return decode(data)
    if sql_type.name in _NUMBERS:
        (number,) = _NUMBERS[sql_type.name].unpack(data)
        return int(number) if sql_type.name == "bit" else number
    scale = moment_scale(sql_type)
    if sql_type.name == "time":
        return moments.decode_time(data, scale)
    if sql_type.name == "datetime2":
        return moments.decode_datetime2(data, scale)
    if sql_type.name == "datetimeoffset":
        return moments.decode_datetimeoffset(data, scale)
    return _decode_decimal(data, sql_type)


def _decode_long(data: bytes, wire_type: WireType) -> object:
    if wire_type.token in UTF16:
        return decode_utf16(data)
    if wire_type.token is Token.IMAGE:
        return data
    return DEFAULT.decode(data)


def _decode_decimal(data: bytes, sql_type: SqlType) -> Decimal:
    digits = int.from_bytes(data[1:], "little")
    number = Decimal(digits if data[0] else -digits)
    return number.scaleb(-(sql_type.scale or 0), _EXACT)


def _decode_money(data: bytes) -> Decimal:
    high, low = _NUMBERS["money"].unpack(data)
    return Decimal((high << 32) | low).scaleb(-_MONEY_SCALE, _EXACT)


def _decode_smallmoney(data: bytes) -> Decimal:
    (units,) = _NUMBERS["smallmoney"].unpack(data)
    return Decimal(units).scaleb(-_MONEY_SCALE, _EXACT)


def _decode_guid(data: bytes) -> uuid.UUID:
    if len(data) != 16:
        raise ProtocolError(f"a uniqueidentifier of {len(data)} bytes")
    return uuid.UUID(bytes_le=data)


_DECODERS: dict[str, Callable[[bytes], object]] = {
    "uniqueidentifier": _decode_guid,
    "date": moments.decode_date,
    "datetime": moments.decode_datetime,
    "smalldatetime": moments.decode_smalldatetime,
    "money": _decode_money,
    "smallmoney": _decode_smallmoney,
    "varbinary": bytes,
    "binary": bytes,
}


def value_writer(sql_type: SqlType, *, nullable: bool = True) -> ValueWriter:
    """How values of a column are written, after `type_info` of the same type has been sent."""
    if sql_type.name in ("nvarchar", "nchar", "varchar", "char", "varbinary", "binary", "rowversion"):
        return _variable_writer(sql_type)
    encode = _encoder(sql_type)
    if fixed_token(sql_type, nullable=nullable) is not None:
        return encode

    def write(value: object) -> bytes:
        if value is None:
            return b"\x00"
        data = encode(value)
        return bytes([len(data)]) + data

    return write


def _encoder(sql_type: SqlType) -> Encoder:
    if sql_type.name == "decimal":
        return _decimal_encoder(*decimal_shape(sql_type))
    scale = moment_scale(sql_type)
    scaled = _SCALED_ENCODERS.get(sql_type.name)
    if scaled is not None:
        return lambda value: scaled(value, scale)
    return _ENCODERS.get(sql_type.name) or _NUMBERS[sql_type.name].pack


def _decimal_encoder(precision: int, scale: int) -> Encoder:
    size = decimal_size(precision)
    unit = Decimal(1).scaleb(-scale)
    limit = 10**precision

    def encode(value: Decimal | int) -> bytes:
        rounded = Decimal(value).quantize(unit, ROUND_HALF_UP, _EXACT)
        digits = int(rounded.scaleb(scale, _EXACT))
        if abs(digits) >= limit:
            raise ValueError(f"{value} has more than {precision} digits")
        return bytes([0 if digits < 0 else 1]) + abs(digits).to_bytes(size - 1, "little")

    return encode


def _units_of_money(value: Decimal | int) -> int:
    return int(Decimal(value).scaleb(_MONEY_SCALE, _EXACT).to_integral_value(ROUND_HALF_UP))


def _encode_money(value: Decimal | int) -> bytes:
    units = _units_of_money(value)
    return _NUMBERS["money"].pack(units >> 32, units & 0xFFFFFFFF)


def _encode_smallmoney(value: Decimal | int) -> bytes:
    return _NUMBERS["smallmoney"].pack(_units_of_money(value))


def _encode_guid(value: uuid.UUID) -> bytes:
    return value.bytes_le


_ENCODERS: dict[str, Encoder] = {
    "uniqueidentifier": _encode_guid,
    "date": moments.encode_date,
    "datetime": moments.encode_datetime,
    "smalldatetime": moments.encode_smalldatetime,
    "money": _encode_money,
    "smallmoney": _encode_smallmoney,
}
_SCALED_ENCODERS: dict[str, Callable[[Any, int], bytes]] = {
    "time": moments.encode_time,
    "datetime2": moments.encode_datetime2,
    "datetimeoffset": moments.encode_datetimeoffset,
}


def _variable_writer(sql_type: SqlType) -> ValueWriter:
    encode = _string_encoder(sql_type)
    if max_length(sql_type) == MAX:
        return lambda value: _NULL_CHUNKED if value is None else _one_chunk(encode(value))
    limit = max_length(sql_type) * (2 if sql_type.name in ("nvarchar", "nchar") else 1)

    def write(value: object) -> bytes:
        if value is None:
            return _NULL_U16
        data = encode(value)
        if len(data) > limit:
            # The driver would take the rest for the next token and drop the connection.
            raise ValueError(f"{len(data)} bytes, but at most {limit} were announced")
        return len(data).to_bytes(2, "little") + data

    return write


def _string_encoder(sql_type: SqlType) -> Encoder:
    name = sql_type.name
    if name in ("nvarchar", "nchar"):
        return encode_utf16
    if name in ("varchar", "char"):
        return collation_of(sql_type.collation).encode
    return _encode_binary


def _encode_binary(value: Any) -> bytes:
    # Not bytes(value): of a number that makes so many zeros.
    return bytes(memoryview(value))


def _one_chunk(data: bytes) -> bytes:
    size = len(data)
    chunk = struct.pack("<I", size) + data if size else b""
    return struct.pack("<Q", size) + chunk + b"\x00\x00\x00\x00"
