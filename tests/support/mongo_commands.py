"""What is asked of MongoDB: the driver tells of every command."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from pymongo import monitoring


class _Noted(monitoring.CommandListener):
    def __init__(self) -> None:
        self.names: list[str] | None = None

    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if self.names is not None:
            self.names.append(event.command_name)

    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None:
        """Its beginning was noted."""

    def failed(self, event: monitoring.CommandFailedEvent) -> None:
        """The same."""


_NOTED = _Noted()
# Clients that are made from here on are listened to.
monitoring.register(_NOTED)


@contextmanager
def commands() -> Iterator[list[str]]:
    """The names of the commands that are sent inside the block, one a round trip."""
    names: list[str] = []
    _NOTED.names = names
    try:
        yield names
    finally:
        _NOTED.names = None
