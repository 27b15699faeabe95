"""Mongo's time: leases of several machines must be measured by one clock."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any

from pymongo.database import Database

MEASURE_EVERY_SECONDS = 60.0


class ServerClock:
    """The server's time, from the offset between `hello().localTime` and the local clock.

    Measured at the first use and every minute; half the round trip is taken for the way back.
    """

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._database = database
        self._offset = timedelta()
        self._measured_at: float | None = None

    def now(self) -> datetime:
        """UTC, with its zone."""
        if self._measured_at is None or time.monotonic() - self._measured_at > MEASURE_EVERY_SECONDS:
            self._measure()
        return datetime.now(UTC) + self._offset

    def _measure(self) -> None:
        before = datetime.now(UTC)
        theirs = self._database.command("hello", codec_options=self._database.codec_options)["localTime"]
        after = datetime.now(UTC)
        self._offset = theirs - (before + (after - before) / 2)
        self._measured_at = time.monotonic()
