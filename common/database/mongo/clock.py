"""Mongo's time, for what is written in bulk. Leases do without it: the server itself measures them."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database

MEASURE_EVERY_SECONDS = 60.0


class ServerClock:
    """The server's time, from `hello().localTime` and what the monotonic clock says has passed since.

    Measured at the first use and every minute; half the round trip is taken for the way back. A step of the local
    clock changes nothing.
    """

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        self._database = database
        self._measured: tuple[datetime, float] | None = None
        """The server's time, and the monotonic clock's at that moment."""

    def now(self) -> datetime:
        """UTC, with its zone."""
        measured = self._measured
        if measured is None or time.monotonic() - measured[1] > MEASURE_EVERY_SECONDS:
            measured = self._measured = self._measure()
        theirs, ours = measured
        return theirs + timedelta(seconds=time.monotonic() - ours)

    def _measure(self) -> tuple[datetime, float]:
        before = time.monotonic()
        theirs = self._database.command("hello", codec_options=self._database.codec_options)["localTime"]
        after = time.monotonic()
        return theirs, (before + after) / 2
