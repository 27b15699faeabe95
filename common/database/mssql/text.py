"""Text as SQL Server keeps it: UTF-16, in which nobody has looked for halves of surrogate pairs.

nvarchar takes any sequence of 16-bit units (Microsoft, "nchar and nvarchar"). pyodbc decodes strictly, so that one
such row would fail the whole result it stands in.
"""

from __future__ import annotations

from codecs import utf_16_le_decode
from typing import Any


def read_any_text(connection: Any) -> None:
    """Have this pyodbc connection take every text, halves of surrogate pairs as they are: who sends it looks at it."""
    import pyodbc

    for sql_type in (pyodbc.SQL_WCHAR, pyodbc.SQL_WVARCHAR, pyodbc.SQL_WLONGVARCHAR):
        connection.add_output_converter(sql_type, _decode)


def _decode(data: bytes | None) -> str | None:
    # What bytes.decode comes to, without its search for the codec: it is called for every text that is read.
    return None if data is None else utf_16_le_decode(data, "surrogatepass", True)[0]
