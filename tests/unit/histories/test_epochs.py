"""Whose source it is: another MongoDB's, one that was adopted, an older definition's, or a person's to look at."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from common.database.errors import ConfigurationError
from common.database.records import NOWHERE
from relay.cycle.outcomes import Outcome
from relay.cycle.reasons import Reason
from relay.sources.builtin import SALE
from tests.support.fakes.database import Change
from tests.support.samples import an_offset
from tests.support.world import World
from tests.unit.histories.worlds import ROW_1, another_mongos, begun_world, checkpoint_of

ANOTHER_DEFINITION = replace(SALE, args=tuple(reversed(SALE.args)))


@pytest.fixture
def world() -> World:
    return begun_world()


# Definitions


def test_all_that_waits_is_dispatched_once_more_under_another_definition(world: World) -> None:
    world.source = ANOTHER_DEFINITION
    assert world.scan().baseline is Reason.DEFINITION_CHANGED
    assert world.scan().baseline is None
    assert world.queued() == ["HĐ-1", "HĐ-1"]


def test_a_row_without_a_version_is_dispatched_once_with_each_definition() -> None:
    world = World()
    world.write(1)
    world.database.contents.log.clear()
    world.scan()
    world.source = ANOTHER_DEFINITION
    for _ in range(3):
        world.scan()
    assert world.queued() == ["HĐ-1", "HĐ-1"]


def test_a_definition_that_was_superseded_names_who_brought_the_present_one(world: World) -> None:
    world.source = ANOTHER_DEFINITION
    world.scan(host="nhà-thuốc-2")
    world.source = SALE
    with pytest.raises(ConfigurationError) as caught:
        world.scan()
    assert re.search(r"host nhà-thuốc-2 brought another definition of it at 1970-01-01 00:16:40 UTC", str(caught.value))
    assert "relay adopt sale" in str(caught.value)
    world.source = ANOTHER_DEFINITION
    assert world.scan().baseline is None
    assert world.queued() == ["HĐ-1", "HĐ-1"]


def test_a_definition_comes_back_when_it_is_adopted(world: World) -> None:
    world.source = ANOTHER_DEFINITION
    world.scan()
    world.source = SALE
    assert world.scan(adopts=True).baseline is Reason.DEFINITION_CHANGED
    assert world.scan().baseline is None
    assert world.queued() == ["HĐ-1"] * 3
    world.source = ANOTHER_DEFINITION
    with pytest.raises(ConfigurationError, match="brought another definition"):
        world.scan()


# Epochs that begin too often


def _lose_the_fence(world: World) -> None:
    world.database.contents.fence = None


def test_a_source_whose_epochs_begin_too_often_is_stopped_until_it_is_adopted(world: World) -> None:
    for _ in range(2):
        _lose_the_fence(world)
        assert world.scan().baseline is Reason.FENCE_MISSING
    _lose_the_fence(world)
    with pytest.raises(ConfigurationError, match=r"3 times within 10 minutes.*Here: .* in SQL Server: no fence"):
        world.scan()
    world.now += 86_400
    with pytest.raises(ConfigurationError, match=r"stopped since .*relay adopt sale"):
        world.scan()
    assert world.scan(adopts=True).baseline is not None
    assert world.scan().outcome is Outcome.DONE
    world.write(2)
    world.scan()
    assert world.queued() == ["HĐ-1"] * 4 + ["HĐ-2"]


def test_epochs_that_begin_now_and_then_stop_nothing(world: World) -> None:
    for _ in range(9):
        world.now += 300
        _lose_the_fence(world)
        assert world.scan().baseline is Reason.FENCE_MISSING


def test_of_two_relays_that_do_not_know_of_each_other_one_is_stopped(world: World) -> None:
    """Their fences look old to each other: as if nobody had been at work."""
    others = [world, another_mongos(world)]
    refused = 0
    for _ in range(12):
        for each in others:
            world.database.let_the_fence_age()
            try:
                each.scan()
            except ConfigurationError:
                refused += 1
    assert len(world.queued()) <= 6
    assert refused >= 8, "one of them is stopped, the other goes on alone"


def test_what_waits_is_not_sent_again_when_only_retention_has_passed(world: World) -> None:
    """Its version is known, so it is the same dispatch as before."""
    world.database.contents.min_valid = world.database.contents.version + 1
    world.database.update(ROW_1, note="x")
    world.write(2)
    world.database.contents.log[ROW_1].pop()
    world.database.contents.log[ROW_1].append(Change(version=1, columns=None))
    assert world.scan().baseline is Reason.RETENTION_PASSED
    assert world.queued() == ["HĐ-1", "HĐ-2"]


# The chain of windows


def test_a_window_that_the_journal_lost_before_the_queue_did_is_noticed(world: World) -> None:
    world.write(2)
    world.scan()
    world.write(3)
    world.scan()
    logs = world.mongo.contents.logs
    for task_id in [each.id for each in logs.values() if each.business_id == "HĐ-2"]:
        del logs[task_id]
    world.queue.pushed.clear()
    world.queue.offset = NOWHERE
    world.scan()
    assert sorted(map(str, world.queued())) == ["HĐ-1", "HĐ-2", "HĐ-3"]
    assert checkpoint_of(world).epoch_reason == Reason.JOURNAL_MISSES_A_WINDOW


def test_windows_that_have_expired_are_not_missed(world: World) -> None:
    kept: dict[str, Any] = {"log_kept_seconds": 0}
    world.database.update(ROW_1, status="SYNCED")
    world.write(2)
    world.scan(**kept)
    logs = world.mongo.contents.logs
    for task_id in [each.id for each in logs.values() if each.business_id == "HĐ-1"]:
        del logs[task_id]
    world.queue.pushed.clear()
    world.queue.offset = NOWHERE
    assert world.scan(**kept).repaired == 1
    assert world.queued() == ["HĐ-2"]


def test_a_window_never_bears_the_number_of_one_that_mongo_has_forgotten(world: World) -> None:
    """Mongo is set back to before a seal, whose fence then looks like that of an attempt that died before it."""
    past = world.mongo.backup()
    world.write(2)
    world.scan()
    world.mongo.restore(past)
    world.queue.offset = an_offset(0, number=1, epoch=checkpoint_of(world).epoch or "")
    generation = world.mongo.contents.held[SALE.id]
    generation.generation += 5
    world.write(3)
    world.scan()
    assert (checkpoint_of(world).window_number or 0) > 2
    assert "HĐ-3" in world.queued()


# First run = now


def test_what_comes_after_a_first_run_that_died_is_not_skipped() -> None:
    world = World()
    world.write(1)
    world.scan_dying("before begin_epoch", first_run_now=True)
    world.write(2)
    for _ in range(2):
        world.scan(first_run_now=True)
    assert world.queued() == ["HĐ-2"]


def test_the_fence_of_its_first_window_does_not_look_older_than_the_epoch() -> None:
    """The epoch's own fence and that of its first window differ in version: so they must in generation."""
    world = World()
    world.write(1)
    world.at("after begin_epoch", lambda: world.write(2))
    world.scan_dying("before seal", first_run_now=True)
    for _ in range(2):
        assert world.scan(first_run_now=True).baseline is None
    assert world.queued() == ["HĐ-2"]


def test_a_queue_that_knows_the_source_is_no_first_run(world: World) -> None:
    """Mongo and the fence are gone, but something was pushed: what waits may never have been."""
    world.write(2)
    world.mongo.forget()
    _lose_the_fence(world)
    assert world.scan(first_run_now=True).baseline is Reason.FIRST_RUN
    assert "HĐ-2" in world.queued()


# What the cycle says of it


def test_a_cycle_that_ends_its_epoch_does_not_report_done(world: World) -> None:
    before = world.mongo.backup()
    world.write(2)
    world.scan()
    world.mongo.restore(before)
    report = world.scan()
    assert (report.outcome, report.baseline) == (Outcome.EPOCH_ENDED, Reason.QUEUE_AHEAD)
    assert world.scan().outcome is Outcome.DONE
