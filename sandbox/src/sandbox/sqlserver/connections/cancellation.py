"""Stopping a statement that runs in another thread."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

from sandbox.sqlserver.contract import Session

_AGAIN_SECONDS = 0.5


class Cancellation:
    """Whether the client wants the running statement to end."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._lock = threading.Lock()
        self._idle = threading.Event()
        self._idle.set()
        self._requested = threading.Event()

    def is_requested(self) -> bool:
        """Whether the client has asked, and was not yet told that it is done."""
        return self._requested.is_set()

    @contextlib.contextmanager
    def running(self) -> Iterator[None]:
        """While the session works. A cancel from here on counts, and one that came while the request had to wait."""
        with self._lock:
            self._idle.clear()
            if self._requested.is_set():
                self._session.cancel()
        try:
            yield
        finally:
            with self._lock:
                self._idle.set()
                self._session.forget_cancel()

    def request(self) -> None:
        """Cancel what was sent so far, up to `acknowledge`. From the thread that reads."""
        self._requested.set()

    def enforce(self) -> None:
        """Wait until the session is idle, and keep on cancelling: SQLite is not interrupted between two statements."""
        while True:
            with self._lock:
                if self._idle.is_set():
                    return
                self._session.cancel()
            self._idle.wait(_AGAIN_SECONDS)

    def acknowledge(self) -> None:
        """The client was told."""
        self._requested.clear()
