"""T-SQL's functions on stored texts."""

from __future__ import annotations

import re
from typing import Any

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.errors import unsupported


def substring(text: Any, start: int | None, length: int | None) -> Any:
    """SUBSTRING of text or bytes. Raises 537 for a negative length."""
    if text is None or start is None or length is None:
        return None
    if length < 0:
        raise SqlError(537, "Invalid length parameter passed to the LEFT or SUBSTRING function.", state=3)
    end = start - 1 + length
    return text[max(0, start - 1) : max(0, end)]


def left_part(text: str | None, count: int | None) -> str | None:
    """LEFT. Raises 536 for a negative count."""
    if text is None or count is None:
        return None
    if count < 0:
        raise SqlError(536, "Invalid length parameter passed to the LEFT function.")
    return text[:count]


def right_part(text: str | None, count: int | None) -> str | None:
    """RIGHT. Raises 536 for a negative count."""
    if text is None or count is None:
        return None
    if count < 0:
        raise SqlError(536, "Invalid length parameter passed to the RIGHT function.")
    return text[len(text) - count :] if count < len(text) else text


def replace(text: str | None, old: str | None, new: str | None) -> str | None:
    """REPLACE, which finds without regard to case."""
    if text is None or old is None or new is None:
        return None
    if not old:
        return text
    replacement = new
    return re.sub(re.escape(old), lambda _: replacement, text, flags=re.IGNORECASE)


def charindex(wanted: str | None, text: str | None) -> int | None:
    """CHARINDEX, which finds without regard to case."""
    if wanted is None or text is None:
        return None
    return text.lower().find(wanted.lower()) + 1 if wanted else 0


def charindex_from(wanted: str | None, text: str | None, start: int | None) -> int | None:
    """CHARINDEX from a place on."""
    if wanted is None or text is None or start is None:
        return None
    return text.lower().find(wanted.lower(), max(start - 1, 0)) + 1 if wanted else 0


def stuff(text: str | None, start: int | None, length: int | None, new: str | None) -> str | None:
    """STUFF: NULL for a place outside of the text."""
    if text is None or start is None or length is None or not 1 <= start <= len(text) or length < 0:
        return None
    return text[: start - 1] + (new or "") + text[start - 1 + length :]


def replicate(text: str | None, count: int | None) -> str | None:
    """REPLICATE: NULL for a negative count."""
    return None if text is None or count is None or count < 0 else text * count


def unicode_of(text: str | None) -> int | None:
    """UNICODE."""
    return ord(text[0]) if text else None


def ascii_of(text: str | None) -> int | None:
    """ASCII. Raises 40000 for a character that only a code page knows."""
    if not text:
        return None
    if not text[0].isascii():
        raise unsupported("ASCII of a character that is none")
    return ord(text[0])


def char(number: int | None) -> str | None:
    """CHAR; NULL outside of 0 to 255. Raises 40000 for what only a code page knows."""
    if number is None or not 0 <= number <= 255:
        return None
    if number > 127:
        raise unsupported("CHAR of more than 127")
    return chr(number)


def nchar(number: int | None) -> str | None:
    """NCHAR; NULL outside of 0 to 65535."""
    return None if number is None or not 0 <= number <= 65535 else chr(number)
