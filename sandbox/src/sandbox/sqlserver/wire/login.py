"""LOGIN7: who the client is and what it wants (MS-TDS 2.2.6.4)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from sandbox.sqlserver.wire.streams import ProtocolError
from sandbox.sqlserver.wire.text import decode_utf16

_FIXED_SIZE = 94
_VERSION_AT, _PACKET_SIZE_AT = 4, 8
_NAMES_AT = 36
_ENTRY = struct.Struct("<HH")
_PLACES = {"user": 1, "password": 2, "application": 3, "database": 8}
"""Where in the table of names a name's offset and length stand."""
_EXTENSION_PLACE = 5
_EXTENSION_FLAGS_AT, _EXTENSION_FLAG = 27, 0x10
_SCRAMBLE = 0xA5


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """What matters of LOGIN7."""

    tds_version: int
    """As the client wrote it: a TdsVersion, or one that is not spoken here."""
    user: str
    password: str = field(repr=False)
    application: str
    database: str
    """Empty: the login's default."""
    packet_size: int
    """Bytes; 0 leaves the choice to the server."""
    wants_features: bool
    """Whether the client sent FEATUREEXT, so that it waits for FEATUREEXTACK."""


def parse_login(payload: bytes) -> Login:
    """Read LOGIN7. Raises ProtocolError."""
    if len(payload) < _FIXED_SIZE:
        raise ProtocolError(f"a LOGIN7 of {len(payload)} bytes")
    (tds_version,) = struct.unpack_from("<I", payload, _VERSION_AT)
    (packet_size,) = struct.unpack_from("<I", payload, _PACKET_SIZE_AT)
    _, extension_size = _ENTRY.unpack_from(payload, _NAMES_AT + _EXTENSION_PLACE * _ENTRY.size)
    return Login(
        tds_version=tds_version,
        user=_text(payload, "user"),
        password=decode_utf16(unscramble(_bytes(payload, "password"))),
        application=_text(payload, "application"),
        database=_text(payload, "database"),
        packet_size=packet_size,
        wants_features=bool(payload[_EXTENSION_FLAGS_AT] & _EXTENSION_FLAG) and extension_size > 0,
    )


def unscramble(data: bytes) -> bytes:
    """The password in the clear: XOR with A5, then the halves of each byte swapped."""
    plain = (byte ^ _SCRAMBLE for byte in data)
    return bytes((byte << 4 & 0xF0) | byte >> 4 for byte in plain)


def scramble(data: bytes) -> bytes:
    """What a client does to the password."""
    return bytes(((byte << 4 & 0xF0) | byte >> 4) ^ _SCRAMBLE for byte in data)


def _bytes(payload: bytes, name: str) -> bytes:
    offset, characters = _ENTRY.unpack_from(payload, _NAMES_AT + _PLACES[name] * _ENTRY.size)
    end = offset + characters * 2
    if end > len(payload):
        raise ProtocolError(f"the {name} of LOGIN7 lies outside of the message")
    return payload[offset:end]


def _text(payload: bytes, name: str) -> str:
    return decode_utf16(_bytes(payload, name))
