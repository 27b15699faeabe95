"""Message framing: bytes to commands and replies to bytes (OP_MSG)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from bson.errors import InvalidBSON

from sandbox.mongo.values import Document, Documents, decode, encode

MAX_MESSAGE_BYTES: Final = 48_000_000

_HEADER: Final = struct.Struct("<iiii")
_INT32: Final = struct.Struct("<i")
_FLAGS: Final = struct.Struct("<I")
_OP_MSG: Final = 2013
_CHECKSUM_PRESENT: Final = 1
_MORE_TO_COME: Final = 2
_REQUIRED_FLAGS: Final = 0xFFFF
"""The lower 16 bits must be understood; the upper ones may be ignored."""
_SECTION_BODY: Final = 0
_SECTION_SEQUENCE: Final = 1


class ProtocolError(Exception):
    """These bytes are not the protocol; the connection cannot go on."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Request:
    """A command. `name` is its first field; `wants_reply` is False for unacknowledged writes."""

    number: int
    name: str
    command: Document
    wants_reply: bool


class FrameReader:
    """Collects bytes and gives back whole requests."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> Iterator[Request]:
        """Add bytes; yields the requests that they complete. Raises ProtocolError."""
        self._buffer += data
        while len(self._buffer) >= _HEADER.size:
            length, number, _, opcode = _HEADER.unpack_from(self._buffer)
            if not _HEADER.size < length <= MAX_MESSAGE_BYTES:
                raise ProtocolError(f"a message of {length} bytes")
            if opcode != _OP_MSG:
                raise ProtocolError(f"opcode {opcode}; only OP_MSG ({_OP_MSG}) is spoken here, uncompressed")
            if len(self._buffer) < length:
                return
            body = bytes(self._buffer[_HEADER.size : length])
            del self._buffer[:length]
            yield _parse(number, body)


def encode_reply(request_number: int, document: Document) -> bytes:
    """A reply message."""
    body = encode(document)
    length = _HEADER.size + _FLAGS.size + 1 + len(body)
    return b"%b%b%c%b" % (
        _HEADER.pack(length, 0, request_number, _OP_MSG),
        _FLAGS.pack(0),
        _SECTION_BODY,
        body,
    )


def _parse(number: int, body: bytes) -> Request:
    try:
        (flags,) = _FLAGS.unpack_from(body)
        if flags & _REQUIRED_FLAGS & ~(_CHECKSUM_PRESENT | _MORE_TO_COME):
            raise ProtocolError(f"unknown flags {flags:#x}")
        # The checksum is skipped: TCP has one of its own.
        end = len(body) - (4 if flags & _CHECKSUM_PRESENT else 0)
        command = _read_sections(body, _FLAGS.size, end)
    except (struct.error, ValueError, IndexError, InvalidBSON, RecursionError) as error:
        raise ProtocolError(f"malformed message: {error}") from error
    return Request(number=number, name=next(iter(command)), command=command, wants_reply=not flags & _MORE_TO_COME)


def _read_sections(body: bytes, position: int, end: int) -> Document:
    command: Document | None = None
    sequences: dict[str, Documents] = {}
    while position < end:
        kind = body[position]
        position += 1
        (length,) = _INT32.unpack_from(body, position)
        if length < _INT32.size or position + length > end:
            raise ProtocolError(f"a section of {length} bytes")
        section = body[position : position + length]
        if kind == _SECTION_BODY and command is None:
            command = decode(section)
        elif kind == _SECTION_SEQUENCE:
            name_end = section.index(0, _INT32.size)
            name = section[_INT32.size : name_end].decode()
            sequences[name] = Documents(section[name_end + 1 :])
        else:
            raise ProtocolError(f"section kind {kind}")
        position += length
    if not command or sequences.keys() & command.keys():
        raise ProtocolError("a message needs one body, and a field may not come twice")
    return {**command, **sequences}
