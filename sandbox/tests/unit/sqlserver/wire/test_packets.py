from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.sqlserver.wire.packets import MessageWriter, PacketType, read_message, read_packet
from sandbox.sqlserver.wire.streams import ClientGoneError, ProtocolError, Stream
from tests.unit.sqlserver.wire.patience import patient


class Pipe(Stream):
    """What is sent comes back."""

    def __init__(self, data: bytes = b"") -> None:
        super().__init__()
        self.sent = bytearray(data)

    def send(self, data: bytes) -> None:
        self.sent += data

    def _receive(self) -> bytes:
        if not self.sent:
            raise ClientGoneError("empty")
        # Networks deliver what they like.
        data = bytes(self.sent[:3])
        del self.sent[:3]
        return data


@patient
@given(st.lists(st.binary(max_size=3000), max_size=10), st.integers(512, 1024))
def test_a_message_arrives_whole_however_it_was_written(parts: list[bytes], packet_size: int) -> None:
    pipe = Pipe()
    writer = MessageWriter(pipe, packet_size=packet_size)
    for part in parts:
        writer.write(part)
    writer.finish()
    assert read_message(pipe, PacketType.REPLY, limit=10**6) == b"".join(parts)
    assert not pipe.sent


@patient
@given(st.integers(0, 5000))
def test_all_packets_but_the_last_are_full(size: int) -> None:
    pipe = Pipe()
    writer = MessageWriter(pipe, packet_size=512)
    writer.write(bytes(size))
    writer.finish()
    sizes = []
    while pipe.sent:
        sizes.append(len(read_packet(pipe).payload))
    assert sum(sizes) == size
    assert all(found == 504 for found in sizes[:-1])
    assert sizes[-1] <= 504
    assert len(sizes) == max(-(-size // 504), 1)


def test_a_long_message_does_not_pile_up() -> None:
    pipe = Pipe()
    writer = MessageWriter(pipe, packet_size=512)
    for _ in range(1000):
        writer.write(bytes(100))
    assert len(pipe.sent) > 90_000


@pytest.mark.parametrize("data", ["ff01000800000100", "0101000700000100", "0101ffff00000100"])
def test_headers_that_are_none(data: str) -> None:
    with pytest.raises(ProtocolError):
        read_packet(Pipe(bytes.fromhex(data)))


def test_a_message_of_another_kind_or_too_long_is_refused() -> None:
    message = bytes.fromhex("1001000c00000100") + b"four"
    with pytest.raises(ProtocolError, match="LOGIN where PRELOGIN belongs"):
        read_message(Pipe(message), PacketType.PRELOGIN, limit=100)
    with pytest.raises(ProtocolError, match="more than 3 bytes"):
        read_message(Pipe(message), PacketType.LOGIN, limit=3)
    assert read_message(Pipe(message), PacketType.LOGIN, limit=4) == b"four"


def test_a_stream_that_ends_early() -> None:
    with pytest.raises(ClientGoneError):
        read_packet(Pipe(bytes.fromhex("1001000c00000100") + b"fou"))
