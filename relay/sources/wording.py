"""What stands in the file of sources, and what should: in words of neither TOML nor Python."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

LONGEST = 40
"""Characters of a value that are shown."""
_LARGE = 10**20

_COLUMNS = 'a list of columns\' names, as ["receipt_id", "shop_code"]'
_TEXT = "a text in quotes"
WANTED: Mapping[str, str] = MappingProxyType(
    {
        "table": 'a text in quotes, as "stock.GoodsReceipts"',
        "args": _COLUMNS,
        "key": _COLUMNS,
        "status_column": _TEXT,
        "pending_value": "a text in quotes, or a whole number without them (1 or 0 for a bit)",
        "watch": _COLUMNS,
        "task": _TEXT,
        "queue": _TEXT,
        "priority": "a whole number from 0 to 9, without quotes",
        "enabled": "true or false, without quotes",
    }
)
"""By field."""


def found(value: object) -> str:
    """What somebody wrote: `the number 1`, `the text 'yes'`, `a list`."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return "a very large number" if abs(value) >= _LARGE else f"the number {value}"
    if isinstance(value, str):
        return f"the text {f'{value[:LONGEST]}...' if len(value) > LONGEST else value!r}" if value else "an empty text"
    if isinstance(value, list):
        return _list(value)
    return "a table" if isinstance(value, Mapping) else "a date or time without quotes"


def _list(values: list[object]) -> str:
    if not values:
        return "an empty list"
    return "a list of tables (in double brackets)" if isinstance(values[0], Mapping) else "a list"


def instead(field: str, value: object, place: Sequence[Any]) -> str:
    """`found ..., wanted ...` for a value of the wrong kind. `place`: where in it, if it is a list."""
    at = next((each for each in place if isinstance(each, int)), None)
    if isinstance(value, list) and at is not None and not isinstance(value[at], Mapping):
        return f"found {found(value[at])} at place {at + 1} of the list, wanted {WANTED[field]}"
    return f"found {found(value)}, wanted {WANTED[field]}"
