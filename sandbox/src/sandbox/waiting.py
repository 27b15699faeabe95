"""Waiting for what has no event to wait for: until it is so, never for a while."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

POLL_SECONDS = 0.02

T = TypeVar("T")


class WaitTimeoutError(Exception):
    """It did not become so in time."""


def wait_until(
    predicate: Callable[[], T | None], timeout: float = 10.0, message: str = "", *, every: float = POLL_SECONDS
) -> T:
    """Ask `predicate` every `every` seconds until it gives something true, and give that back.

    It is asked at least once, and once more after `timeout` seconds. Raises WaitTimeoutError, with `message`, when it
    has given nothing true by then; what the predicate raises goes through.
    """
    deadline = time.monotonic() + timeout
    while True:
        is_last = time.monotonic() >= deadline
        if given := predicate():
            return given
        if is_last:
            raise WaitTimeoutError(message or f"not so within {timeout} s")
        time.sleep(every)
