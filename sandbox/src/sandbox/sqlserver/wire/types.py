"""Types as they stand in column descriptions and parameters (TYPE_INFO, MS-TDS 2.2.5.6)."""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass

from sandbox.sqlserver.collations import DEFAULT, collation_of
from sandbox.sqlserver.contract import SqlError, SqlType
from sandbox.sqlserver.wire.reader import Reader
from sandbox.sqlserver.wire.streams import ProtocolError

COLLATION = DEFAULT.on_wire
MAX = -1
_MAX_ON_WIRE = 0xFFFF
_DEFAULT_LENGTHS = {"nvarchar": 4000, "nchar": 4000, "varchar": 8000, "char": 8000, "varbinary": 8000, "binary": 8000}
_DEFAULT_PRECISION = 18
_DEFAULT_SCALE = 7
_ROWVERSION_SIZE = 8


class Token(enum.IntEnum):
    """Type tokens (MS-TDS 2.2.5.4). `N` stands for nullable: such a value is led by its length."""

    NULL = 0x1F
    IMAGE = 0x22
    TEXT = 0x23
    GUID = 0x24
    INT_N = 0x26
    DATE_N = 0x28
    TIME_N = 0x29
    DATETIME2_N = 0x2A
    DATETIMEOFFSET_N = 0x2B
    INT1 = 0x30
    BIT = 0x32
    INT2 = 0x34
    INT4 = 0x38
    DATETIME4 = 0x3A
    FLOAT4 = 0x3B
    MONEY = 0x3C
    DATETIME = 0x3D
    FLOAT8 = 0x3E
    NTEXT = 0x63
    BIT_N = 0x68
    DECIMAL_N = 0x6A
    NUMERIC_N = 0x6C
    FLOAT_N = 0x6D
    MONEY_N = 0x6E
    DATETIME_N = 0x6F
    MONEY4 = 0x7A
    INT8 = 0x7F
    VARBINARY = 0xA5
    VARCHAR = 0xA7
    BINARY = 0xAD
    CHAR = 0xAF
    NVARCHAR = 0xE7
    NCHAR = 0xEF


FIXED = {
    Token.INT1: ("tinyint", 1),
    Token.BIT: ("bit", 1),
    Token.INT2: ("smallint", 2),
    Token.INT4: ("int", 4),
    Token.INT8: ("bigint", 8),
    Token.FLOAT4: ("real", 4),
    Token.FLOAT8: ("float", 8),
    Token.DATETIME4: ("smalldatetime", 4),
    Token.DATETIME: ("datetime", 8),
    Token.MONEY4: ("smallmoney", 4),
    Token.MONEY: ("money", 8),
}
"""Types whose values have no length before them, with the bytes of a value. They cannot be NULL."""
SIZED = {
    Token.INT_N: {1: "tinyint", 2: "smallint", 4: "int", 8: "bigint"},
    Token.BIT_N: {1: "bit"},
    Token.FLOAT_N: {4: "real", 8: "float"},
    Token.DATETIME_N: {4: "smalldatetime", 8: "datetime"},
    Token.MONEY_N: {4: "smallmoney", 8: "money"},
    Token.GUID: {16: "uniqueidentifier"},
}
"""Types that are told apart by the size that follows the token."""
SCALED = {Token.TIME_N: "time", Token.DATETIME2_N: "datetime2", Token.DATETIMEOFFSET_N: "datetimeoffset"}
STRINGS = {Token.VARCHAR: "varchar", Token.CHAR: "char", Token.NVARCHAR: "nvarchar", Token.NCHAR: "nchar"}
BINARIES = {Token.VARBINARY: "varbinary", Token.BINARY: "binary"}
LONG = {Token.TEXT: "varchar", Token.NTEXT: "nvarchar", Token.IMAGE: "varbinary"}
"""Deprecated types, with those that took their place. The driver still sends long strings as ntext."""
UTF16 = frozenset({Token.NVARCHAR, Token.NCHAR, Token.NTEXT})

_REFUSED = {0x62: "sql_variant", 0xF0: "CLR", 0xF1: "xml", 0xF3: "table"}
"""Types that exist in SQL Server but not here (MS-TDS 2.2.5.4.2 and 2.2.5.4.3), by their tokens."""

_FIXED_BY_NAME = {name: token for token, (name, _) in FIXED.items()}
_SIZED_BY_NAME = {name: (token, size) for token, sizes in SIZED.items() for size, name in sizes.items()}
_SCALED_BY_NAME = {name: token for token, name in SCALED.items()}
_STRINGS_BY_NAME = {name: token for token, name in STRINGS.items()}
_BINARIES_BY_NAME = {name: token for token, name in BINARIES.items()}


@dataclass(frozen=True, kw_only=True, slots=True)
class WireType:
    """A parameter's type: what it means, and the token that says how its value is written."""

    token: Token
    type: SqlType
    size: int = 0
    """Bytes of a value without a length of its own."""

    @property
    def is_chunked(self) -> bool:
        """Whether the value comes in chunks (PLP), as those of the max types do."""
        return self.type.length == MAX and self.token not in LONG


def unsupported_type(what: str) -> SqlError:
    """The answer to a type that exists in SQL Server but not here."""
    return SqlError(40000, f"sandbox does not support: values of type {what}")


