"""Waiting in tests: until something is so, never for a while."""

from __future__ import annotations

import time
from collections.abc import Callable

POLL_SECONDS = 0.02


def wait_until(predicate: Callable[[], object], timeout: float = 10, message: str = "") -> None:
    """Return as soon as `predicate` gives something true; AssertionError with `message` after `timeout` seconds.

    The predicate is asked at least once, and once more after the deadline.
    """
    deadline = time.monotonic() + timeout
    while True:
        is_last = time.monotonic() >= deadline
        if predicate():
            return
        if is_last:
            raise AssertionError(message or f"not so within {timeout} s")
        time.sleep(POLL_SECONDS)
