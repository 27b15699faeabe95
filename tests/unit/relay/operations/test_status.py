"""What `relay status` says of a source, in every state that is worth a remark."""

from __future__ import annotations

from typing import Any

import pytest

from relay.cycle.outcomes import Outcome
from relay.cycle.reasons import Reason
from relay.operations.status import SourceStatus, statuses
from relay.sources.builtin import SALE
from tests.support.world import World


@pytest.fixture
def world() -> World:
    return World()


def _look(world: World, *, queue_limit: int = 100) -> SourceStatus:
    [found] = statuses(
        [SALE], world.database, world.mongo, world.mongo, world.queue, queue_limit=queue_limit, fresh_seconds=300.0
    )
    return found


def _said(found: SourceStatus, *names: str) -> dict[str, Any]:
    return {name: getattr(found, name) for name in names}


def test_before_the_first_run(world: World) -> None:
    found = _look(world)
    assert (found.watermark, found.behind) == (None, None)
    assert found.next_baseline is Reason.FIRST_RUN


def test_a_source_that_is_up_to_date(world: World) -> None:
    world.write(1)
    world.scan()
    found = _look(world)
    assert _said(found, "behind", "sealed", "queue_length", "next_baseline", "problem") == {
        "behind": 0,
        "sealed": 0,
        "queue_length": 1,
        "next_baseline": None,
        "problem": None,
    }
    assert found.last_baseline is not None
    assert found.last_baseline["reason"] == Reason.FIRST_RUN


def test_a_source_that_is_behind(world: World) -> None:
    world.scan()
    world.write(1)
    world.write(2)
    assert _look(world).behind == 2


def test_a_baseline_that_is_under_way(world: World) -> None:
    world.write(1)
    world.write(2)
    world.scan(baseline_rows=1)
    found = _look(world)
    assert (found.baseline_rows, found.next_baseline) == (1, None)
    world.scan()
    assert _look(world).baseline_rows is None


def test_a_full_queue(world: World) -> None:
    world.write(1, 2)
    world.scan()
    world.write(3, 4, 5)
    assert world.scan(queue_limit=2).outcome is Outcome.QUEUE_FULL
    found = _look(world, queue_limit=2)
    assert found.queue_is_full
    assert found.sealed == 3, "the journal keeps them"
    world.queue.waiting = 0
    world.scan(queue_limit=2)
    assert not _look(world, queue_limit=2).queue_is_full
    assert _look(world).sealed == 0


def test_rejected_rows_are_counted(world: World) -> None:
    with world.database.transaction() as write:
        write.insert(("shop", 1), args=(None, "shop"))
    world.scan()
    assert _look(world).rejected == 1


def test_a_restored_database(world: World) -> None:
    world.write(1)
    world.scan()
    backup = world.database.backup()
    world.write(2)
    world.scan()
    world.database.restore(backup)
    assert _look(world).next_baseline is Reason.FENCE_OLDER


def test_a_problem_is_named_with_its_remedy(world: World) -> None:
    world.database.contents.tracked = False
    found = _look(world)
    assert found.problem is not None
    assert "alembic upgrade head" in found.problem
    assert found.next_baseline is None


def test_a_source_on_which_another_mongos_relay_works(world: World) -> None:
    world.scan(host="nhà-thuốc-1")
    stray = World()
    stray.database = world.database
    found = _look(stray)
    assert found.problem is not None
    assert "host nhà-thuốc-1 works on it" in found.problem
    assert found.next_baseline is None
    world.database.let_the_fence_age()
    assert _said(_look(stray), "problem", "next_baseline") == {
        "problem": None,
        "next_baseline": Reason.CHECKPOINT_LOST,
    }
