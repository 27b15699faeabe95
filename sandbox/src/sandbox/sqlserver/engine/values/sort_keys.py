"""Sort keys of text: SQLite orders and groups by them without asking the collation, which is Python, at each step.

Two texts have the same key exactly where the collation takes them for equal, and keys are ordered as it orders the
texts, but for text that holds NUL.
"""

from __future__ import annotations

from sandbox.sqlserver.contract import SqlType
from sandbox.sqlserver.engine.values.collation import sort_key
from sandbox.sqlserver.engine.values.types import STRINGS, collate_sql

SORT_KEY_FUNCTION = "tsql_sort_key"
"""SQLite function: the sort key of any text."""


def sort_key_text(text: str | None) -> str | None:
    """What SORT_KEY_FUNCTION gives; NULL for NULL."""
    if text is None:
        return None
    letters, accents = sort_key(text)
    return f"{letters}\0{accents}" if accents else letters


def sort_key_sql(sql: str, sql_type: SqlType) -> str:
    """SQL of what a value is ordered and grouped by instead of itself; values that are no text are that themselves."""
    if sql_type.name not in STRINGS or not collate_sql(sql_type).endswith(" TSQL"):
        return f"{sql}{collate_sql(sql_type)}"
    # As many characters as bytes: ASCII without NUL, for which SQLite's own functions give the same key.
    is_plain = f"length({sql}) = length(CAST({sql} AS BLOB))"
    return f"CASE WHEN {is_plain} THEN lower(rtrim({sql})) ELSE {SORT_KEY_FUNCTION}({sql}) END"
