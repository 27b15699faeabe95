"""RAISERROR's text with its arguments put in, as C's printf does it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from sandbox.sqlserver.contract import SqlError

LONGEST = 2047
"""Characters; what is longer ends with an ellipsis."""
_PLACE = re.compile(r"%(?P<flags>[-+0# ]*)(?P<width>\d*)(?:\.(?P<precision>\d+))?(?P<kind>[diosuxX])|%%")


def raised_text(text: str, arguments: Sequence[object]) -> str:
    """The message. Raises 2786 for an argument of another type than its place asks for."""
    values = iter(enumerate(arguments, 1))
    filled = _PLACE.sub(lambda place: _filled(place, values), text)
    return filled if len(filled) <= LONGEST else filled[: LONGEST - 3] + "..."


def _filled(place: re.Match[str], values: Iterator[tuple[int, object]]) -> str:
    if place[0] == "%%":
        return "%"
    number, value = next(values, (0, None))
    if value is None:
        return "(null)"
    kind = place["kind"]
    if isinstance(value, str) != (kind == "s") or (not isinstance(value, str) and not isinstance(value, int)):
        text = (
            "The data type of substitution parameter %d does not match the expected type of the format specification."
        )
        raise SqlError(2786, text % number)
    precision = f".{place['precision']}" if place["precision"] else ""
    return f"%{place['flags']}{place['width']}{precision}{'d' if kind == 'u' else kind}" % value
