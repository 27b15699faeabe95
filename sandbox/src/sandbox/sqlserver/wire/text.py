"""Text of the n-types on the wire. The others have the code page of their collation (`collations.py`)."""

from __future__ import annotations

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
