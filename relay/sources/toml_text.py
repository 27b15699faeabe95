"""TOML as people write it: what is wrong with it is told with its place, and with what to do."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from common.text_file import NotTextError

_HINTS = (
    ("twice|overwrite|mutate|redefine", "the same name stands there already: leave one out, or put them together"),
    (r"Unescaped|hex value|escape", "write a text with backslashes in 'single quotes'"),
    (
        """Unterminated|[Ii]llegal character|invalid character|Expected ("'"|'"')""",
        "close the quotes on the same line, and leave no other control character in",
    ),
    ("Invalid value", 'write texts in "quotes", and true and false in small letters'),
    ("[Uu]nclosed array", "close the list with ]"),
    (
        "Expected|Invalid initial|Invalid statement",
        'write NAME = "value", and [sources.NAME] above; names with other letters than a-z need "quotes"',
    ),
)
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)$")


def parsed(text: str) -> dict[str, Any]:
    """What it says. Raises NotTextError with line, column, and what to do."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        said = str(error)
        place, reason = _PLACE.search(said), _PLACE.sub("", said)
        where = (
            f"line {place[1]}, column {place[2]}" if place and place[1] else f"line {text.count(chr(10)) + 1}, the end"
        )
        hint = next((hint for sign, hint in _HINTS if re.search(sign, reason)), "write it as docs/sources.md shows")
        raise NotTextError(f"not TOML, {where}: {hint} ({reason})") from None
    except (ValueError, RecursionError):
        # Python converts no number of more than 4,300 digits, and follows no nesting of a thousand.
        raise NotTextError("not TOML that relay can read: a number is too long, or lists are nested too deep") from None
