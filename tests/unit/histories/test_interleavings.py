"""What others do between two calls of a cycle: another relay that takes over, a store that loses what it had.

Each test is about one guard of the cycle, and fails without it: tests/mutants.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest

from common.database.records import NOWHERE, TableState, TaskStatus, TrackedTable
from relay.cycle.outcomes import Outcome
from relay.cycle.reasons import Reason
from tests.support.fakes import FakeBroker, FakeDatabase
from tests.support.fakes.database import FakeSnapshot
from tests.support.world import World

ROW_1, ROW_2 = ("shop", 1), ("shop", 2)


class Meanwhile(World):
    """One invoice was dispatched, another one waits; something happens at a named place of a cycle."""

    def __init__(self, *, database: FakeDatabase | None = None) -> None:
        super().__init__()
        self.database = database or self.database
        self.write(1)
        self.scan()
        self.write(2)

    def lose_the_queue(self) -> None:
        self.queue.pushed.clear()
        self.queue.offset = NOWHERE


@pytest.fixture
def world() -> Meanwhile:
    return Meanwhile()


# Another relay


def test_a_relay_that_was_overtaken_does_not_set_the_fence_back(world: Meanwhile) -> None:
    world.at("after count", world.scan)
    assert world.scan().outcome is Outcome.STOPPED
    assert world.scan().baseline is None
    assert world.queued() == ["HĐ-1", "HĐ-2"]


def test_a_relay_whose_fence_another_ones_mongo_has_moved_seals_nothing(world: Meanwhile) -> None:
    another = World()
    another.database = world.database
    world.at("before set_fence", lambda: another.scan(adopts=True))
    assert world.scan().outcome is Outcome.STOPPED
    assert world.queued() == ["HĐ-1"]


def test_a_relay_that_was_overtaken_does_not_publish_what_it_had_in_hand(world: Meanwhile) -> None:
    broker: Any = FakeBroker()
    world.queue = broker
    world.at("before queue_length", world.scan)
    assert world.scan().outcome is Outcome.STOPPED
    assert world.queued() == ["HĐ-2"]


def test_a_relay_whose_writes_are_refused_says_that_it_stopped(world: Meanwhile) -> None:
    world.at("before close", world.scan)
    assert world.scan().outcome is Outcome.STOPPED
    assert world.queued() == ["HĐ-1", "HĐ-2"]


def test_what_a_paused_relay_prepares_after_its_successor_cleared_up_is_taken_over(world: Meanwhile) -> None:
    world.scan_dying("after prepare")
    late = [dispatch for dispatch in world.mongo.contents.logs.values() if dispatch.status is TaskStatus.PREPARED]
    assert [dispatch.business_id for dispatch in late] == ["HĐ-2"]
    world.at("after discard", lambda: world.mongo.prepare(late))
    world.scan()
    assert world.queued() == ["HĐ-1", "HĐ-2"]


def test_what_a_relay_prepared_that_mongo_has_forgotten_is_not_taken_for_dispatched(world: Meanwhile) -> None:
    past = world.mongo.backup()
    for _ in range(3):
        world.scan_dying("after acquire")
    world.at("before prepare", lambda: world.mongo.restore(past))
    world.scan_dying("after prepare")
    world.scan()
    assert world.scan().baseline is Reason.JOURNAL_AHEAD
    assert "HĐ-2" in world.queued()


# A journal that loses what it had


@pytest.mark.parametrize("look", [2, 3])
def test_no_epoch_ends_on_one_look_at_the_journal(world: Meanwhile, monkeypatch: pytest.MonkeyPatch, look: int) -> None:
    """As of a member that lags: a document less than there is, once, before the drain or at its end."""
    count, looks = world.mongo.count, []

    def lagging(window_id: str, progress: Callable[[int], None]) -> int:
        looks.append(window_id)
        return count(window_id, progress) - (len(looks) == look)

    monkeypatch.setattr(world.mongo, "count", lagging)
    assert world.scan().outcome is Outcome.DONE
    assert len(looks) == 4
    assert world.scan().baseline is None
    assert world.queued() == ["HĐ-1", "HĐ-2"]


def test_a_window_that_lost_a_part_is_not_sealed(world: Meanwhile) -> None:
    world.at("after end", world.mongo.contents.logs.clear)
    assert world.scan().outcome is Outcome.STOPPED
    assert world.scan().baseline is None
    assert world.queued() == ["HĐ-1", "HĐ-2"]


def test_what_is_lost_between_seal_and_publish_is_read_anew(world: Meanwhile) -> None:
    world.at("after seal", world.mongo.contents.logs.clear)
    world.scan()
    assert world.scan().baseline is Reason.JOURNAL_HOLES
    assert "HĐ-2" in world.queued()


def test_what_is_lost_between_two_batches_is_read_anew(world: Meanwhile) -> None:
    world.write(3)
    world.at("after publish", world.mongo.contents.logs.clear)
    world.scan(batch_size=1)
    assert world.scan().baseline is Reason.JOURNAL_HOLES
    assert "HĐ-3" in world.queued()


# A queue that loses what it had


def test_what_the_queue_loses_during_the_drain_is_pushed_again(world: Meanwhile) -> None:
    world.at("before publish", world.lose_the_queue)
    assert world.scan().outcome is Outcome.DONE
    assert world.queued() == ["HĐ-1", "HĐ-2"]


def test_what_the_queue_lost_is_pushed_again_although_nothing_has_changed(world: Meanwhile) -> None:
    world.scan()
    world.lose_the_queue()
    assert world.scan().repaired == 2
    assert world.queued() == ["HĐ-1", "HĐ-2"]


def test_what_the_journal_cannot_fix_is_read_anew(world: Meanwhile) -> None:
    def lose_both() -> None:
        world.lose_the_queue()
        logs = world.mongo.contents.logs
        del logs[next(task_id for task_id, dispatch in logs.items() if dispatch.key == ROW_1)]

    world.at("after seal", lose_both)
    for _ in range(3):
        world.scan()
    assert world.queued() == ["HĐ-1", "HĐ-2"]


def test_what_a_worker_has_in_hand_is_not_pushed_again(world: Meanwhile) -> None:
    world.mongo.report(world.queue.pushed[0].id, TaskStatus.PROCESSING)
    world.lose_the_queue()
    world.scan()
    assert world.queued() == ["HĐ-2"]


def test_of_a_row_that_was_dispatched_twice_the_last_dispatch_is_pushed_again(world: Meanwhile) -> None:
    world.database.update(ROW_1, status="PENDING_SYNC")
    world.scan()
    requests = [dispatch.id for dispatch in world.queue.pushed]
    assert world.queued() == ["HĐ-1", "HĐ-2", "HĐ-1"]
    world.lose_the_queue()
    world.scan()
    assert [dispatch.id for dispatch in world.queue.pushed] == requests[1:]


def test_what_a_paused_relay_notes_while_its_successor_repairs_is_not_taken_for_done(world: Meanwhile) -> None:
    """It was pushed and lost; noted between repair's two passes, only the second would meet it, and not push it."""
    world.scan_dying("before mark_pending")
    late = [dispatch for dispatch in world.mongo.contents.logs.values() if dispatch.status is TaskStatus.PREPARED]
    assert [dispatch.business_id for dispatch in late] == ["HĐ-2"]
    world.lose_the_queue()
    world.at("before discard_torn_writes", lambda: world.mongo.mark_pending(late))
    for _ in range(3):
        world.scan()
    assert world.queued() == ["HĐ-1", "HĐ-2"]


