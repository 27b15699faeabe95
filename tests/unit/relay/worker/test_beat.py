"""The beat's schedule goes by the clock, and gets over a step of it."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from celery.schedules import schedule
from kombu.entity import Queue
from sandbox.waiting import WaitTimeoutError, wait_until

from relay.celery_app import OWN_QUEUE
from relay.worker.beat import MOST_WAITING, Scheduler


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
def scheduler(app: Celery, tmp_path: Path) -> Iterator[Recording]:
    scheduler = Recording(app=app, schedule_filename=str(tmp_path / "schedule"))
    yield scheduler
    scheduler.close()


@pytest.mark.parametrize("step", [timedelta(hours=1), timedelta(hours=-1)], ids=["forward", "back"])
def test_a_step_of_the_clock_stops_no_tick(
    step: timedelta, scheduler: Recording, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert _all_are_sent(scheduler)
    monkeypatch.setattr(sys.modules[__name__], "ahead", step)
    assert _all_are_sent(scheduler)


def test_a_schedule_of_a_time_to_come_is_no_reason_to_wait_for_it(
    app: Celery, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file in which the beat keeps it outlives the step."""
    path = str(tmp_path / "schedule")
    for hours in (1, 0):
        monkeypatch.setattr(sys.modules[__name__], "ahead", timedelta(hours=hours))
        scheduler = Recording(app=app, schedule_filename=path)
        assert _all_are_sent(scheduler)
        scheduler.close()


@pytest.fixture
def waiting(app: Celery, tmp_path: Path) -> Iterator[Callable[[], list[Any]]]:
    """A beat that has sent a tick for each moment of a while without workers; gives what waits, and takes it."""
    app.conf.task_queues = [Queue(OWN_QUEUE)]
    app.conf.beat_schedule["often"]["options"] = app.conf.beat_schedule["rarely"]["options"] = {"queue": OWN_QUEUE}
    scheduler = Scheduler(app=app, schedule_filename=str(tmp_path / "schedule"))

    def waits() -> int:
        scheduler.tick()
        return scheduler._waiting()

    def take() -> list[Any]:
        wait_until(waits, message="nothing was sent")
        until = time.monotonic() + 40 * OFTEN_SECONDS
        wait_until(lambda: waits() and time.monotonic() > until)
        with app.connection_for_read() as connection:
            queue = Queue(OWN_QUEUE)(connection.default_channel)
            return list(iter(lambda: queue.get(no_ack=True), None))

    yield take
    scheduler.close()


def test_ticks_that_nobody_takes_do_not_pile_up(waiting: Callable[[], list[Any]]) -> None:
    assert len(waiting()) == MOST_WAITING
    assert waiting(), "and there are new ones when those were taken"


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
