"""PRELOGIN: what client and server settle before the login (MS-TDS 2.2.6.5)."""

from __future__ import annotations

import enum
import struct
from collections.abc import Mapping

from sandbox.sqlserver.wire.streams import ProtocolError

_ENTRY = struct.Struct(">BHH")
_TERMINATOR = 0xFF


class Option(enum.IntEnum):
    """What an entry is about."""

    VERSION = 0
    ENCRYPTION = 1
    INSTANCE = 2
    THREAD = 3
    MARS = 4
    FEDERATED_AUTHENTICATION = 6


class Encryption(enum.IntEnum):
    """What a side wants. From a client, OFF means that it need not be."""

    OFF = 0
    ON = 1
    NOT_SUPPORTED = 2
    REQUIRED = 3


def parse_prelogin(payload: bytes) -> dict[int, bytes]:
    """The client's options. Raises ProtocolError."""
    options: dict[int, bytes] = {}
    position = 0
    while True:
        if position >= len(payload):
            raise ProtocolError("a PRELOGIN without an end")
        if payload[position] == _TERMINATOR:
            return options
        if position + _ENTRY.size > len(payload):
            raise ProtocolError("a PRELOGIN that ends inside an entry")
        option, offset, length = _ENTRY.unpack_from(payload, position)
        if offset + length > len(payload):
            raise ProtocolError(f"the PRELOGIN option {option} lies outside of the message")
        options[option] = payload[offset : offset + length]
        position += _ENTRY.size


def make_prelogin(options: Mapping[Option, bytes]) -> bytes:
    """The server's options, in the order given."""
    head, data = b"", b""
    begin = len(options) * _ENTRY.size + 1
    for option, value in options.items():
        head += _ENTRY.pack(option, begin + len(data), len(value))
        data += value
    return head + bytes([_TERMINATOR]) + data


def wanted_encryption(options: Mapping[int, bytes]) -> Encryption:
    """What the client says of encryption. Raises ProtocolError."""
    value = options.get(Option.ENCRYPTION, b"")
    known = {wish.value for wish in Encryption}
    if len(value) != 1 or value[0] not in known:
        raise ProtocolError(f"the PRELOGIN option ENCRYPTION is {value.hex() or 'missing'}")
    return Encryption(value[0])
