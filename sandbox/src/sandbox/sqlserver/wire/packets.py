"""Packets: an 8-byte header, a payload; a message is one or more of them (MS-TDS 2.2.3)."""

from __future__ import annotations

import enum
import struct
from dataclasses import dataclass

from sandbox.sqlserver.wire.streams import ProtocolError, Stream

SMALLEST_PACKET = 512
LARGEST_PACKET = 32_767
DEFAULT_PACKET = 4096
"""Bytes, the header among them."""

_HEADER = struct.Struct(">BBHHBB")
_PACKETS_AT_ONCE = 8
"""Packets that go out by one call of the operating system: fewer calls, little memory."""


class PacketType(enum.IntEnum):
    """What a message is."""

    BATCH = 0x01
    RPC = 0x03
    REPLY = 0x04
    ATTENTION = 0x06
    BULK_LOAD = 0x07
    TRANSACTION = 0x0E
    LOGIN = 0x10
    SSPI = 0x11
    PRELOGIN = 0x12


class PacketStatus(enum.IntFlag):
    """What a packet's header says about its message."""

    END_OF_MESSAGE = 0x01
    IGNORE = 0x02
    """The client gave up in the middle of sending; comes with END_OF_MESSAGE."""
    RESET_CONNECTION = 0x08
    RESET_CONNECTION_KEEP_TRANSACTION = 0x10


@dataclass(frozen=True, kw_only=True, slots=True)
class Packet:
    """One packet that came in."""

    type: PacketType
    status: PacketStatus
    payload: bytes


@dataclass(frozen=True, kw_only=True, slots=True)
class Message:
    """A whole message: the payloads of its packets, and the status bits of all of them."""

    type: PacketType
    status: PacketStatus
    payload: bytes


def read_packet(stream: Stream) -> Packet:
    """The next packet. Raises ProtocolError when it is none, ClientGoneError."""
    number, status, size, _spid, _packet, _window = _HEADER.unpack(stream.read(_HEADER.size))
    try:
        packet_type = PacketType(number)
    except ValueError:
        raise ProtocolError(f"packet type {number:#04x} does not exist") from None
    if not _HEADER.size <= size <= LARGEST_PACKET + 1:
        raise ProtocolError(f"a packet of {size} bytes")
    return Packet(type=packet_type, status=PacketStatus(status), payload=stream.read(size - _HEADER.size))


def read_message(stream: Stream, expected: PacketType, *, limit: int) -> bytes:
    """The payload of the next message, of `limit` bytes at most. Raises ProtocolError for any other one."""
    payload = bytearray()
    while True:
        packet = read_packet(stream)
        if packet.type is not expected:
            raise ProtocolError(f"{packet.type.name} where {expected.name} belongs")
        payload += packet.payload
        if len(payload) > limit:
            raise ProtocolError(f"{expected.name} of more than {limit} bytes")
        if packet.status & PacketStatus.END_OF_MESSAGE:
            return bytes(payload)


def send_message(stream: Stream, kind: PacketType, payload: bytes) -> None:
    """Send one message in packets of the default size. Raises ClientGoneError."""
    writer = MessageWriter(stream, kind=kind)
    writer.write(payload)
    writer.finish()


class MessageWriter:
    """A message that is sent as its packets fill, so that one of any size needs little memory.

    Writing waits while the client does not read, and raises ClientGoneError when it is gone.
    """

    def __init__(
        self, stream: Stream, *, kind: PacketType = PacketType.REPLY, packet_size: int = DEFAULT_PACKET
    ) -> None:
        self._stream = stream
        self._kind = kind
        self._room = packet_size - _HEADER.size
        self._waiting = bytearray()
        self._count = 0

    def write(self, data: bytes) -> None:
        """Add some bytes."""
        self._waiting += data
        if len(self._waiting) > self._room * _PACKETS_AT_ONCE:
            self._send_full()

    def finish(self) -> None:
        """Send the rest: the message is complete."""
        self._send_full()
        self._stream.send(self._packet(bytes(self._waiting), last=True))
        self._waiting.clear()

    def _send_full(self) -> None:
        """Send all packets but the last: only `finish` knows that it is the last."""
        packets = []
        start = 0
        while len(self._waiting) - start > self._room:
            packets.append(self._packet(bytes(self._waiting[start : start + self._room]), last=False))
            start += self._room
        if packets:
            self._stream.send(b"".join(packets))
            del self._waiting[:start]

    def _packet(self, payload: bytes, *, last: bool) -> bytes:
        self._count += 1
        status = PacketStatus.END_OF_MESSAGE if last else 0
        # The number wraps around; clients do not look at it.
        return _HEADER.pack(self._kind, status, len(payload) + _HEADER.size, 0, self._count & 0xFF, 0) + payload
