"""Waiting for something that has no event to wait for."""

from __future__ import annotations

import time
from collections.abc import Callable

POLL_SECONDS = 0.05


def wait_until(happened: Callable[[], bool], *, seconds: float, every: float = POLL_SECONDS) -> bool:
    """Ask `happened` every `every` seconds until it says yes; False when it has not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not happened():
        if time.monotonic() >= deadline:
            return False
        time.sleep(every)
    return True
