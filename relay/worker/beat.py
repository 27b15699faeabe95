"""The beat's schedule: Celery's, but it reports once that the broker is away, goes on when the clock is put back, and
does not pile up ticks that nobody takes.

Celery's own means against piling up is to let ticks expire, at a time of the beat's clock that every worker compares
with its own. Where the clocks differ by more than a tick, a worker throws all of them away and says nothing.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from celery.beat import PersistentScheduler, SchedulingError

from common.logging import get_logger
from relay.sources.reserved import OWN_QUEUE
from relay.worker.incidents import Incidents
from relay.worker.reporting import log_once

MOST_WAITING = 10
"""Messages in relay's own queue above which no tick is sent: those that wait do the same."""


class Scheduler(PersistentScheduler):  # type: ignore[misc] # Celery has no types
    """Sends each entry when it is due. What could not be sent is not sent later: the next tick does the same."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._incidents = Incidents()
        super().__init__(*args, **kwargs)

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        """Send what is due; gives the seconds until the next look."""
        # guard: clock-put-back
        self._mind_the_clock()
        return super().tick(*args, **kwargs)

    def _mind_the_clock(self) -> None:
        """If an entry was last sent in the future, the clock was put back: without this it would wait until then."""
        for entry in self.schedule.values():
            if entry.last_run_at > entry.default_now():
                entry.last_run_at = entry.default_now()
                # Celery keeps the entries ordered by time here, and orders them again where there is no heap.
                self._heap = None

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Send it. Raises nothing: a beat must go on."""
        log = get_logger("relay")
        try:
            with log_once(log, self._incidents, "beat"):
                self._send(entry, producer)
        except Exception:
            log.exception("tick_not_sent", task=entry.task)

    def _send(self, entry: Any, producer: Any) -> None:
        # guard: waiting-ticks
        if self._waiting() >= MOST_WAITING:
            return
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except SchedulingError as error:
            # Celery's error says what failed and not why.
            raise error.__context__ or error from None

    def _waiting(self) -> int:
        """Messages in relay's own queue; 0 where the broker does not say: sending will report the problem."""
        queue = self.app.amqp.queues[OWN_QUEUE]
        with suppress(Exception), self.app.connection_or_acquire() as connection:
            declared = connection.default_channel.queue_declare(
                queue=queue.name,
                durable=queue.durable,
                exclusive=queue.exclusive,
                auto_delete=queue.auto_delete,
                arguments=queue.queue_arguments,
            )
            return int(declared.message_count)
        return 0
