"""One source after the other: a problem with one does not hold up the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from common.database.errors import ConfigurationError
from relay.sources.source import Source

Found = TypeVar("Found")


def each_source(sources: Sequence[Source], look: Callable[[Source], Found]) -> tuple[list[Found], list[str]]:
    """What was found in each source, and what a person must fix."""
    found: list[Found] = []
    problems: list[str] = []
    for source in sources:
        try:
            found.append(look(source))
        except ConfigurationError as error:
            problems.append(str(error))
    return found, problems
