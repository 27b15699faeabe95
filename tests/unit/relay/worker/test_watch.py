"""What a worker says of a beat that is not heard, of ticks that do not end, and when it ends."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from celery import Celery, bootsteps, signals
from celery.exceptions import WorkerTerminate
from celery.worker import state
from celery.worker.control import Panel
from kombu.message import Message
from structlog.testing import capture_logs

from relay.worker.beat import ALIVE
from relay.worker.linger import lingering_ticks
from relay.worker.log_filter import REQUESTS
from relay.worker.schedule import SCAN
from relay.worker.silence import RECONNECT_SECONDS
from relay.worker.watch import Watch, watch_over_workers
from tests.support.still_clock import StillClock

INTERVAL = 20.0


@dataclass(frozen=True, kw_only=True, weakref_slot=True, slots=True)
class Request:
    """What a worker has in hand, as far as anybody looks."""

    id: str
    name: str


class Worker:
    """A worker as its steps see it; its clock goes on second by second, and the step looks."""

    def __init__(self, events: list[Any]) -> None:
        self.app = Celery("watched", set_as_current=False)
        self.app.conf.beat_schedule = {"scan": {"task": SCAN, "schedule": INTERVAL}}
        self.blueprint = SimpleNamespace(state=bootsteps.RUN)
        self.beat: Any = None
        self.exitcode: int | None = None
        self.timer = self
        self._clock, self._events = StillClock(), events
        self._watch = Watch(self, clock=self._clock)
        self._look: Callable[[], None] = lambda: None
        self._watch.start(self)

    def call_repeatedly(self, seconds: float, look: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        """As a timer."""
        assert seconds == 1
        self._look = lambda: look(*arguments)

    def run(self, seconds: float) -> list[str]:
        """So many seconds pass; what is said in them: an event, or of what the end."""
        before = len(self._events)
        for _ in range(round(seconds)):
            self._clock.now += 1
            self._look()
        return [event.get("what", event["event"]) for event in self._events[before:]]

    def stand_still(self, seconds: float) -> None:
        """As a loop does that waits for its broker."""
        self._clock.now += seconds


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Iterator[Worker]:
    monkeypatch.setattr(Panel, "data", dict(Panel.data))
    monkeypatch.setattr(signals.task_received, "receivers", list(signals.task_received.receivers or ()))
    monkeypatch.setattr(state, "requests", {})
    with capture_logs() as events:
        yield Worker(events)


def _beat_says_it_lives() -> None:
    Panel.data[ALIVE](None)


def _take(task: str, *, is_running: bool) -> Any:
    request = Request(id=f"id-{len(state.requests)}", name=task)
    state.requests[request.id] = request
    if is_running:
        state.active_requests.add(request)
    return request


def test_three_intervals_without_a_beat_are_said_once_and_so_is_the_next_sign_of_one(worker: Worker) -> None:
    assert worker.run(3 * INTERVAL - 1) == []
    assert worker.run(30) == ["no_ticks"]
    _beat_says_it_lives()
    assert worker.run(1) == ["no_ticks"]
    assert worker._events[-1]["event"] == "recovered"
    assert worker.run(3 * INTERVAL - 2) == []


def test_it_is_said_again_after_a_while(worker: Worker) -> None:
    assert worker.run(3 * INTERVAL + 601) == ["no_ticks"] * 3


def test_one_of_many_workers_that_gets_no_tick_hears_the_beat_all_the_same(worker: Worker) -> None:
    for _ in range(10):
        assert worker.run(INTERVAL) == []
        _beat_says_it_lives()


def test_a_tick_is_a_sign_of_a_beat_and_a_scan_is_none(worker: Worker) -> None:
    for _ in range(10):
        assert worker.run(INTERVAL) == []
        signals.task_received.send(sender=None, request=SimpleNamespace(name=SCAN))
    said = []
    for _ in range(4):
        signals.task_received.send(sender=None, request=SimpleNamespace(name="relay.scan_source"))
        said += worker.run(INTERVAL)
    assert said == ["no_ticks"]


def test_while_the_broker_was_away_no_beat_could_be_heard(worker: Worker) -> None:
    request = _take(SCAN, is_running=True)
    worker.run(10)
    worker.stand_still(3600)
    assert worker.run(RECONNECT_SECONDS) == []
    state.requests.pop(request.id)
    assert worker.run(3 * INTERVAL - 1) == []
    assert worker.run(2) == ["no_ticks"]


def test_a_tick_that_does_not_end_is_said(worker: Worker) -> None:
    request = _take(SCAN, is_running=True)
    said = _run_with_beat(worker, intervals=4)
    assert said == ["ticks_not_done"]
    assert worker._events[-1]["running"] == 1
    state.requests.pop(request.id)
    assert worker.run(1) == ["ticks_not_done"]
    assert worker._events[-1]["event"] == "recovered"


def test_a_tick_that_lingers_is_nothing_to_say_and_one_that_hangs_is(worker: Worker) -> None:
    request = _take(SCAN, is_running=True)
    lingering_ticks.allow(3600)
    try:
        goes_on = lingering_ticks.permission(request.id)
        assert goes_on()
        assert _run_with_beat(worker, intervals=20) == []
    finally:
        lingering_ticks.allow(0)
    other = _take(SCAN, is_running=True)
    assert not lingering_ticks.is_lingering(other.id)
    assert _run_with_beat(worker, intervals=4) == ["ticks_not_done"]


def test_a_scan_that_runs_for_long_is_nothing_to_say(worker: Worker) -> None:
    _take("relay.scan_source", is_running=True)
    assert _run_with_beat(worker, intervals=20) == []


def test_what_waits_for_a_process_for_long_is_said(worker: Worker) -> None:
    for _ in range(2):
        _take("relay.scan_source", is_running=True)
    _take("relay.scan_source", is_running=False)
    assert _run_with_beat(worker, intervals=4) == ["ticks_not_done"]
    assert worker._events[-1]["waiting"] == 1


def _run_with_beat(worker: Worker, *, intervals: int) -> list[str]:
    said = []
    for _ in range(intervals):
        said += worker.run(INTERVAL)
        _beat_says_it_lives()
    return said


def test_a_worker_ends_when_its_beat_has(worker: Worker) -> None:
    worker.beat = SimpleNamespace(is_alive=lambda: False, exitcode=-9)
    with pytest.raises(WorkerTerminate):
        worker.run(2)
    assert worker.exitcode == 1
    [event] = worker._events
    assert (event["event"], event["exit_code"]) == ("beat_ended", -9)


def test_a_worker_whose_end_has_begun_says_nothing_of_its_beat(worker: Worker) -> None:
    """Ctrl-C reaches both at once, and the beat may be the quicker."""
    worker.beat = SimpleNamespace(is_alive=lambda: False, exitcode=0)
    worker.run(1)
    worker.blueprint.state = bootsteps.CLOSE
    assert worker.run(60) == []
    assert worker.exitcode is None


def test_a_beat_that_lives_ends_nobody(worker: Worker) -> None:
    worker.beat = SimpleNamespace(is_alive=lambda: True)
    assert worker.run(INTERVAL) == []


def test_every_worker_of_the_app_has_the_step() -> None:
    app = Celery("watched", set_as_current=False)
    watch_over_workers(app)
    assert Watch in app.steps["worker"]


def test_a_tick_that_cannot_be_acknowledged_is_the_loss_of_its_connection(worker: Worker) -> None:
    """outage: the worker went on with as many ticks in hand as it may have, and asked for no more."""
    message = Message(delivery_tag="1", channel=_GoneChannel())
    worker.run(2)
    message.ack_log_error(logging.getLogger(REQUESTS), errors=(ConnectionError,))
    with pytest.raises(ConnectionResetError):
        worker.run(1)
    worker.run(2)


class _GoneChannel:
    """A channel of a connection that was lost."""

    no_ack_consumers = None

    def basic_ack(self, *_: Any, **__: Any) -> None:
        raise ConnectionError("gone")
