"""What a worker and the tick that lingers in it say to one another."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest
from celery.worker import state

from relay.worker.linger import HANGS_SECONDS, LetLinger, LingeringTicks
from tests.support.still_clock import StillClock

TICK = "5c5a4a0e-7d5f-4f39-9a51-2a4cf1b25d3e"


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def ticks(clock: StillClock) -> LingeringTicks:
    return LingeringTicks(clock=clock)


@dataclass(frozen=True, kw_only=True, weakref_slot=True, slots=True)
class Request:
    """What a worker has in hand, as far as anybody looks."""

    id: str


class Worker:
    """A worker as the step sees it."""

    def __init__(
        self, ticks: LingeringTicks, *, processes: int = 4, hard: float | None = None, soft: float | None = None
    ) -> None:
        self.pool = SimpleNamespace(num_processes=processes)
        self.time_limit, self.soft_time_limit = hard, soft
        self.timer = self
        self.look: Callable[[], None] = lambda: None
        self.step = LetLinger(self, ticks=ticks)
        self.step.start(self)

    def call_repeatedly(self, _seconds: float, look: Callable[[], None]) -> None:
        """As a timer."""
        self.look = look


@pytest.fixture
def in_hand(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    requests: dict[str, Any] = {}
    monkeypatch.setattr(state, "requests", requests)
    return requests


def test_nothing_lingers_outside_of_a_worker(ticks: LingeringTicks) -> None:
    assert not ticks.is_allowed
    assert not ticks.permission(TICK)()


def test_one_lingers_until_its_worker_is_told_to_end(ticks: LingeringTicks, clock: StillClock) -> None:
    worker = Worker(ticks)
    goes_on = ticks.permission(TICK)
    clock.now += 3600
    assert goes_on()
    worker.step.close(worker)
    assert not goes_on()
    assert not ticks.permission("another")()


def test_none_lingers_in_a_worker_that_has_one_process(ticks: LingeringTicks) -> None:
    """What it hands out would wait for it."""
    Worker(ticks, processes=1)
    assert not ticks.is_allowed


@pytest.mark.parametrize("limits", [{"hard": 30.0}, {"soft": 30.0}, {"hard": 300.0, "soft": 30.0}], ids=str)
def test_one_ends_well_within_the_workers_time_limits(
    ticks: LingeringTicks, clock: StillClock, limits: dict[str, float]
) -> None:
    Worker(ticks, hard=limits.get("hard"), soft=limits.get("soft"))
    goes_on = ticks.permission(TICK)
    clock.now += 14
    assert goes_on()
    clock.now += 2
    assert not goes_on()


def test_one_gives_way_to_what_waits_for_a_process(
    ticks: LingeringTicks, clock: StillClock, in_hand: dict[str, Any]
) -> None:
    """Every other process is busy with a source that stalls."""
    worker = Worker(ticks)
    clock.now += 1
    goes_on = ticks.permission(TICK)
    in_hand["scan"] = Request(id="scan")
    worker.look()
    assert goes_on(), "it may be taken in this moment"
    clock.now += 1
    worker.look()
    assert not goes_on()
    del in_hand["scan"]
    worker.look()
    clock.now += 1
    assert ticks.permission("the next")()


def test_one_gives_way_to_nothing_that_was_taken(ticks: LingeringTicks, in_hand: dict[str, Any]) -> None:
    worker = Worker(ticks)
    goes_on = ticks.permission(TICK)
    for name in ("first", "second", "third"):
        in_hand[name] = Request(id=name)
        worker.look()
        state.active_requests.add(in_hand[name])
    assert goes_on()


def test_a_tick_that_looks_is_known_to_linger_and_one_that_does_not_is_not(
    ticks: LingeringTicks, clock: StillClock
) -> None:
    Worker(ticks)
    goes_on = ticks.permission(TICK)
    assert not ticks.is_lingering(TICK)
    assert goes_on()
    clock.now += HANGS_SECONDS - 1
    assert ticks.is_lingering(TICK)
    assert not ticks.is_lingering("another")
    clock.now += 1
    assert not ticks.is_lingering(TICK)


def test_the_orphan_of_a_worker_that_was_killed_lingers_no_longer(
    ticks: LingeringTicks, monkeypatch: pytest.MonkeyPatch
) -> None:
    Worker(ticks)
    goes_on = ticks.permission(TICK)
    assert goes_on()
    monkeypatch.setattr(os, "getppid", lambda: 1)
    assert not goes_on()


def test_processes_that_were_forked_hear_of_it(clock: StillClock) -> None:
    ticks = LingeringTicks(clock=clock)
    Worker(ticks)
    child = os.fork()
    if child == 0:
        os._exit(0 if ticks.permission(TICK)() else 1)
    assert os.waitpid(child, 0)[1] == 0
    assert ticks.is_lingering(TICK)
