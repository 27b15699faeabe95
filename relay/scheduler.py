"""The beat's schedule: Celery's, but it says once that the broker is away, and goes on when the clock is put back."""

from __future__ import annotations

from typing import Any

from celery.beat import PersistentScheduler, SchedulingError

from common.logs import get_logger
from relay.outages import Outages
from relay.telling import told_once


class Scheduler(PersistentScheduler):  # type: ignore[misc] # Celery has no types
    """Sends each entry when it is due. What could not be sent is not sent later: the next tick does the same."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._outages = Outages()
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        """Send what is due; gives the seconds until the next look."""
        self._mind_the_clock()
        return super().tick(*args, **kwargs)

    def _mind_the_clock(self) -> None:
        """What was sent last at a time that is yet to come would wait for it: the clock was put back."""
        for entry in self.schedule.values():
            if entry.last_run_at > entry.default_now():
                entry.last_run_at = entry.default_now()
                # Celery has put them in order by their times, and makes this anew where there is none.
                self._heap = None

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Send it. Raises nothing: a beat must go on."""
        log = get_logger("relay")
        try:
            with told_once(log, self._outages, "beat"):
                self._send(entry, producer)
        except Exception:
            log.exception("tick_not_sent", task=entry.task)

    def _send(self, entry: Any, producer: Any) -> None:
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except SchedulingError as error:
            # Celery's says what and not why.
            raise error.__context__ or error from None
