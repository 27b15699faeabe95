"""Publishers of relays that die at their push. Stands for kill -9, which tests/integration/relay really does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, NoReturn

from relay.wiring import Relay


class DiedError(Exception):
    """The relay is dead."""


class DiesBeforePush:
    """A publisher that never pushes."""

    def __init__(self, publisher: Any) -> None:
        self._publisher = publisher

    def __getattr__(self, name: str) -> Any:
        return getattr(self._publisher, name)

    def publish(self, *_: Any, **__: Any) -> NoReturn:
        raise DiedError


class DiesAfterPush(DiesBeforePush):
    """A publisher that pushes, and has no time to tell."""

    def publish(self, *args: Any, arrived: object = None, **named: Any) -> NoReturn:
        self._publisher.publish(*args, **named)
        raise DiedError


def dying(relay: Relay, how: type[DiesBeforePush]) -> Relay:
    """The same relay, but for its publisher."""
    return replace(relay, ports=replace(relay.ports, publisher=how(relay.ports.publisher)))
