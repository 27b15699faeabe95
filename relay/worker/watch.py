"""A worker says when no beat is heard, and when what it has in hand does not end; it ends when its own beat did.

Celery's worker looks after the processes of its pool and after nothing else. All this is done by a timer of the loop
in its main process, so no process of the pool has it. Where that loop stands still, the broker is away, which Celery
says, or the process is stopped: then beat says that nobody takes its ticks.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterator
from typing import Any

from celery import Celery, bootsteps, signals
from celery.exceptions import WorkerTerminate
from celery.platforms import EX_FAILURE

from common.logging import get_logger
from relay.worker.beat import ALIVE
from relay.worker.incidents import Incidents
from relay.worker.linger import lingering_ticks
from relay.worker.log_filter import REQUESTS
from relay.worker.lost_acks import LostAcks
from relay.worker.reporting import report_while
from relay.worker.schedule import TICKS, tick_seconds
from relay.worker.silence import LEAST_SECONDS, HeardBeat, InHand

LOOK_SECONDS = 1.0
STOOD_STILL_SECONDS = 5.0
"""Without a look for this long, the loop stood still: the broker was away, or the machine asleep."""
IN_HAND_SECONDS = 30.0
"""A tick may wait for this long for a service that is away, and then says so itself."""
INTERVALS = 3
"""After so many without a sign of a beat, or the end of a tick, something is said."""


def watch_over_workers(app: Celery) -> None:
    """From now on each of this app's workers does what this module says."""
    app.steps["worker"].add(Watch)


class Watch(bootsteps.StartStopStep):  # type: ignore[misc] # Celery has no types
    """A step of Celery's worker: from its start on it looks every second."""

    requires = ("celery.worker.components:Timer", "celery.worker.components:Beat")

    def __init__(self, worker: Any, *, clock: Callable[[], float] = time.monotonic, **kwargs: Any) -> None:
        super().__init__(worker, **kwargs)
        interval = tick_seconds(worker.app.conf.beat_schedule)
        self._most_silence = max(LEAST_SECONDS, INTERVALS * interval)
        self._most_in_hand = max(IN_HAND_SECONDS, INTERVALS * interval)
        self._heard, self._in_hand = HeardBeat(clock=clock), InHand(clock=clock)
        self._incidents = Incidents(clock=clock)
        self._clock = clock
        self._looked = clock()
        self._beat_is_gone = False
        self._lost_acks = LostAcks()

    def start(self, worker: Any) -> None:
        """Begin to look, and to listen."""
        # Not at the top: it imports all of Celery's worker.
        from celery.worker.control import Panel

        Panel.data[ALIVE] = lambda _state, **_arguments: self._heard.hear()
        signals.task_received.connect(self._receive, weak=False)
        logging.getLogger(REQUESTS).addHandler(self._lost_acks)
        self._heard.hear()
        self._looked = self._clock()
        worker.timer.call_repeatedly(LOOK_SECONDS, self._look, (worker,))

    def stop(self, worker: Any) -> None:
        """The timer ends with the worker."""
        logging.getLogger(REQUESTS).removeHandler(self._lost_acks)

    terminate = stop

    def _receive(self, request: Any = None, **_: Any) -> None:
        if request is not None and request.name in TICKS:
            self._heard.hear()

    def _look(self, worker: Any) -> None:
        if worker.blueprint.state != bootsteps.RUN:
            return
        self._end_with_its_beat(worker)
        self._lost_acks.check()
        now = self._clock()
        # guard: standing-still-is-no-silence
        if now - self._looked > STOOD_STILL_SECONDS:
            self._heard.was_deaf()
            self._in_hand.was_blind()
        self._looked = now
        self._report_silence()
        self._report_in_hand()

    def _end_with_its_beat(self, worker: Any) -> None:
        beat = worker.beat
        # guard: ends-with-its-beat
        if beat is None or beat.is_alive():
            return
        if not self._beat_is_gone:
            # Ctrl-C and systemd send their signal to both: the worker's own end may be a moment away.
            self._beat_is_gone = True
            return
        get_logger("relay").error(
            "beat_ended",
            exit_code=beat.exitcode,
            remedy="this worker ends too, so let something start it again; the reason may be in a line above",
        )
        worker.exitcode = EX_FAILURE
        # Not a warm end, which would wait for scans that may take long, while no tick comes. What they had in hand is
        # taken up by the next worker, as after a kill -9.
        raise WorkerTerminate(EX_FAILURE)

    def _report_silence(self) -> None:
        seconds = self._heard.silence()
        # guard: no-ticks
        report_while(
            get_logger("relay"),
            self._incidents,
            "no_ticks",
            is_wrong=seconds >= self._most_silence,
            seconds=round(seconds),
            remedy="see that one beat runs, on the same broker: celery -A relay.celery_app beat, or worker --beat",
        )

    def _report_in_hand(self) -> None:
        ids = dict(_due_to_end())
        seconds = self._in_hand.look(ids)
        # guard: ticks-not-done
        report_while(
            get_logger("relay"),
            self._incidents,
            "ticks_not_done",
            is_wrong=seconds >= self._most_in_hand,
            running=sum(ids.values()),
            waiting=len(ids) - sum(ids.values()),
            seconds=round(seconds),
            remedy="see whether SQL Server, MongoDB and the broker answer, and whether the worker's processes run;"
            " if they are only busy: more of them, --concurrency; otherwise start the worker again",
        )


def _due_to_end() -> Iterator[tuple[str, bool]]:
    """What this worker has in hand and should not have for long, and whether it runs: ticks, and whatever waits for a
    process. A scan that runs may take its time: it says by itself when it makes no progress."""
    from celery.worker import state

    # A copy: threads of a pool of threads change it.
    for request in list(state.requests.values()):
        is_running = request in state.active_requests
        # guard: lingering-is-no-hanging
        is_tick = request.name in TICKS and not lingering_ticks.is_lingering(request.id)
        if is_tick or not is_running:
            yield request.id, is_running