def read_type(reader: Reader) -> WireType:
    """Read TYPE_INFO. Raises SqlError 40000 for a type that is not supported, ProtocolError for nonsense."""
    number = reader.u8()
    try:
        token = Token(number)
    except ValueError:
        raise unsupported_type(_REFUSED.get(number, f"{number:#04x}")) from None
    if token in FIXED:
        name, size = FIXED[token]
        return WireType(token=token, type=SqlType(name=name), size=size)
    return WireType(token=token, type=_read_details(reader, token))


def _read_details(reader: Reader, token: Token) -> SqlType:
    if token in SIZED:
        return _read_sized(reader, token)
    if token in STRINGS or token in BINARIES:
        return _read_variable(reader, token)
    if token in LONG:
        return _read_long(reader, token)
    if token in SCALED:
        return _read_scaled(reader, token)
    if token is Token.DATE_N:
        return SqlType(name="date")
    if token is Token.NULL:
        # What an untyped NULL is declared as by the drivers.
        return SqlType(name="nvarchar", length=1)
    reader.u8()  # the size follows from the precision
    return SqlType(name="decimal", precision=reader.u8(), scale=reader.u8())


def _read_sized(reader: Reader, token: Token) -> SqlType:
    size = reader.u8()
    name = SIZED[token].get(size)
    if name is None:
        raise unsupported_type(f"{token.name} of {size} bytes")
    return SqlType(name=name)


def _read_scaled(reader: Reader, token: Token) -> SqlType:
    scale = reader.u8()
    if scale > _DEFAULT_SCALE:
        raise ProtocolError(f"{SCALED[token]} with scale {scale}")
    return SqlType(name=SCALED[token], scale=scale)


def _read_variable(reader: Reader, token: Token) -> SqlType:
    length = reader.u16()
    if token in BINARIES:
        return SqlType(name=BINARIES[token], length=MAX if length == _MAX_ON_WIRE else length)
    reader.raw(len(COLLATION))
    if length == _MAX_ON_WIRE:
        return SqlType(name=STRINGS[token], length=MAX)
    return SqlType(name=STRINGS[token], length=length // 2 if token in UTF16 else length)


def _read_long(reader: Reader, token: Token) -> SqlType:
    reader.u32()  # the longest value possible
    if token is not Token.IMAGE:
        reader.raw(len(COLLATION))
    return SqlType(name=LONG[token], length=MAX)


def decimal_shape(sql_type: SqlType) -> tuple[int, int]:
    """Precision and scale with their defaults."""
    return sql_type.precision or _DEFAULT_PRECISION, sql_type.scale or 0


def decimal_size(precision: int) -> int:
    """Bytes of a decimal with its sign (MS-TDS 2.2.5.5.1.6)."""
    for digits, size in ((9, 5), (19, 9), (28, 13)):
        if precision <= digits:
            return size
    return 17


def moment_scale(sql_type: SqlType) -> int:
    """Digits after the second in time, datetime2 and datetimeoffset."""
    return _DEFAULT_SCALE if sql_type.scale is None else sql_type.scale


def max_length(sql_type: SqlType) -> int:
    """Characters or bytes that a string or binary column takes; -1 for max types."""
    if sql_type.name == "rowversion":
        return _ROWVERSION_SIZE
    return sql_type.length or _DEFAULT_LENGTHS[sql_type.name]


def fixed_token(sql_type: SqlType, *, nullable: bool) -> Token | None:
    """The token without a length for what cannot be NULL, where there is one.

    msodbcsql reports a column as nullable whenever it has a nullable token, whatever its flags say.
    """
    return None if nullable else _FIXED_BY_NAME.get(sql_type.name)


def type_info(sql_type: SqlType, *, nullable: bool = True) -> bytes:
    """TYPE_INFO for a column or a return value. Raises SqlError for a type that is not supported."""
    name = sql_type.name
    fixed = fixed_token(sql_type, nullable=nullable)
    if fixed is not None:
        return bytes([fixed])
    if name in _SIZED_BY_NAME:
        return bytes(_SIZED_BY_NAME[name])
    if name == "decimal":
        precision, scale = decimal_shape(sql_type)
        return bytes([Token.NUMERIC_N, decimal_size(precision), precision, scale])
    if name in _SCALED_BY_NAME:
        return bytes([_SCALED_BY_NAME[name], moment_scale(sql_type)])
    if name == "date":
        return bytes([Token.DATE_N])
    return _variable_info(sql_type)


def _variable_info(sql_type: SqlType) -> bytes:
    name = sql_type.name
    if name == "rowversion":
        return struct.pack("<BH", Token.BINARY, _ROWVERSION_SIZE)
    if name in _BINARIES_BY_NAME:
        return struct.pack("<BH", _BINARIES_BY_NAME[name], _length_on_wire(sql_type))
    if name in _STRINGS_BY_NAME:
        return (
            struct.pack("<BH", _STRINGS_BY_NAME[name], _length_on_wire(sql_type))
            + collation_of(sql_type.collation).on_wire
        )
    raise unsupported_type(name)


def _length_on_wire(sql_type: SqlType) -> int:
    length = max_length(sql_type)
    if length == MAX:
        return _MAX_ON_WIRE
    return length * 2 if sql_type.name in ("nvarchar", "nchar") else length
