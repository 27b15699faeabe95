"""Guards: statements of the code, or parts of one, that bear a name in a comment, `# guard: count-before-seal`.

The comment stands on a line of its own before what it names, or at the end of the line on which that begins. In Lua it
is `-- guard: NAME`, and names the line.
"""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).parents[2]
GUARDED = ("relay", "common", "migrations")
"""The packages that have guards."""

_PYTHON = re.compile(r"# guard: ([a-z0-9]+(?:-[a-z0-9]+)*)")
_LUA = re.compile(r"-- guard: ([a-z0-9]+(?:-[a-z0-9]+)*)\s*")
_ALMOST = re.compile(r"(?:#|--)\s*guard\b", re.IGNORECASE)


class GuardError(Exception):
    """A guard's comment cannot be read, or the plan names a guard that the code has not. One line, with the place."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Guard:
    """Where a guard stands."""

    name: str
    file: str
    """From the project's root."""
    line: int
    """The first one of what it names, from 1."""


def find_guards(root: Path = PROJECT) -> Mapping[str, Guard]:
    """Every guard of the code under `root`, by its name. Raises GuardError for a name that stands twice."""
    found: dict[str, Guard] = {}
    for package in GUARDED:
        for path in sorted((root / package).rglob("*")):
            if path.suffix not in (".py", ".lua"):
                continue
            for guard in guards_in(path.read_text(encoding="utf-8"), path.relative_to(root).as_posix()):
                if twice := found.get(guard.name):
                    raise GuardError(f"{guard.file}:{guard.line}: {guard.name} is at {twice.file}:{twice.line}, too")
                found[guard.name] = guard
    return found


def guards_in(text: str, file: str) -> Iterator[Guard]:
    """The guards of one file. Raises GuardError for a comment that looks like a guard's and is none."""
    lines = text.splitlines()
    pattern = _LUA if file.endswith(".lua") else _PYTHON
    for number, comment in _lua_comments(lines) if pattern is _LUA else _python_comments(text):
        if not _ALMOST.match(comment):
            continue
        named = pattern.fullmatch(comment)
        if named is None:
            raise GuardError(f"{file}:{number}: write `guard: NAME`, in small letters and hyphens, not {comment!r}")
        line = _line_named(lines, number, comment[:2].rstrip())
        if line is None:
            raise GuardError(f"{file}:{number}: nothing follows the guard {named[1]}")
        yield Guard(name=named[1], file=file, line=line)


def _python_comments(text: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


def _lua_comments(lines: list[str]) -> Iterator[tuple[int, str]]:
    for number, line in enumerate(lines, start=1):
        if found := re.search(r"--.*", line):
            yield number, found[0]


def _line_named(lines: list[str], number: int, sign: str) -> int | None:
    """The comment's own line, or the next one that is neither empty nor a comment where it stands alone."""
    if not lines[number - 1].lstrip().startswith(sign):
        return number
    following = enumerate(lines[number:], start=number + 1)
    return next((at for at, line in following if line.strip() and not line.lstrip().startswith(sign)), None)
