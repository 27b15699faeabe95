"""A clock that goes on when the test says so."""

from __future__ import annotations


class StillClock:
    """Seconds, as time.monotonic gives them."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now
