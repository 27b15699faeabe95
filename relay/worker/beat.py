"""The beat's schedule, kept in memory: it sends when it is due, goes on when the clock is put back, does not pile up
ticks that nobody takes, and says so, and that the broker is away.

Celery's own schedule is a file. One that comes from the future, was cut off or cannot be written stops all ticks; and
all that it knows is when an entry was last sent.

Celery's own means against piling up is to let ticks expire, at a time of the beat's clock that every worker compares
with its own. Where the clocks differ by more than a tick, a worker throws all of them away and says nothing.
"""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from celery import beat
from celery.beat import SchedulingError

from common.logging import get_logger
from relay.error_policy import as_configuration_error
from relay.sources.reserved import OWN_QUEUE
from relay.worker.incidents import Incidents
from relay.worker.reporting import log_once, report_while
from relay.worker.schedule import RECONCILE, tick_seconds
from relay.worker.silence import LEAST_SECONDS, Untaken

MOST_WAITING = 10
"""Messages in relay's own queue above which no tick is sent: those that wait do the same."""
ALIVE = "relay_beat_is_alive"
"""What a beat says to all workers with each tick, which only one of them gets: a command of Celery's remote control."""
NEVER = datetime(1970, 1, 1, tzinfo=UTC)
FIRST_SECONDS = {RECONCILE: 60.0}
"""How long after the start a task is first sent; all others at once. So a relay that is restarted more often than its
schedule says does all that is in it."""
REMEDY = (
    "see that a worker runs and has a process free, `celery -A relay.celery_app inspect active`;"
    " start one: celery -A relay.celery_app worker"
)


class Scheduler(beat.Scheduler):  # type: ignore[misc] # Celery has no types
    """Sends each entry when it is due. What could not be sent is not sent later: the next tick does the same.

    Takes Celery's `schedule_filename` and leaves that file alone.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self._incidents = Incidents()
        self._untaken = Untaken()
        self._waiting = 0
        """Messages in relay's own queue at the last look."""
        self._patience = LEAST_SECONDS
        super().__init__(*args, **kwargs)

    @property
    def info(self) -> str:
        """A line of what `celery beat` prints when it starts."""
        return "    . schedule -> in memory"

    def setup_schedule(self) -> None:
        """Take the entries from the configuration, each as one that was not sent for long."""
        super().setup_schedule()
        self._patience = max(LEAST_SECONDS, tick_seconds(self.app.conf.beat_schedule))
        for entry in self.schedule.values():
            # guard: due-at-the-start
            entry.last_run_at = _as_if_sent(entry)

    def tick(self, *args: Any, **kwargs: Any) -> Any:
        """Send what is due; gives the seconds until the next look."""
        # guard: clock-put-back
        self._mind_the_clock()
        self._look_at_the_queue()
        return super().tick(*args, **kwargs)

    def _mind_the_clock(self) -> None:
        """If an entry was last sent in the future, the clock was put back: without this it would wait until then."""
        for entry in self.schedule.values():
            if entry.last_run_at > entry.default_now():
                entry.last_run_at = entry.default_now()
                # Celery keeps the entries ordered by time here, and orders them again where there is no heap.
                self._heap = None

    def _look_at_the_queue(self) -> None:
        """See what waits there, and say if it has waited for long."""
        waiting = self._ask_what_waits()
        if waiting is None:
            # Sending will report the problem.
            self._waiting = 0
            self._untaken.was_away()
            return
        self._waiting = waiting
        seconds = self._untaken.look(waiting)
        # guard: ticks-not-taken
        report_while(
            get_logger("relay"),
            self._incidents,
            "ticks_not_taken",
            is_wrong=seconds >= self._patience,
            waiting=waiting,
            seconds=round(seconds),
            remedy=REMEDY,
        )

    def _ask_what_waits(self) -> int | None:
        """Messages in relay's own queue. None: the broker does not say."""
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
        return None

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        """Send it, and say that there is a beat. Raises nothing: a beat must go on."""
        log = get_logger("relay")
        try:
            with log_once(log, self._incidents, "beat"):
                self._send(entry, producer)
                self._say_it_lives(producer)
        except Exception:
            log.exception("tick_not_sent", task=entry.task)

    def _send(self, entry: Any, producer: Any) -> None:
        # guard: waiting-ticks
        if self._waiting >= MOST_WAITING:
            return
        try:
            self.apply_async(entry, producer=producer, advance=False)
        except SchedulingError as error:
            # Celery's error says what failed and not why.
            cause = error.__context__ or error
            raise as_configuration_error(cause, "beat") or cause from None
        self._untaken.sent()

    def _say_it_lives(self, producer: Any) -> None:
        """To all workers. Not `control.broadcast`, which tries for ever, and in silence, where the broker is away."""
        exchange = self.app.control.mailbox.exchange
        producer.publish(
            {"method": ALIVE, "arguments": {}},
            exchange=exchange.name,
            declare=[exchange],
            serializer="json",
            retry=True,
            retry_policy=self.app.conf.task_publish_retry_policy,
        )


def _as_if_sent(entry: Any) -> datetime:
    """When an entry would have been sent last for it to be due, at once or in FIRST_SECONDS."""
    if entry.task not in FIRST_SECONDS:
        return NEVER
    sent: datetime = entry.default_now() - entry.schedule.run_every + timedelta(seconds=FIRST_SECONDS[entry.task])
    return sent
