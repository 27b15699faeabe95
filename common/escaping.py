"""Text from elsewhere, made fit for a terminal and a log: nothing in it steers a terminal or begins a line."""

from __future__ import annotations

import re
import unicodedata

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
"""Unicode's categories of controls, of format characters (some turn the direction of what follows), of halves of
surrogate pairs, and of line and paragraph separators."""
_TO_CHECK = re.compile(r"[^ -~]")
_SHORT = {"\n": r"\n", "\r": r"\r", "\t": r"\t"}


def is_unseen(character: str) -> bool:
    """Whether a character shows nothing, and does something."""
    return unicodedata.category(character) in _UNSEEN


def escaped(text: str, *, longest: int | None = None) -> str:
    r"""The text with such characters as Python writes them: `\n`, `\x1b`, `\u202e`. All others stay, backslashes too.

    `longest`: how many characters of the text are kept; `...` stands for the rest.
    """
    cut = longest is not None and len(text) > longest
    # guard: data-escaped
    shown = _TO_CHECK.sub(_written, text[:longest])
    return f"{shown}..." if cut else shown


def _written(found: re.Match[str]) -> str:
    character = found[0]
    if not is_unseen(character):
        return character
    return _SHORT.get(character) or character.encode("unicode_escape").decode("ascii")


def escaped_lines(message: str) -> list[str]:
    """The lines of a message that has one a problem, each escaped."""
    return [escaped(line) for line in message.split("\n") if line]
