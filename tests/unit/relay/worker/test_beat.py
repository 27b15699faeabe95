"""The beat's schedule goes by the clock, gets over a step of it, and needs no file."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from celery.schedules import crontab, schedule
from kombu.entity import Queue
from sandbox.waiting import WaitTimeoutError, wait_until
from structlog.testing import capture_logs

from relay.celery_app import OWN_QUEUE
from relay.worker.beat import MOST_WAITING, Scheduler
from relay.worker.schedule import RECONCILE
from relay.worker.silence import LEAST_SECONDS, Untaken
from tests.support.still_clock import StillClock


class Recording(Scheduler):
    """Keeps the names of the entries that it should send."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.sent: list[str] = []
        super().__init__(*args, **kwargs)

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        self.sent.append(entry.name)


OFTEN_SECONDS = 0.02
ahead = timedelta()
"""How far the clock is before the real time."""


def _now() -> datetime:
    return datetime.now(UTC) + ahead


@pytest.fixture
def app() -> Iterator[Celery]:
    app = Celery("test", broker="memory://", set_as_current=False)
    app.conf.beat_schedule = {
        name: {"task": name, "schedule": schedule(timedelta(seconds=seconds), nowfun=_now)}
        for name, seconds in (("often", OFTEN_SECONDS), ("rarely", 0.2))
    }
    yield app
    app.close()


@pytest.fixture
def scheduler(app: Celery) -> Iterator[Recording]:
    scheduler = Recording(app=app)
    yield scheduler
    scheduler.close()


@pytest.mark.parametrize("step", [timedelta(hours=1), timedelta(hours=-1)], ids=["forward", "back"])
def test_a_step_of_the_clock_stops_no_tick(
    step: timedelta, scheduler: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _all_are_sent(scheduler)
    monkeypatch.setattr(sys.modules[__name__], "ahead", step)
    assert _all_are_sent(scheduler)


@pytest.mark.parametrize("content", [None, b"", b"cut off", b"\x00" * 4096], ids=["none", "empty", "cut off", "zeros"])
def test_a_file_for_the_schedule_is_neither_read_nor_written(
    app: Celery, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "celerybeat-schedule"
    if content is not None:
        file.write_bytes(content)
        file.chmod(0)
    scheduler = Recording(app=app, schedule_filename=str(file))
    assert _all_are_sent(scheduler)
    scheduler.close()
    assert [each.name for each in tmp_path.iterdir()] == ([] if content is None else [file.name])
    if content is not None:
        file.chmod(0o600)
        assert file.read_bytes() == content


def test_a_folder_that_is_not_there_is_no_reason_not_to_begin(app: Celery) -> None:
    scheduler = Recording(app=app, schedule_filename="/nonexistent/of/nobody/schedule")
    assert _all_are_sent(scheduler)
    scheduler.close()


@pytest.mark.parametrize("when", [crontab(), timedelta(seconds=5), timedelta(days=400)], ids=str)
def test_whatever_is_due_at_some_time_is_due_at_the_start(app: Celery, when: Any) -> None:
    """A relay that is started again more often than its interval says would never scan."""
    app.conf.beat_schedule = {"often": {"task": "often", "schedule": when}}
    scheduler = Recording(app=app)
    scheduler.tick()
    scheduler.tick()
    assert scheduler.sent == ["often"]


def test_stuck_rows_are_looked_for_a_minute_after_the_start_and_then_as_often_as_planned(
    app: Celery, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned = {"rarely": {"task": RECONCILE, "schedule": schedule(timedelta(seconds=600), nowfun=_now)}}
    app.conf.beat_schedule = planned
    scheduler = Recording(app=app)
    sent = []
    for seconds in range(0, 1300, 10):
        monkeypatch.setattr(sys.modules[__name__], "ahead", timedelta(seconds=seconds))
        scheduler.sent.clear()
        scheduler.tick()
        sent += [seconds] * len(scheduler.sent)
    assert sent == [60, 660, 1260]


@pytest.fixture
def waiting(app: Celery) -> Iterator[Callable[[], list[Any]]]:
    """A beat that has sent a tick for each moment of a while without workers; gives what waits, and takes it."""
    app.conf.task_queues = [Queue(OWN_QUEUE)]
    app.conf.beat_schedule["often"]["options"] = app.conf.beat_schedule["rarely"]["options"] = {"queue": OWN_QUEUE}
    scheduler = Scheduler(app=app)

    def waits() -> int:
        scheduler.tick()
        return scheduler._waiting

    def take() -> list[Any]:
        wait_until(waits, message="nothing was sent")
        until = time.monotonic() + 40 * OFTEN_SECONDS
        wait_until(lambda: waits() and time.monotonic() > until)
        return _take_all(app)

    yield take
    scheduler.close()


def test_ticks_that_nobody_takes_do_not_pile_up(waiting: Callable[[], list[Any]]) -> None:
    assert len(waiting()) == MOST_WAITING
    assert waiting(), "and there are new ones when those were taken"


def test_ticks_that_nobody_takes_are_said_and_so_is_the_end_of_it(app: Celery) -> None:
    app.conf.task_queues = [Queue(OWN_QUEUE)]
    app.conf.beat_schedule = {
        "often": {"task": "often", "schedule": timedelta(days=1), "options": {"queue": OWN_QUEUE}}
    }
    scheduler, clock = Scheduler(app=app), StillClock()
    scheduler._patience, scheduler._untaken = LEAST_SECONDS, Untaken(clock=clock)
    with capture_logs() as events:
        wait_until(lambda: scheduler.tick() and scheduler._waiting, message="nothing was sent")
        clock.now += LEAST_SECONDS - 1
        scheduler.tick()
        assert events == []
        clock.now += 1
        scheduler.tick()
        scheduler.tick()
        assert [(said["event"], said["waiting"], said["seconds"]) for said in events] == [("ticks_not_taken", 1, 15)]
        _take_all(app)
        scheduler.tick()
    scheduler.close()
    assert [(event["event"], event["what"]) for event in events[1:]] == [("recovered", "ticks_not_taken")]


def test_a_beat_is_as_patient_as_its_interval_is_long(app: Celery) -> None:
    app.conf.beat_schedule = {"often": {"task": "often", "schedule": crontab()}}
    assert Scheduler(app=app)._patience == 60
    app.conf.beat_schedule = {"often": {"task": "often", "schedule": timedelta(seconds=1)}}
    assert Scheduler(app=app)._patience == LEAST_SECONDS


def _take_all(app: Celery) -> list[Any]:
    with app.connection_for_read() as connection:
        queue = Queue(OWN_QUEUE)(connection.default_channel)
        return list(iter(lambda: queue.get(no_ack=True), None))


def _all_are_sent(scheduler: Recording) -> bool:
    """Whether each entry is sent now, within moments."""
    scheduler.sent.clear()

    def tick() -> bool:
        scheduler.tick()
        return {"often", "rarely"} <= set(scheduler.sent)

    try:
        wait_until(tick, timeout=5)
    except WaitTimeoutError:
        return False
    return True
