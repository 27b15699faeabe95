"""Text on the wire: UTF-16 for the n-types, code page 1252 for the others."""

from __future__ import annotations

import codecs

from sandbox.sqlserver.wire.streams import ProtocolError


def decode_utf16(data: bytes) -> str:
    """UTF-16 to text. SQL Server lets lone surrogates through. Raises ProtocolError for an odd number of bytes."""
    try:
        return data.decode("utf-16-le", "surrogatepass")
    except UnicodeDecodeError as error:
        raise ProtocolError(f"text that is not UTF-16: {error}") from None


def encode_utf16(text: str) -> bytes:
    """Text to UTF-16."""
    return text.encode("utf-16-le", "surrogatepass")


def decode_ansi(data: bytes) -> str:
    """Code page 1252 to text. No bytes are refused."""
    return codecs.charmap_decode(data, "strict", _CHARACTERS)[0]


def encode_ansi(text: str) -> bytes:
    """Text to code page 1252; a character that it has not becomes a question mark."""
    return codecs.charmap_encode(text, "replace", _BYTES)[0]


def _character(byte: int) -> str:
    # Python leaves five bytes of the page undefined; Windows maps them to the control characters of the same number.
    return bytes([byte]).decode("cp1252", "ignore") or chr(byte)


_CHARACTERS = "".join(_character(byte) for byte in range(256))
_BYTES = codecs.charmap_build(_CHARACTERS)
