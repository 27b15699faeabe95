"""What the fake of MongoDB holds."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from common.database.records import (
    Checkpoint,
    Dispatch,
)


@dataclass
class Held:
    """A checkpoint's document: what is remembered, and the lease."""

    checkpoint: Checkpoint = field(default_factory=Checkpoint)
    owner: str | None = None
    generation: int = 0
    expires_at: float = 0.0


@dataclass
class Contents:
    """Everything that Mongo holds."""

    held: dict[str, Held] = field(default_factory=dict)
    store: str = field(default_factory=lambda: secrets.token_hex(4))
    logs: dict[str, Dispatch] = field(default_factory=dict)
    times: dict[str, float] = field(default_factory=dict)
    """When each was prepared, then when it went into the queue."""
    expiring: set[str] = field(default_factory=set)
    """Those that may expire."""


class FakeStore:
    """Contents, and the clock by which they age."""

    def __init__(self, *, lease_seconds: float = 15.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.contents = Contents()
        self._lease_seconds = lease_seconds
        self._clock = clock
        self._owners = 0
