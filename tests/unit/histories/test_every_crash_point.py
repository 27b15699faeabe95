"""The cycle dies before and after every single call on every port, once for each n, in all that a cycle can meet.

What the relays after it do must end with every row in its queue, and once.
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from tests.support.crashing import OPTIONS, CrashWorld
from tests.support.fakes.queue import FakeBroker, FakeQueue
from tests.unit.histories.scenarios import (
    LOSSES,
    SCENARIOS,
    Scenario,
    a_first_run_that_begins_now,
    an_empty_window,
    documents,
    insert,
)


@pytest.mark.parametrize("scenario", SCENARIOS + LOSSES, ids=lambda scenario: scenario.__name__)
def test_whatever_it_dies_at_every_row_is_in_the_queue_once(scenario: Scenario) -> None:
    places = _places(scenario, FakeQueue())
    assert places > 20
    for die_at in range(places + 1):
        world = CrashWorld(queue=FakeQueue())
        wanted = scenario(world)
        world.run(die_at=die_at)
        world.settle()
        assert Counter(d.business_id for d in world.queue.pushed) == wanted, f"died at {die_at}"
        _check_rest(world, die_at)


def test_a_first_run_that_begins_now_takes_what_comes_after_it_began_wherever_it_dies() -> None:
    places = _places(a_first_run_that_begins_now, FakeQueue())
    for die_at in range(places + 1):
        world = CrashWorld(queue=FakeQueue())
        a_first_run_that_begins_now(world)
        world.run(die_at=die_at)
        has_begun = world.database.contents.fence is not None
        insert(world, 4)
        world.settle()
        insert(world, 5)
        world.settle()
        # Who died before the fence has not begun: "now" is when the next one does.
        wanted = documents(4, 5) if has_begun else documents(5)
        assert Counter(d.business_id for d in world.queue.pushed) == wanted, f"died at {die_at}"
        _check_rest(world, die_at)


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_a_broker_that_keeps_no_offset_gets_at_most_one_batch_again(scenario: Scenario) -> None:
    again = 0
    for die_at in range(_places(scenario, FakeBroker()) + 1):
        world = CrashWorld(queue=FakeBroker())
        # What the scenario's own crash repeated is not this one's.
        wanted = scenario(world)
        before = world.pushed()
        world.run(die_at=die_at)
        world.settle()
        assert +Counter({name for name, _ in world.pushed()}) == Counter(set(wanted)), f"died at {die_at}"
        repeated = sum(max(0, count - max(1, before[of])) for of, count in world.pushed().items())
        assert repeated <= OPTIONS.batch_size, f"died at {die_at}"
        again += repeated
        assert not world.unfinished(), f"died at {die_at}"
    assert again > 0 or scenario is an_empty_window, "the crash between push and note is among them"


def _places(scenario: Scenario, queue: FakeQueue | FakeBroker) -> int:
    world = CrashWorld(queue=queue)
    scenario(world)
    return world.run()[1]


def _check_rest(world: CrashWorld, die_at: int) -> None:
    assert not world.unfinished(), f"died at {die_at}"
    assert world.open_window() is None, f"died at {die_at}"
    assert not world.never_expiring(), f"died at {die_at}"
    assert max(world.pushed().values(), default=1) == 1, f"died at {die_at}"


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_watermark_and_offset_never_go_back(scenario: Scenario) -> None:
    for die_at in range(_places(scenario, FakeQueue()) + 1):
        world = CrashWorld(queue=FakeQueue())
        scenario(world)
        world.run(die_at=die_at)
        world.settle()
        for (epoch, earlier), (same, later) in pairwise(world.watermarks):
            assert later >= earlier or epoch != same, f"died at {die_at}"
        for before, after in pairwise(world.offsets):
            assert after.place >= before.place, f"died at {die_at}"
