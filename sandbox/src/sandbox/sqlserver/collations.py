"""Collations that a column may have: the code page that they give to varchar, and what counts in a comparison.

Most compare as the database's does, without case and with accents. Microsoft, "Windows collation name" and "SQL Server
collation name": _CS counts case, _BIN2 compares code points; blanks at the end count to none of them.
"""

from __future__ import annotations

import codecs
import struct
from dataclasses import dataclass
from functools import cached_property
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Collation:
    """One collation, as TDS and varchar know it."""

    name: str
    on_wire: bytes
    """LCID, flags and version, then the sort id (MS-TDS 2.2.5.1.2)."""
    encoding: str
    """Python's name for the code page."""
    compares: str = "TSQL"
    """SQLite's name for the way in which it compares: see `engine/values/collation.py`."""

    def encode(self, text: str) -> bytes:
        """What a varchar keeps of the text; a character that the page has not becomes a question mark."""
        if self.encoding == "utf-8":
            return text.encode("utf-8", "replace")
        return bytes(codecs.charmap_encode(text, "replace", self._bytes)[0])

    def decode(self, data: bytes) -> str:
        """The way back. No bytes are refused."""
        if self.encoding == "utf-8":
            return data.decode("utf-8", "replace")
        return codecs.charmap_decode(data, "strict", self._characters)[0]

    @cached_property
    def _characters(self) -> str:
        # Python leaves some bytes of a page undefined; Windows maps them to the control characters of the same number.
        return "".join(bytes([byte]).decode(self.encoding, "ignore") or chr(byte) for byte in range(256))

    @cached_property
    def _bytes(self) -> Any:
        return codecs.charmap_build(self._characters)


_CI_AS = 0b1101
"""Case, kana and width do not count."""
_CS_AS = 0b1100
"""Kana and width do not count."""
_BIN2 = 0b100000
_UTF8 = 1 << 6


def _windows(name: str, lcid: int, encoding: str, *, version: int = 0) -> Collation:
    flags, compares = _CI_AS, "TSQL"
    if "_CS_" in name:
        flags, compares = _CS_AS, "TSQL_CS"
    elif name.endswith("_BIN2"):
        flags, compares = _BIN2, "TSQL_BIN2"
    flags |= _UTF8 if encoding == "utf-8" else 0
    on_wire = struct.pack("<IB", lcid | flags << 20 | version << 28, 0)
    return Collation(name=name, on_wire=on_wire, encoding=encoding, compares=compares)


DEFAULT = Collation(name="SQL_Latin1_General_CP1_CI_AS", on_wire=bytes.fromhex("0904D00034"), encoding="cp1252")
"""The server's, and every database's."""
_KNOWN = (
    DEFAULT,
    _windows("Latin1_General_CI_AS", 0x0409, "cp1252"),
    _windows("Latin1_General_100_CI_AS", 0x0409, "cp1252", version=2),
    _windows("Latin1_General_100_CI_AS_SC_UTF8", 0x0409, "utf-8", version=2),
    _windows("Vietnamese_CI_AS", 0x042A, "cp1258"),
    _windows("Vietnamese_100_CI_AS", 0x042A, "cp1258", version=2),
    _windows("Cyrillic_General_CI_AS", 0x0419, "cp1251"),
    _windows("Latin1_General_CS_AS", 0x0409, "cp1252"),
    _windows("Latin1_General_BIN2", 0x0409, "cp1252"),
    _windows("Vietnamese_CS_AS", 0x042A, "cp1258"),
    _windows("Vietnamese_BIN2", 0x042A, "cp1258"),
)
_BY_NAME = {collation.name.lower(): collation for collation in _KNOWN}


def find(name: str) -> Collation | None:
    """The collation of that name, in whatever case; None: the stand-in has it not."""
    return DEFAULT if name.lower() == "database_default" else _BY_NAME.get(name.lower())


def collation_of(name: str | None) -> Collation:
    """The collation that a type names; None is the database's."""
    return DEFAULT if name is None else _BY_NAME[name.lower()]
