"""SQL_Latin1_General_CP1_CI_AS: letters compare without case, accents count, trailing spaces do not.

Order is approximate beyond letters, digits and spaces: SQL Server weighs punctuation by tables of its own.
Equality, which is what keys and joins need, is exact for Latin text.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache


def sort_key(text: str) -> tuple[str, str]:
    """What two strings are compared by: letters first, accents second."""
    folded = text.rstrip(" ").lower()
    if folded.isascii():
        return folded, ""
    decomposed = unicodedata.normalize("NFD", folded)
    letters = "".join(char for char in decomposed if not unicodedata.combining(char))
    return letters, decomposed


def compare(left: str, right: str) -> int:
    """-1, 0 or 1: SQLite's collating function TSQL, which runs many times for every row that it sorts or looks for."""
    if left == right:
        return 0
    one, other = left.rstrip(" ").lower(), right.rstrip(" ").lower()
    if one.isascii() and other.isascii():
        return (one > other) - (one < other)
    key, other_key = sort_key(left), sort_key(right)
    return (key > other_key) - (key < other_key)


def compare_with_case(left: str, right: str) -> int:
    """The same for _CS collations. The order of two cases is approximate."""
    key, other_key = (unicodedata.normalize("NFD", text.rstrip(" ")) for text in (left, right))
    return (key > other_key) - (key < other_key)


def compare_code_points(left: str, right: str) -> int:
    """The same for _BIN2 collations."""
    key, other_key = left.rstrip(" "), right.rstrip(" ")
    return (key > other_key) - (key < other_key)


@lru_cache(maxsize=1024)
def like_pattern(pattern: str, escape: str) -> re.Pattern[str]:
    """T-SQL's LIKE pattern as a regular expression: %, _, [a-c], [^a] and ESCAPE."""
    parts = []
    position = 0
    while position < len(pattern):
        char = pattern[position]
        if escape and char == escape and position + 1 < len(pattern):
            position += 1
            parts.append(re.escape(pattern[position]))
        elif char == "%":
            parts.append(".*")
        elif char == "_":
            parts.append(".")
        elif char == "[" and "]" in pattern[position + 1 :]:
            end = pattern.index("]", position + 1)
            parts.append(_character_class(pattern[position + 1 : end]))
            position = end
        else:
            parts.append(re.escape(char))
        position += 1
    return re.compile("".join(parts), re.IGNORECASE | re.DOTALL)


def _character_class(inside: str) -> str:
    negated = inside.startswith("^")
    body = re.sub(r"([\\\]\[^])", r"\\\1", inside[1:] if negated else inside)
    return f"[{'^' if negated else ''}{body}]"


def patindex(pattern: str | None, text: str | None) -> int | None:
    """PATINDEX: where the pattern begins; 0: nowhere. `%` at its ends let it begin and end anywhere."""
    if pattern is None or text is None:
        return None
    anywhere, inner = pattern.startswith("%"), pattern.removeprefix("%")
    compiled = like_pattern(inner, "")
    starts = range(len(text) + 1) if anywhere else (0,)
    return next((start + 1 for start in starts if compiled.fullmatch(text, start)), 0)


def like(text: str | None, pattern: str | None, escape: str) -> int | None:
    """T-SQL's LIKE; NULL when either side is. Trailing spaces of the text may be left over, as there."""
    if text is None or pattern is None:
        return None
    compiled = like_pattern(pattern, escape)
    return int(compiled.fullmatch(text) is not None or compiled.fullmatch(text.rstrip(" ")) is not None)
