"""One source after the other: a problem with one does not hold up the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from common.database.errors import ConfigurationError
from relay.sources.source import Source

Found = TypeVar("Found")


def each_source(sources: Sequence[Source], look: Callable[[Source], Found]) -> tuple[list[Found], list[str]]:
    """What was found in each source, and what a person must fix; what is wrong with all of them is said once."""
    found: list[Found] = []
    problems: list[str] = []
    for source in sources:
        try:
            found.append(look(source))
        except ConfigurationError as error:
            problems.append(str(error))
    return found, _said_once(sources, problems)


def _said_once(sources: Sequence[Source], problems: list[str]) -> list[str]:
    """A service that refuses one source refuses all of them, in the same words."""
    alike = {said.removeprefix(f"source {source.name}: ") for source, said in zip(sources, problems, strict=False)}
    # guard: said-once
    if len(sources) > 1 and len(problems) == len(sources) and len(alike) == 1:
        return [f"all sources: {alike.pop()}"]
    return problems
