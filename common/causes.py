"""What an error came from: libraries wrap one another's errors, and what a person has to fix may be the innermost."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator

GROUPED = ("exceptions", "errors")
"""Where a group keeps its members: Python's ExceptionGroup (PEP 654), and libraries' own, as pymongo's AutoReconnect,
whose `errors` are a list, or a mapping by address."""


def causes(error: BaseException) -> Iterator[BaseException]:
    """The error, then all that it came from, the nearest first; each once, also where they name one another in a ring.

    Followed are `__cause__`, `__context__` (also behind `from None`, which is about what is printed), SQLAlchemy's
    `orig`, the last attempt of tenacity's RetryError, and the members of a group.
    """
    waiting, seen = deque([error]), {id(error)}
    while waiting:
        each = waiting.popleft()
        yield each
        for source in _sources(each):
            # guard: each-cause-once
            if id(source) not in seen:
                seen.add(id(source))
                waiting.append(source)


def _sources(error: BaseException) -> Iterator[BaseException]:
    found: list[object] = [error.__cause__, getattr(error, "orig", None), _last_attempt(error)]
    for name in GROUPED:
        members = getattr(error, name, None)
        if isinstance(members, dict):
            found += members.values()
        elif isinstance(members, list | tuple):
            found += members
    found.append(error.__context__)
    yield from (one for one in found if isinstance(one, BaseException))


def _last_attempt(error: BaseException) -> object:
    """tenacity, "Error Handling": `RetryError.last_attempt` is a future that is done."""
    attempt = getattr(error, "last_attempt", None)
    return attempt.exception() if attempt is not None and hasattr(attempt, "exception") else None
