"""Patience with the first row, and that no step goes on for long without saying that it moves."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial

import pytest

from common.database.records import NOWHERE, Lease, TaskStatus
from relay.cycle import run
from relay.cycle.options import CycleOptions
from relay.cycle.outcomes import CycleReport, Outcome, SlowReadingError
from relay.cycle.progress import MOST_DOUBLINGS, Progress, Step, reading_patience
from relay.sources.builtin import SALE
from tests.support.fakes import FakeDatabase
from tests.support.stage import SilentLog, StillHeartbeat, paused_ports
from tests.support.world import World

ROWS = 60
"""In one batch."""
MOST_CALLS = 6
"""On ports, between two moves."""


class WatchedWorld(World):
    """Every call on a port takes a second; notes how long nothing moved at most."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        super().__init__()
        self.database = FakeDatabase(batch_size=ROWS)
        self.longest = 0.0
        self.log = SilentLog()
        self.calls: Counter[str] = Counter()
        self.progress: Progress | None = None
        self.give_up: Callable[[], None] = lambda: None
        monkeypatch.setattr(run, "Progress", partial(Progress, clock=lambda: self.now))

    def watch(self, *, batch_size: int = ROWS) -> CycleReport:
        ports = paused_ports(self.database, self.mongo, self.queue, self._call, self._new_name)
        ports = replace(ports, log=self.log)
        return run.run_cycle(self.source, ports, CycleOptions(batch_size=batch_size), Watching(self))

    def _call(self, where: str) -> None:
        self._go_on(where)
        if where.startswith("before") and self.progress is not None:
            self.calls[where.removeprefix("before ")] += 1
            self.now += 1
            self.longest = max(self.longest, self.progress.idle_seconds)


class Watching(StillHeartbeat):
    """Lets the world look at the cycle's progress; gives the cycle up where the world says so."""

    def __init__(self, world: WatchedWorld) -> None:
        self._world = world

    @contextmanager
    def over(
        self, lease: Lease, progress: Progress, *, give_up: Callable[[], None], renew_fence: Callable[[], None]
    ) -> Iterator[None]:
        self._world.progress, self._world.give_up = progress, give_up
        yield
        self._world.progress = None


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> WatchedWorld:
    world = WatchedWorld(monkeypatch)
    world.watch()
    world.write(*range(ROWS))
    return world


def test_patience_with_a_reading_doubles_and_has_an_end() -> None:
    assert [reading_patience(60, stalls) for stalls in range(4)] == [60, 120, 240, 480]
    assert reading_patience(60, 10**9) == 60 * 2**MOST_DOUBLINGS


def test_a_baseline_of_rows_that_were_sent_before_is_a_call_a_batch(world: WatchedWorld) -> None:
    """outage: a batch that needs a round trip a row took longer than patience, at every try."""
    world.watch()
    world.write(ROWS)
    # Retention has passed, and the cleanup has not come to the rows yet.
    world.database.contents.min_valid = world.database.contents.version
    world.longest = 0
    assert world.watch().outcome is Outcome.DONE
    assert world.calls["take_over"] == 1
    assert world.longest <= MOST_CALLS


def test_the_first_pass_of_a_repair_is_progress(world: WatchedWorld) -> None:
    """outage: it looks at every dispatch of the epoch before it pushes one."""
    for number in range(10):
        world.write(ROWS + number)
        world.watch()
    world.queue.offset = NOWHERE
    for task_id in list(world.mongo.contents.logs):
        assert world.mongo.report(task_id, TaskStatus.SUCCESS)
    world.longest = 0
    assert world.watch(batch_size=1).outcome is Outcome.DONE
    assert world.longest <= MOST_CALLS


@pytest.mark.parametrize(("where", "step"), [("before snapshot", Step.OPEN), ("between batches", Step.FIRST_ROW)])
def test_a_reading_that_is_too_slow_is_noted_and_told_with_its_remedy(
    where: str, step: Step, world: WatchedWorld
) -> None:
    def give_up() -> None:
        _give_up(world, step)

    for stalls in range(1, 4):
        world.at(where, give_up)
        with pytest.raises(SlowReadingError, match=f"within {60 * 2 ** (stalls - 1)} s.*waits {60 * 2**stalls} s"):
            world.watch()
        assert world.mongo.contents.held[SALE.id].checkpoint.stalls == stalls
    assert world.watch().outcome is Outcome.DONE
    assert world.mongo.contents.held[SALE.id].checkpoint.stalls == 2, "a window that was sealed takes one back"


def test_keys_that_are_slow_to_be_looked_up_are_waited_for_in_the_end(world: WatchedWorld) -> None:
    """outage: a repair was cut off at the same keys at every try, for ever."""
    world.watch()
    world.queue.offset = NOWHERE
    world.at("before still_pending", lambda: _give_up(world, Step.REPAIR_LOOK))
    with pytest.raises(SlowReadingError, match="repair_look"):
        world.watch()
    world.at("before still_pending", lambda: _expect_patience(world, 120))
    assert world.watch().outcome is Outcome.DONE


def test_a_cycle_whose_lease_was_lost_meanwhile_ends_as_one_that_was_stopped(world: WatchedWorld) -> None:
    def lose() -> None:
        assert world.progress is not None
        world.progress.is_for_nothing = True
        raise ConnectionError("cancelled")

    world.at("between batches", lose)
    try:
        assert world.watch().outcome is Outcome.STOPPED
    except ConnectionError as error:
        pytest.fail(f"told as an outage: {error}")
    assert world.mongo.contents.held[SALE.id].checkpoint.stalls == 0


def test_a_baseline_that_cannot_be_read_is_not_told_at_every_try(monkeypatch: pytest.MonkeyPatch) -> None:
    """outage: a tempdb that was full for a first run's sort filled the log, nine lines a tick."""
    world = WatchedWorld(monkeypatch)
    world.write(1)

    def fail() -> None:
        raise ConnectionError("tempdb is full")

    for _ in range(3):
        world.at("between batches", fail)
        with pytest.raises(ConnectionError):
            world.watch()
    assert "baseline" not in [event for event, _ in world.log.events]
    world.watch()
    assert [event for event, _ in world.log.events].count("baseline") == 1


def test_a_lease_that_was_left_is_told_by_who_takes_it_next(world: WatchedWorld) -> None:
    """outage: a process that hung in a scan was said by nobody."""
    assert world.mongo.acquire(SALE.id)
    world.watch()
    world.watch()
    assert [event for event, _ in world.log.events].count("lease_was_left") == 1


def _give_up(world: WatchedWorld, step: Step) -> None:
    assert world.progress is not None
    assert world.progress.step is step
    world.progress.stalled_at = step
    world.give_up()
    raise ConnectionError("cancelled")


def _expect_patience(world: WatchedWorld, seconds: float) -> None:
    assert world.progress is not None
    assert world.progress.patience_seconds == seconds
