"""The sources of this process: the built-in ones, as the file that RELAY_SOURCES names changes them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from common.config import get_sources_file
from common.database.errors import ConfigurationError
from relay.sources.builtin import BUILT_IN
from relay.sources.file import read_sources
from relay.sources.source import Source


class UnknownSourceError(ConfigurationError):
    """A source was named that is not configured."""


@cache
def all_sources() -> Sequence[Source]:
    """Every configured source, in the order in which they are scanned; read once a process.

    Raises SettingsError, with a line for every problem in the file.
    """
    path = get_sources_file()
    return BUILT_IN if path is None else read_sources(path)


def find_source(name: str) -> Source:
    """The source of that name. Raises UnknownSourceError, which lists those there are."""
    for source in all_sources():
        if source.name == name:
            return source
    known = ", ".join(source.name for source in all_sources())
    raise UnknownSourceError(f"there is no source {name!r}; the sources are: {known}")