def test_what_a_paused_relay_notes_does_not_hide_that_a_window_is_gone(world: Meanwhile) -> None:
    """Noted between repair's two passes, only the second would meet it, which does not ask what its window follows."""
    world.scan()
    world.write(3)
    world.scan_dying("before mark_pending")
    logs = world.mongo.contents.logs
    late = [dispatch for dispatch in logs.values() if dispatch.status is TaskStatus.PREPARED]
    del logs[next(dispatch.id for dispatch in logs.values() if dispatch.key == ROW_2)]
    world.lose_the_queue()
    world.at("before pushed_beyond", lambda: world.mongo.mark_pending(late))
    assert world.scan().baseline is Reason.JOURNAL_MISSES_A_WINDOW
    assert set(world.queued()) == {"HĐ-1", "HĐ-2", "HĐ-3"}


def test_a_row_that_is_done_before_its_turn_comes_is_not_pushed_again(world: Meanwhile) -> None:
    """It is asked just before it is pushed, not when the repair begins."""
    world.write(3, 4)
    world.scan()
    before = len(world.queue.pushed)
    world.lose_the_queue()
    pushed: list[str | None] = []

    def finish_the_others() -> None:
        pushed.extend(world.queued())
        for key in (ROW_2, ("shop", 3)):
            world.database.update(key, status="SYNCED")

    world.at("after publish", finish_the_others)
    world.scan(batch_size=1)
    assert before == 4
    assert pushed == ["HĐ-1"]
    assert world.queued() == ["HĐ-1", "HĐ-4"]


# A version above the snapshot's own


class SnapshotAhead(FakeSnapshot):
    """Shows one transaction more than its version says."""

    @property
    def state(self) -> TableState:
        state = super().state
        return replace(state, current_version=(state.current_version or 0) - 1)


class DatabaseAhead(FakeDatabase):
    """Some of its snapshots run ahead of their version: the next `times`."""

    times = 0

    @contextmanager
    def snapshot(self, source: TrackedTable, *, patience_seconds: float | None = None) -> Iterator[FakeSnapshot]:
        self.times -= 1
        yield (SnapshotAhead if self.times >= 0 else FakeSnapshot)(self, source, 3)


@pytest.fixture
def ahead() -> DatabaseAhead:
    return DatabaseAhead()


@pytest.fixture
def world_ahead(ahead: DatabaseAhead) -> Meanwhile:
    return Meanwhile(database=ahead)


def test_a_snapshot_that_runs_ahead_of_its_version_is_read_again(world_ahead: Meanwhile, ahead: DatabaseAhead) -> None:
    ahead.times = 1
    world_ahead.scan()
    ahead.update(ROW_2, note="x")
    world_ahead.scan()
    assert world_ahead.queued() == ["HĐ-1", "HĐ-2"]


@pytest.mark.parametrize("times", [1, 8])
def test_a_row_above_the_snapshots_version_is_not_left_to_the_next_cycle(
    world_ahead: Meanwhile, ahead: DatabaseAhead, times: int
) -> None:
    ahead.update(ROW_2, note="x")
    ahead.times = times
    world_ahead.scan()
    ahead.times = 0
    world_ahead.scan()
    assert world_ahead.queued() == ["HĐ-1", "HĐ-2"]
