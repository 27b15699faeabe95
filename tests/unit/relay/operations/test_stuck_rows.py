"""Pending rows held against the task log: which are stuck, which were missed, and which are as they should be."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import timedelta

import pytest

from common.database.ports import Snapshot
from common.database.records import ChangedRow, Checkpoint, LastDispatch, TaskStatus
from relay.cycle.outcomes import Outcome
from relay.operations.stuck_rows import NotJudged, StuckRows, Verdict, find_stuck_rows, make_judge, rows_to_resend
from relay.sources.builtin import SALE
from relay.worker.reporting import report_stuck
from tests.support.stage import SilentLog
from tests.support.world import World

STUCK = timedelta(minutes=60)
LOG_KEPT = timedelta(days=30)


@pytest.fixture
def world() -> World:
    """Relay has begun."""
    world = World()
    world.scan()
    return world


def look(world: World) -> StuckRows:
    return find_stuck_rows(SALE, world.database, world.mongo, world.mongo, stuck=STUCK, log_kept=LOG_KEPT)


def counts(world: World) -> Counter[Verdict]:
    return look(world).counts


def resend_all(world: World) -> None:
    def resend(
        snapshot: Snapshot, checkpoint: Checkpoint
    ) -> Iterator[Sequence[tuple[ChangedRow, LastDispatch | None]]]:
        return rows_to_resend(make_judge(SALE, world.mongo, checkpoint, stuck=STUCK, log_kept=LOG_KEPT), snapshot)

    assert world.scan(resend).outcome is Outcome.DONE


def test_a_row_is_stuck_when_it_still_waits_long_after_its_dispatch(world: World) -> None:
    world.write(1)
    world.scan()
    world.now += 3599
    assert counts(world) == {Verdict.IN_QUEUE: 1}
    world.now += 1
    found = look(world)
    assert found.counts == {Verdict.STUCK: 1}
    [row] = found.rows
    assert (row.business_id, row.status, row.minutes) == ("HĐ-1", TaskStatus.PENDING, 60)
    assert row.task_id == world.queue.pushed[0].id


@pytest.mark.parametrize("status", [TaskStatus.PROCESSING, TaskStatus.SUCCESS, TaskStatus.FAILED])
def test_what_its_worker_said_is_told(world: World, status: TaskStatus) -> None:
    world.write(1)
    world.scan()
    world.mongo.report(world.queue.pushed[0].id, status)
    world.now += 3600
    assert look(world).stuck_by_status == {status: 1}


def test_rows_that_are_as_they_should_be(world: World) -> None:
    world.database.insert(("shop", 1), args=("HĐ-1", None))
    world.write(2)
    world.database.insert(("shop", 3), status="DRAFT")
    world.scan()
    world.write(4)
    world.now += 60
    assert counts(world) == {Verdict.REJECTED: 1, Verdict.IN_QUEUE: 1, Verdict.WAITING: 1}


def test_rows_that_wait_for_a_place_in_the_queue(world: World) -> None:
    world.write(1, 2)
    world.queue.waiting = 10
    world.scan(queue_limit=10)
    world.now += 7200
    assert counts(world) == {Verdict.WAITING: 2}


def test_an_unrelated_edit_makes_no_difference(world: World) -> None:
    world.write(1)
    world.scan()
    world.database.update(("shop", 1), note="x")
    world.scan()
    world.now += 3600
    assert counts(world) == {Verdict.STUCK: 1}


def test_a_row_that_was_never_dispatched_is_missed_and_relay_shouts(world: World) -> None:
    world.write(1)
    world.scan()
    world.mongo.contents.logs.clear()
    found, log = look(world), SilentLog()
    assert found.counts == {Verdict.MISSED: 1}
    report_stuck(log, found)
    [(event, fields), _] = log.events
    assert (event, fields["rows"], fields["first"]) == ("missed", 1, "HĐ-1")


def test_the_missed_are_named_also_behind_many_stuck_ones(world: World) -> None:
    world.write(*range(50))
    world.scan()
    world.write(50)
    world.scan()
    del world.mongo.contents.logs[world.queue.pushed[-1].id]
    world.now += 3600
    found = look(world)
    assert found.counts == {Verdict.STUCK: 50, Verdict.MISSED: 1}
    assert found.rows[-1].business_id == "HĐ-50"
    assert len(found.rows) == 21


def test_rows_from_before_a_first_run_with_now_are_not_meant() -> None:
    world = World()
    world.write(1)
    world.scan(first_run_now=True)
    world.write(2)
    world.scan()
    assert counts(world) == {Verdict.NOT_WANTED: 1, Verdict.IN_QUEUE: 1}


def test_rows_that_are_older_than_the_log_are_not_meant(world: World) -> None:
    world.write(1)
    world.write(2)
    world.scan()
    del world.mongo.contents.logs[world.queue.pushed[0].id]
    forgetful = make_judge(SALE, world.mongo, _checkpoint(world), stuck=STUCK, log_kept=timedelta(0))
    with world.database.snapshot(SALE) as snapshot:
        [rows] = snapshot.pending()
        assert [verdict for _, _, verdict in forgetful.over(rows)] == [Verdict.OLDER_THAN_LOG, Verdict.IN_QUEUE]


def _checkpoint(world: World) -> Checkpoint:
    return world.mongo.load([SALE.id])[SALE.id]


def test_nothing_is_judged_while_a_baseline_is_due() -> None:
    world = World()
    world.write(1)
    assert look(world).not_judged is NotJudged.BASELINE_DUE
    world.scan()
    copy = world.database.backup()
    world.mongo.forget()
    world.scan(adopts=True)
    world.database.restore(copy)
    assert look(world).not_judged is NotJudged.EPOCH_DUE


def test_nothing_is_judged_or_sent_again_while_a_baseline_is_under_way() -> None:
    """What it has not reached would be taken for missed."""
    world = World()
    for number in range(4):
        world.write(number)
    world.scan(baseline_rows=2)
    assert look(world).not_judged is NotJudged.BASELINE_UNDER_WAY
    asked: list[Checkpoint] = []

    def resend(
        snapshot: Snapshot, checkpoint: Checkpoint
    ) -> Iterator[Sequence[tuple[ChangedRow, LastDispatch | None]]]:
        asked.append(checkpoint)
        return iter(())

    world.scan(resend, baseline_rows=2)
    world.scan(resend, baseline_rows=2)
    assert not asked, "the second one was the last of the baseline"
    assert world.queued() == [f"HĐ-{number}" for number in range(4)]
    world.scan(resend)
    assert len(asked) == 1
    assert look(world).not_judged is None


def test_what_is_sent_again_has_an_id_of_its_own_and_says_what_it_repeats(world: World) -> None:
    world.write(1)
    world.write(2)
    world.scan()
    world.database.update(("shop", 2), status="SYNCED")
    world.now += 3600
    resend_all(world)
    first, _, again = world.queue.pushed
    assert again.business_id == "HĐ-1"
    assert (again.repeats, again.attempt) == (first.id, 2)
    assert again.id != first.id
    assert counts(world) == {Verdict.IN_QUEUE: 1}
    resend_all(world)
    assert len(world.queue.pushed) == 3, "it is young again"
    world.now += 3600
    resend_all(world)
    assert (world.queue.pushed[-1].repeats, world.queue.pushed[-1].attempt) == (again.id, 3)


def test_what_was_missed_is_dispatched(world: World) -> None:
    world.write(1)
    world.scan()
    world.mongo.contents.logs.clear()
    resend_all(world)
    assert world.queued() == ["HĐ-1", "HĐ-1"]
    assert counts(world) == {Verdict.IN_QUEUE: 1}


def test_sending_again_leaves_what_has_changed_since_to_the_changes(world: World) -> None:
    world.write(1)
    world.scan()
    world.now += 3600
    world.database.update(("shop", 1), status="PENDING_SYNC")
    world.write(2)
    resend_all(world)
    assert world.queued() == ["HĐ-1", "HĐ-1", "HĐ-2"]
    assert world.queue.pushed[1].repeats is None
    world.scan()
    assert len(world.queue.pushed) == 3
