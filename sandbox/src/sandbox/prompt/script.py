"""From lines to batches: a script is cut at GO, and what is typed is run when it is complete."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

_GO = re.compile(r"\s*GO(?:\s+(\d+))?\s*;?\s*", re.IGNORECASE)
_WORD = re.compile(r"--[^\n]*|/\*.*?\*/|/\*.*|'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|\[(?:[^\]]|\]\])*\]|\w+|\S", re.DOTALL)
"""Comments, texts, names in quotes, words and single characters."""
_UNFINISHED = re.compile(r"['\"\[]|/\*(?!.*\*/).*", re.DOTALL)
"""A text, name or comment whose end has not come."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Batch:
    """What is sent to the server at once, and how often."""

    sql: str
    line: int
    """Of the script, where it begins; the first is 1."""
    times: int = 1


def batches(lines: Iterable[str]) -> Iterator[Batch]:
    """The batches of a script: what stands between lines with GO, or GO and a number. Empty ones are left out."""
    gathered: list[str] = []
    first = 1
    for number, line in enumerate(lines, 1):
        text = line.rstrip("\n")
        times = None if _is_open("\n".join(gathered)) else go_times(text)
        if times is None:
            gathered.append(text)
            continue
        yield from _batch(gathered, first, times)
        gathered, first = [], number + 1
    yield from _batch(gathered, first, 1)


def _batch(lines: list[str], first: int, times: int) -> Iterator[Batch]:
    sql = "\n".join(lines)
    if sql.strip():
        yield Batch(sql=sql, line=first, times=times)


def go_times(line: str) -> int | None:
    """How often a line with GO has the batch run; None for any other line."""
    found = _GO.fullmatch(line)
    return int(found[1] or 1) if found else None


def is_complete(typed: str) -> bool:
    """Whether what was typed ends with a semicolon that ends a statement, not one inside a block, text or comment."""
    words = [word.upper() for word in _WORD.findall(typed) if not word.startswith("--")]
    words = [word for word in words if not (word.startswith("/*") and word.endswith("*/"))]
    if _is_open(typed) or not words or words[-1] != ";":
        return False
    return sum(_opens(word, before) for before, word in zip(["", *words], words, strict=False)) <= 0


def _opens(word: str, before: str) -> int:
    """1 for what opens a block, -1 for what closes one."""
    if word in {"BEGIN", "CASE", "("}:
        return 1
    if word in {"END", ")"}:
        return -1
    # BEGIN TRANSACTION: BEGIN was taken for a block's.
    return -1 if before == "BEGIN" and word in {"TRAN", "TRANSACTION", "DISTRIBUTED"} else 0


def _is_open(text: str) -> bool:
    """Whether a text, a name in quotes or a comment goes on in the next line."""
    return any(_UNFINISHED.fullmatch(word) for word in _WORD.findall(text))
