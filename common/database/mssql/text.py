"""Text as SQL Server keeps it: UTF-16 that may hold halves of surrogate pairs.

nvarchar takes any sequence of 16-bit units (Microsoft, "nchar and nvarchar"). pyodbc decodes strictly, so one such row
would fail its whole result.
"""

from __future__ import annotations

from codecs import utf_16_le_decode
from typing import Any


def read_any_text(connection: Any) -> None:
    """Have this pyodbc connection take every text, halves of surrogate pairs included: callers check before sending."""
    import pyodbc

    for sql_type in (pyodbc.SQL_WCHAR, pyodbc.SQL_WVARCHAR, pyodbc.SQL_WLONGVARCHAR):
        connection.add_output_converter(sql_type, _decode)


def _decode(data: bytes | None) -> str | None:
    # The same as bytes.decode, without its search for the codec: it is called for every text that is read.
    return None if data is None else utf_16_le_decode(data, "surrogatepass", True)[0]
