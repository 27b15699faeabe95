"""The beat's schedule goes by the clock, and gets over a step of it."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from celery.schedules import schedule

from relay.scheduler import Scheduler
from tests.support.wait import wait_until


class Recording(Scheduler):
    """Keeps the names of the entries that it should send."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.sent: list[str] = []
        super().__init__(*args, **kwargs)

    def apply_entry(self, entry: Any, producer: Any = None) -> None:
        self.sent.append(entry.name)


ahead = timedelta()
"""How far the clock is before the real time."""


def _now() -> datetime:
    return datetime.now(UTC) + ahead


@pytest.fixture
def app() -> Iterator[Celery]:
    app = Celery("test", broker="memory://", set_as_current=False)
    app.conf.beat_schedule = {
        name: {"task": name, "schedule": schedule(timedelta(seconds=seconds), nowfun=_now)}
        for name, seconds in (("often", 0.02), ("rarely", 0.2))
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


def _all_are_sent(scheduler: Recording) -> bool:
    """Whether each entry is sent now, within moments."""
    scheduler.sent.clear()

    def tick() -> bool:
        scheduler.tick()
        return {"often", "rarely"} <= set(scheduler.sent)

    try:
        wait_until(tick, timeout=5)
    except AssertionError:
        return False
    return True
