r"""`.env`: a line a setting, each value taken as it is written.

NAME=value            blanks around both are left out; ` #` begins a comment
NAME='value'          all between the quotes, backslashes and dollars too
NAME="value"          the same; a backslash that other readers of such files take for an escape is refused

Nothing is put in the place of `$NAME` and `${NAME}`, which stand in passwords. python-dotenv and docker compose do so,
and make a line break of the `\n` in "SRV\nhathuoc".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from common.text_file import NotTextError, decoded, read_bytes

_LINE_END = re.compile(r"\r\n|\r|\n")
_ENTRY = re.compile(r"(?:export[ \t]+)?([^\s=#'\"]+)[ \t]*(?:=(.*))?", re.DOTALL)
_COMMENT = re.compile(r"(?<=[ \t])#")
_ESCAPE = re.compile(r"""\\[\\'"abfnrtv$]""")
"""What python-dotenv 1.2 (parser.py) or docker compose ("Env file syntax") read as another text in double quotes."""
_QUOTED = {"'": re.compile(r"'([^']*)'"), '"': re.compile(r'"((?:\\.|[^"\\])*)"', re.DOTALL)}
_OWN = ("RELAY_", "MSSQL_", "MONGO_")
"""How names begin that are hardly anybody else's."""
_NEAR = 0.85


class EnvFileError(Exception):
    """Something in the file cannot be taken as it is written. A line for each, with its number, and never a value."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """What the file says of a name."""

    value: str
    line: int
    """Counted from 1."""

    def __repr__(self) -> str:
        """Without the value, which may be a password."""
        return f"Entry(line={self.line})"


def read_env_file(
    path: Path, names: Collection[str], *, unused: Collection[str] = (), secret: Collection[str] = ()
) -> Mapping[str, Entry]:
    """What the file says of these names; nothing where there is no file. Other names are left alone, whatever they say.

    `unused`: names that something else goes before: they are left alone, too. `secret`: those in whose values ` #` may
    as well be meant: it is refused there. Raises EnvFileError.
    """
    try:
        data = read_bytes(path)
    except FileNotFoundError:
        if path.is_symlink():
            raise EnvFileError(f"{path} cannot be read: it is a link to a file that is not there") from None
        return {}
    except OSError as error:
        raise EnvFileError(f"{path} cannot be read: {error.strerror}; fix that, or take it away") from None
    except NotTextError as error:
        raise EnvFileError(f"{path}: {error}") from None
    try:
        # What is not UTF-8 in a comment, or in somebody else's setting, does no harm.
        text = decoded(data, errors="surrogateescape")
    except NotTextError as error:
        raise EnvFileError(f"{path}: {error}") from None
    reader = _Reader(names, unused, secret)
    reader.read(_LINE_END.split(text))
    if reader.problems:
        raise EnvFileError("\n".join(f"{path}, {problem}" for problem in reader.problems))
    return reader.entries


class _Reader:
    def __init__(self, names: Collection[str], unused: Collection[str], secret: Collection[str]) -> None:
        self._names = names
        self._used = frozenset(names) - frozenset(unused)
        self._secret = secret
        self.entries: dict[str, Entry] = {}
        self.problems: list[str] = []

    def read(self, lines: Sequence[str]) -> None:
        numbered = iter(enumerate(lines, start=1))
        for number, line in numbered:
            text = line.strip(" \t\ufeff")
            if not text or text.startswith("#"):
                continue
            found = _ENTRY.fullmatch(text)
            if found is None:
                self.problems.append(f"line {number}: {self._no_entry(text)}")
                continue
            name, written = found[1], found[2]
            if name not in self._used:
                self.problems += [f"line {number}: {line}" for line in self._misspelt(name)]
                for _ in range(self._lines_that_follow(written or "", lines[number:])):
                    next(numbered)
            elif written is not None:
                try:
                    self._take(name, written, number)
                except _UnclosedError as error:
                    # What follows may be a part of it.
                    self.problems.append(f"line {number}: {name}: {error}")
                    return
                except _UnclearError as error:
                    self.problems.append(f"line {number}: {name}: {error}")

    def _no_entry(self, text: str) -> str:
        first = re.split(r"[\s:=]", text, maxsplit=1)[0]
        if first in self._names:
            return f"{first} is not followed by =: write {first}=value"
        return "this is not NAME=value: write it so, or put # before it"

    def _misspelt(self, name: str) -> Iterator[str]:
        """Only what is hardly meant for somebody else."""
        upper = name.upper()
        if name in self._names or not upper.startswith(_OWN):
            return
        ours = [each for each in self._names if each.startswith("RELAY_")] if upper.startswith("RELAY_") else []
        near = [upper] if upper in self._names else get_close_matches(upper, ours, n=1, cutoff=_NEAR)
        # guard: misspelt-name
        if near:
            yield f"{name}: there is no such setting; did you mean {near[0]}?"

    def _lines_that_follow(self, written: str, rest: Sequence[str]) -> int:
        """How many lines more a quoted value of somebody else's has: keys and certificates have some.

        None where one of relay's own settings comes before the quote is closed.
        """
        text = written.strip(" \t")
        quote = text[:1]
        if quote not in _QUOTED or _QUOTED[quote].match(text):
            return 0
        for count, line in enumerate(rest, start=1):
            found = _ENTRY.fullmatch(line.strip(" \t"))
            # guard: own-lines-not-skipped
            if found and found[1] in self._used:
                return 0
            if line.rstrip(" \t").endswith(quote):
                return count
        return 0

    def _take(self, name: str, written: str, number: int) -> None:
        value = _value(written, is_secret=name in self._secret)
        if any("\udc80" <= character <= "\udcff" for character in value):
            raise _UnclearError("it is not UTF-8 (saved as ANSI?): save the file as UTF-8")
        known = self.entries.setdefault(name, Entry(value=value, line=number))
        # guard: said-twice
        if known.value != value:
            raise _UnclearError(f"line {known.line} says something else of it: leave one out")


class _UnclearError(Exception):
    """A value that means different things to different readers: what is wrong, and what to do."""


class _UnclosedError(Exception):
    pass


def _value(written: str, *, is_secret: bool) -> str:
    """What stands behind the `=`. Raises _UnclearError and _UnclosedError, which hold nothing of it."""
    text = written.strip(" \t")
    quote = text[:1]
    if quote not in _QUOTED:
        return _unquoted(written, is_secret=is_secret)
    found = _QUOTED[quote].match(text)
    if found is None:
        raise _UnclosedError(
            f"the {quote} is not closed on this line: a value is one line; where {quote} belongs to it, write it in"
            " the other kind of quotes"
        )
    rest = text[found.end() :]
    # guard: nothing-behind-quotes
    if rest and not re.match(r"[ \t]+#", rest):
        raise _UnclearError(f"something stands behind the closing {quote}: write it all in the other kind of quotes")
    # guard: no-quote-behind-a-backslash
    if found[1].endswith("\\"):
        raise _UnclearError(
            f"the {quote} behind a backslash closes the value to some readers of this file and belongs to it for"
            " others: write the value without quotes"
        )
    # guard: no-escapes
    if quote == '"' and _ESCAPE.search(found[1]):
        raise _UnclearError(
            "a backslash in double quotes is an escape to some readers of this file and none to others: write the"
            " value in single quotes, as it is meant"
        )
    return found[1]


def _unquoted(written: str, *, is_secret: bool) -> str:
    comment = _COMMENT.search(written)
    # guard: no-comment-in-secret
    if comment and is_secret:
        raise _UnclearError(
            "behind a blank, # begins a comment: where it belongs to the value, write that in single quotes; put a"
            " comment on a line of its own"
        )
    value = (written[: comment.start()] if comment else written).strip(" \t")
    # guard: no-odd-blanks
    if value != value.strip():
        raise _UnclearError(
            "the value begins or ends with a blank that is neither a space nor a tab, as web pages have them: leave it"
            " out, or write the value in single quotes"
        )
    return value
