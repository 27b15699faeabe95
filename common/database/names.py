"""Names of tables, as people write them: `schema.table`, in brackets where a name is no regular identifier."""

from __future__ import annotations

import re

DEFAULT_SCHEMA = "dbo"

_PART = re.compile(r"\[((?:[^\]]|\]\])+)\]|([^\W\d][\w@$#]*|#[\w@$#]+)")
"""Microsoft, "Database identifiers": a regular one, or anything in brackets, where ] is written twice."""


def split_name(name: str) -> tuple[str, str]:
    """(schema, table) of a name; the schema is dbo unless it says otherwise.

    Raises ValueError, with the remedy, for what is no such name.
    """
    parts: list[str] = []
    rest = name.strip()
    while found := _PART.match(rest):
        parts.append(found[1].replace("]]", "]") if found[1] else found[2])
        rest = rest[found.end() :]
        if not rest.startswith("."):
            break
        rest = rest[1:]
        if not rest:
            raise ValueError(f"{name!r} ends with a dot: write schema.table")
    if rest or not parts or len(parts) > 2:
        raise ValueError(f"{name!r} is not a table's name: write schema.table, and [brackets] around odd names")
    return (DEFAULT_SCHEMA, parts[0]) if len(parts) == 1 else (parts[0], parts[1])


def full_name(schema: str, table: str) -> str:
    """The name as it can be typed: `dbo.SalesInvoices`, `stock.[Goods in]`."""
    return f"{quoted(schema)}.{quoted(table)}"


def quoted(name: str) -> str:
    """The name in brackets, if it needs them."""
    found = _PART.fullmatch(name)
    if found and found[2]:
        return name
    return "[" + name.replace("]", "]]") + "]"
