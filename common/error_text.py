"""What an error says, without the values that servers and drivers quote in it: rows, documents, addresses.

Recognised by their classes' names, so that whoever logs needs none of the drivers.

Sources: Microsoft, "Database Engine events and errors"; pymongo 4.20, `errors`; redis, "ACL and command errors".
"""

from __future__ import annotations

import re
import traceback
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from common.sql_server_text import without_values

LONGEST = 500
"""Characters of one error."""
_OURS = ("common", "relay", "migrations", "sandbox")
_NAMES_PLACES_ONLY = frozenset(
    {
        "builtins.OSError",
        "redis.exceptions.ConnectionError",
        "redis.exceptions.TimeoutError",
        "kombu.exceptions.OperationalError",
        "amqp.exceptions.AMQPError",
        "pymongo.errors.ConnectionFailure",
    }
)
"""Their texts name hosts, files, users and queues, and no values."""
_HAS_NO_WORDS = frozenset(
    {
        "bson.errors.BSONError",
        "builtins.UnicodeError",
        "pydantic_core._pydantic_core.ValidationError",
        "kombu.exceptions.SerializationError",
        "billiard.einfo.RemoteTraceback",
    }
)
"""Their texts are what they could not take, or another traceback."""
_QUOTED = re.compile(r"'.*'|\".*\"", re.DOTALL)
_ASKS_FOR_A_LOGIN = re.compile(r"[Cc]ommand \w+ requires authentication")
"""MongoDB's, with code 13: what tells a client without a user from a user without a right."""


def error_text(error: BaseException) -> str:
    """One line: the class and what it says, without quoted values, 500 characters at most."""
    return f"{type(error).__name__}: {one_line(_words(error))}".removesuffix(": ")


def details_without_documents(details: Mapping[str, Any]) -> dict[str, Any]:
    """What MongoDB says of a failure, without documents, keys and texts: codes and counts."""
    kept = {name: details[name] for name in _CODES_AND_COUNTS & details.keys()}
    for name in ("writeErrors", "writeConcernErrors"):
        if name in details:
            kept[name] = [{part: one[part] for part in ("index", "code") if part in one} for one in details[name]]
    return kept


_CODES_AND_COUNTS = {"ok", "code", "codeName", "errorLabels", "operationTime", "$clusterTime", "topologyVersion"}
_CODES_AND_COUNTS |= {"nInserted", "nUpserted", "nMatched", "nModified", "nRemoved", "index"}


def traceback_text(error: BaseException) -> str:
    """The traceback, as Python prints it, of the error and of those that led to it; each in its own clean words."""
    parts = []
    for one, link in _chain(error):
        lines = "".join(traceback.format_tb(one.__traceback__))
        parts.append(f"Traceback (most recent call last):\n{lines}{error_text(one)}\n{link}")
    return "".join(reversed(parts)).rstrip()


def without_quotes_of(error: BaseException, text: str) -> str:
    """The text with whatever the error and those that led to it would say replaced by their clean words."""
    for one, _ in _chain(error):
        for said in (repr(one), str(one)):
            if said:
                text = text.replace(said, error_text(one))
    return text


def _chain(error: BaseException) -> Iterator[tuple[BaseException, str]]:
    """The error, then what led to it, each with the line that stands between it and the one it led to."""
    seen: set[int] = set()
    one: BaseException | None = error
    link = ""
    while one is not None and id(one) not in seen:
        seen.add(id(one))
        yield one, link
        cause = one.__cause__
        link = "\nThe above exception was the direct cause of the following exception:\n\n"
        if cause is None and not one.__suppress_context__:
            cause = one.__context__
            link = "\nDuring handling of the above exception, another exception occurred:\n\n"
        one = cause


def _words(error: BaseException) -> str:
    names = {f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__}
    if "sqlalchemy.exc.DBAPIError" in names:
        return without_values(_said(getattr(error, "orig", None)))
    if "pyodbc.Error" in names:
        return without_values(_said(error))
    if "pymongo.errors.OperationFailure" in names:
        return _mongo_words(error)
    if names & _HAS_NO_WORDS:
        return str(getattr(error, "reason", "")) if isinstance(error, UnicodeError) else ""
    if names & _NAMES_PLACES_ONLY or type(error).__module__.partition(".")[0] in _OURS:
        return str(error)
    # guard: quotes-left-out
    return _QUOTED.sub("'...'", str(error))


def _said(error: Any) -> str:
    """The driver's text, without the SQLSTATE that it has beside it and repeats in it."""
    args: tuple[object, ...] = getattr(error, "args", ())
    return str(args[1] if len(args) > 1 else error)


def _mongo_words(error: Any) -> str:
    details = error.details or {}
    counts = Counter(one.get("code") for one in details.get("writeErrors", []))
    told = [f"{count} writes refused with code {code}" for code, count in sorted(counts.items(), key=str)]
    told += [f"write concern not met, code {one.get('code')}" for one in details.get("writeConcernErrors", [])]
    # guard: login-is-asked-for
    asks = _ASKS_FOR_A_LOGIN.search(str(error))
    return ", ".join(told) or " ".join(filter(None, [f"code {error.code}", details.get("codeName"), asks and asks[0]]))


def one_line(text: object, longest: int = LONGEST) -> str:
    """What it says, with a blank for whatever breaks the line; so many characters at most."""
    return " ".join(str(text).split())[:longest]
