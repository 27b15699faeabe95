"""Whose source it is: another MongoDB's, one that was adopted, an older definition's, or a person's to look at."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest

from common.database.errors import ConfigurationError
from common.database.records import NOWHERE, Checkpoint
from relay.cycle.outcomes import Outcome
from relay.cycle.reasons import Reason
from relay.sources.builtin import SALE
from tests.support.fakes import FakeQueue
from tests.support.fakes.database import Change
from tests.support.samples import an_offset
from tests.support.world import World

ANOTHER_DEFINITION = replace(SALE, args=tuple(reversed(SALE.args)))
ROW_1 = ("shop", 1)


@pytest.fixture
def world() -> World:
    """One row was dispatched, and waits for its worker service."""
    world = World()
    world.write(1)
    world.scan(host="nhà-thuốc-1")
    return world


def _of(world: World) -> Checkpoint:
    return world.mongo.contents.held[SALE.id].checkpoint


def _another_mongos(world: World) -> World:
    """The relay that somebody starts with another MongoDB, by problem or on purpose."""
    another = World()
    another.database, another.queue = world.database, world.queue
    another._names = 100
    return another


# Another MongoDB


def test_a_fence_of_another_mongo_that_is_fresh_is_left_alone(world: World) -> None:
    stray = _another_mongos(world)
    with pytest.raises(ConfigurationError, match=r"host nhà-thuốc-1 works on it .* 1 s ago.*relay adopt sale"):
        stray.scan()
    assert world.scan().baseline is None
    assert world.queued() == ["HĐ-1"]


def test_one_that_is_old_is_a_reason_for_a_new_epoch(world: World) -> None:
    world.database.let_the_fence_age()
    successor = _another_mongos(world)
    assert successor.scan().baseline is Reason.CHECKPOINT_LOST
    assert world.queued() == ["HĐ-1", "HĐ-1"]


def test_who_was_overtaken_by_another_mongo_says_so(world: World) -> None:
    world.database.let_the_fence_age()
    _another_mongos(world).scan()
    with pytest.raises(ConfigurationError, match="another MongoDB"):
        world.scan()


def test_a_source_whose_host_is_called_otherwise_is_the_same(world: World) -> None:
    assert world.scan(host="another-name").baseline is None


# Adoption


def test_what_fence_and_offset_vouch_for_is_not_sent_again_by_who_adopts(world: World) -> None:
    world.write(2)
    successor = _another_mongos(world)
    assert successor.scan(adopts=True).baseline is None
    successor.write(3)
    successor.scan()
    assert world.queued() == ["HĐ-1", "HĐ-2", "HĐ-3"]
    assert _of(successor).epoch == _of(world).epoch


def test_what_nothing_vouches_for_is_read_anew_by_who_adopts(world: World) -> None:
    world.queue.offset = NOWHERE
    successor = _another_mongos(world)
    assert successor.scan(adopts=True).baseline is Reason.ADOPTED
    assert world.queued() == ["HĐ-1", "HĐ-1"]


def test_a_window_that_was_sealed_and_not_yet_pushed_is_vouched_for_by_nobody(world: World) -> None:
    world.write(2)
    world.queue.waiting = 10**6
    assert world.scan().outcome is Outcome.QUEUE_FULL
    world.queue.waiting = 0
    successor = _another_mongos(world)
    assert successor.scan(adopts=True).baseline is Reason.ADOPTED
    assert "HĐ-2" in world.queued()


def test_who_was_relieved_of_a_source_leaves_it_alone(world: World) -> None:
    successor = _another_mongos(world)
    successor.scan(adopts=True)
    world.write(2)
    with pytest.raises(ConfigurationError, match="another MongoDB"):
        world.scan()
    successor.scan()
    assert world.queued() == ["HĐ-1", "HĐ-2"]


def test_an_adopted_source_that_changed_meanwhile_is_read_anew(world: World) -> None:
    world.database.switch_tracking_off_and_on()
    successor = _another_mongos(world)
    assert successor.scan(adopts=True).baseline is Reason.TRACKING_SWITCHED


def test_an_adoption_that_died_half_way_is_finished_by_the_next_cycle(world: World) -> None:
    successor = _another_mongos(world)
    successor.scan_dying("before begin_epoch", adopts=True)
    assert successor.scan().baseline is None
    assert world.queued() == ["HĐ-1"]


def test_who_adopts_its_own_source_changes_nothing(world: World) -> None:
    before = _of(world)
    world.scan(adopts=True)
    assert (_of(world).epoch, _of(world).base) == (before.epoch, before.base)
    assert world.queued() == ["HĐ-1"]


def test_who_was_relieved_of_a_source_pushes_nothing_any_more(world: World) -> None:
    """It would take the other epoch's offset in the queue for a loss, and push its own dispatches again."""
    world.queue.offset = NOWHERE
    successor = _another_mongos(world)
    successor.scan(adopts=True)
    for _ in range(5):
        with pytest.raises(ConfigurationError, match="another MongoDB"):
            world.scan()
        successor.scan()
    assert world.queued() == ["HĐ-1", "HĐ-1"]


def test_who_was_relieved_and_keeps_an_offset_of_its_own_does_not_push_its_open_window(world: World) -> None:
    """Under another name of Mongo's database its offset is another one, and tells nothing of the successor."""
    world.write(2)
    world.queue.waiting = 10**6
    assert world.scan().outcome is Outcome.QUEUE_FULL
    successor = _another_mongos(world)
    successor.queue = FakeQueue()
    successor.scan(adopts=True)
    world.queue.waiting = 0
    with pytest.raises(ConfigurationError, match="another MongoDB"):
        world.scan()
    assert world.queued() == ["HĐ-1"]
    assert successor.queued() == ["HĐ-1", "HĐ-2"]


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
    others = [world, _another_mongos(world)]
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
    assert _of(world).epoch_reason == Reason.JOURNAL_MISSES_A_WINDOW


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
    world.queue.offset = an_offset(0, number=1, epoch=_of(world).epoch or "")
    generation = world.mongo.contents.held[SALE.id]
    generation.generation += 5
    world.write(3)
    world.scan()
    assert (_of(world).window_number or 0) > 2
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
