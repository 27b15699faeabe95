"""The server's clock: the real time, or later."""

from __future__ import annotations

import datetime as dt
import threading


class Clock:
    """What GETDATE, commit times and cleanup go by. It can be put forward, and back to the real time.

    Waits (LOCK_TIMEOUT, a delay) are not its business: they last as long as they last.
    """

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._ahead = dt.timedelta()

    @property
    def ahead(self) -> dt.timedelta:
        """How far before the real time it is."""
        return self._ahead

    def now(self) -> dt.datetime:
        """UTC, naive: the server's time zone is UTC, as in Microsoft's containers."""
        return dt.datetime.now(dt.UTC).replace(tzinfo=None) + self._ahead

    def put_forward(self, by: dt.timedelta) -> None:
        """Move it on. Raises ValueError for a step back, OverflowError for one beyond the year 9999."""
        if by < dt.timedelta():
            raise ValueError("the clock goes forward only: set it back to the real time instead")
        with self._mutex:
            ahead = self._ahead + by
            # Refused here, or every statement that asks for the time would fail.
            dt.datetime.now(dt.UTC).replace(tzinfo=None) + ahead
            self._ahead = ahead

    def set_real(self) -> None:
        """Back to the real time."""
        with self._mutex:
            self._ahead = dt.timedelta()
