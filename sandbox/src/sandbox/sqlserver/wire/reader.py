"""Reading a message from its first byte to its last."""

from __future__ import annotations

import struct

from sandbox.sqlserver.wire.streams import ProtocolError
from sandbox.sqlserver.wire.text import decode_utf16

_U16 = struct.Struct("<H")
_U32 = struct.Struct("<I")
_U64 = struct.Struct("<Q")


class Reader:
    """A place in some bytes that moves on with every read. Every read raises ProtocolError past the end."""

    __slots__ = ("_data", "_position")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._position = 0

    @property
    def has_more(self) -> bool:
        """Whether anything is left."""
        return self._position < len(self._data)

    def peek(self) -> int:
        """The next byte, which stays unread."""
        if not self.has_more:
            raise ProtocolError("the message ends too early")
        return self._data[self._position]

    def raw(self, count: int) -> bytes:
        """The next `count` bytes."""
        end = self._position + count
        if end > len(self._data):
            raise ProtocolError(f"the message ends {end - len(self._data)} bytes too early")
        found = self._data[self._position : end]
        self._position = end
        return found

    def rest(self) -> bytes:
        """Everything that is left."""
        return self.raw(len(self._data) - self._position)

    def u8(self) -> int:
        """An unsigned byte."""
        return self.raw(1)[0]

    def u16(self) -> int:
        """Two bytes, little-endian."""
        return int(_U16.unpack(self.raw(2))[0])

    def u32(self) -> int:
        """Four bytes, little-endian."""
        return int(_U32.unpack(self.raw(4))[0])

    def u64(self) -> int:
        """Eight bytes, little-endian."""
        return int(_U64.unpack(self.raw(8))[0])

    def text(self, characters: int) -> str:
        """UTF-16 text of so many characters."""
        return decode_utf16(self.raw(characters * 2))

    def short_text(self) -> str:
        """UTF-16 text behind its length in one byte."""
        return self.text(self.u8())
