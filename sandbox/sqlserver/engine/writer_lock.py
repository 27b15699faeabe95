"""One writer at a time: who may write to a database now."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from sandbox.sqlserver.engine.errors import cancelled, lock_timeout


class WriterLock:
    """Held by a session from its first write to the end of its transaction.

    SQLite's own busy handler is not used: it cannot be interrupted.
    """

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._owner: object | None = None

    def acquire(self, owner: object, timeout: float | None, is_cancelled: Callable[[], bool]) -> None:
        """Wait for the lock. `timeout` in seconds, None waits for ever. Raises 1222, or 3617 when cancelled."""
        deadline = None if timeout is None else time.monotonic() + timeout
        with self._condition:
            while self._owner is not None and self._owner is not owner:
                if is_cancelled():
                    raise cancelled()
                remaining = None if deadline is None else deadline - time.monotonic()
                if remaining is not None and remaining <= 0:
                    raise lock_timeout()
                self._condition.wait(remaining)
            self._owner = owner

    def release(self, owner: object) -> None:
        """Let the next one write; nothing if it was not held."""
        with self._condition:
            if self._owner is owner:
                self._owner = None
                self._condition.notify_all()

    def wake(self) -> None:
        """Make everyone who waits look whether they are cancelled."""
        with self._condition:
            self._condition.notify_all()
