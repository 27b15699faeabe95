"""Another MongoDB's relay on the same database, and a person who says that this one takes the source over."""

from __future__ import annotations

import pytest

from common.database.errors import ConfigurationError
from common.database.records import NOWHERE
from relay.cycle.outcomes import Outcome
from relay.cycle.reasons import Reason
from tests.support.fakes import FakeQueue
from tests.support.world import World
from tests.unit.histories.worlds import another_mongos, begun_world, checkpoint_of


@pytest.fixture
def world() -> World:
    return begun_world()


# Another MongoDB


def test_a_fence_of_another_mongo_that_is_fresh_is_left_alone(world: World) -> None:
    stray = another_mongos(world)
    with pytest.raises(ConfigurationError, match=r"host nhà-thuốc-1 works on it .* 1 s ago.*relay adopt sale"):
        stray.scan()
    assert world.scan().baseline is None
    assert world.queued() == ["HĐ-1"]


def test_one_that_is_old_is_a_reason_for_a_new_epoch(world: World) -> None:
    world.database.let_the_fence_age()
    successor = another_mongos(world)
    assert successor.scan().baseline is Reason.CHECKPOINT_LOST
    assert world.queued() == ["HĐ-1", "HĐ-1"]


def test_who_was_overtaken_by_another_mongo_says_so(world: World) -> None:
    world.database.let_the_fence_age()
    another_mongos(world).scan()
    with pytest.raises(ConfigurationError, match="another MongoDB"):
        world.scan()


def test_a_source_whose_host_is_called_otherwise_is_the_same(world: World) -> None:
    assert world.scan(host="another-name").baseline is None


# Adoption


def test_what_fence_and_offset_vouch_for_is_not_sent_again_by_who_adopts(world: World) -> None:
    world.write(2)
    successor = another_mongos(world)
    assert successor.scan(adopts=True).baseline is None
    successor.write(3)
    successor.scan()
    assert world.queued() == ["HĐ-1", "HĐ-2", "HĐ-3"]
    assert checkpoint_of(successor).epoch == checkpoint_of(world).epoch


def test_the_windows_of_an_adopted_epoch_have_numbers_that_its_old_relay_has_not_given(world: World) -> None:
    """The database was restored, and its fence with it: the old relay had sealed and pushed more than the fence says,
    Redis has lost that, and what the old one still pushes would be taken for the new one's (tests/protocol)."""
    restored, offset = world.database.backup(), world.queue.offset
    for number in range(2, 9):
        world.write(number)
        world.scan()
    given = checkpoint_of(world).window_number
    world.database.restore(restored)
    world.queue.offset = offset
    successor = another_mongos(world)
    successor.scan(adopts=True)
    own = checkpoint_of(successor)
    assert own.epoch == checkpoint_of(world).epoch
    assert (own.window_number or 0) > (given or 0)


def test_what_nothing_vouches_for_is_read_anew_by_who_adopts(world: World) -> None:
    world.queue.offset = NOWHERE
    successor = another_mongos(world)
    assert successor.scan(adopts=True).baseline is Reason.ADOPTED
    assert world.queued() == ["HĐ-1", "HĐ-1"]


def test_a_window_that_was_sealed_and_not_yet_pushed_is_vouched_for_by_nobody(world: World) -> None:
    world.write(2)
    world.queue.waiting = 10**6
    assert world.scan().outcome is Outcome.QUEUE_FULL
    world.queue.waiting = 0
    successor = another_mongos(world)
    assert successor.scan(adopts=True).baseline is Reason.ADOPTED
    assert "HĐ-2" in world.queued()


def test_who_was_relieved_of_a_source_leaves_it_alone(world: World) -> None:
    successor = another_mongos(world)
    successor.scan(adopts=True)
    world.write(2)
    with pytest.raises(ConfigurationError, match="another MongoDB"):
        world.scan()
    successor.scan()
    assert world.queued() == ["HĐ-1", "HĐ-2"]


def test_an_adopted_source_that_changed_meanwhile_is_read_anew(world: World) -> None:
    world.database.switch_tracking_off_and_on()
    successor = another_mongos(world)
    assert successor.scan(adopts=True).baseline is Reason.TRACKING_SWITCHED


def test_an_adoption_that_died_half_way_is_finished_by_the_next_cycle(world: World) -> None:
    successor = another_mongos(world)
    successor.scan_dying("before begin_epoch", adopts=True)
    assert successor.scan().baseline is None
    assert world.queued() == ["HĐ-1"]


def test_who_adopts_its_own_source_changes_nothing(world: World) -> None:
    before = checkpoint_of(world)
    world.scan(adopts=True)
    assert (checkpoint_of(world).epoch, checkpoint_of(world).base) == (before.epoch, before.base)
    assert world.queued() == ["HĐ-1"]


def test_who_was_relieved_of_a_source_pushes_nothing_any_more(world: World) -> None:
    """It would take the other epoch's offset in the queue for a loss, and push its own dispatches again."""
    world.queue.offset = NOWHERE
    successor = another_mongos(world)
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
    successor = another_mongos(world)
    successor.queue = FakeQueue()
    successor.scan(adopts=True)
    world.queue.waiting = 0
    with pytest.raises(ConfigurationError, match="another MongoDB"):
        world.scan()
    assert world.queued() == ["HĐ-1"]
    assert successor.queued() == ["HĐ-1", "HĐ-2"]
