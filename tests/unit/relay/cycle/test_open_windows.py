"""Documents of an open window never expire, however long its queue is full; those of a closed one all do."""

from __future__ import annotations

import pytest

from relay.cycle.outcomes import Outcome
from tests.support.world import World


@pytest.fixture
def world() -> World:
    world = World()
    world.scan()
    return world


def test_nothing_expires_before_all_is_in_the_queue(world: World) -> None:
    world.write(1, 2, 3, 4, 5)
    world.database.insert(("shop", 6), args=("HĐ-6", None))
    report = world.scan(batch_size=2, queue_limit=3)
    assert (report.outcome, world.queued()) == (Outcome.QUEUE_FULL, ["HĐ-1", "HĐ-2", "HĐ-3", "HĐ-4"])
    assert world.mongo.contents.expiring == set()

    world.scan(batch_size=2, queue_limit=100)
    assert world.mongo.contents.expiring == set(world.mongo.contents.logs)
    assert len(world.mongo.contents.logs) == 6


@pytest.mark.parametrize("batch_size", [2, 5, 100])
def test_all_of_a_closed_window_expires(world: World, batch_size: int) -> None:
    world.write(1, 2, 3, 4, 5)
    world.scan(batch_size=batch_size)
    assert world.mongo.contents.expiring == set(world.mongo.contents.logs)
    assert len(world.mongo.contents.logs) == 5


def test_a_window_of_rejected_rows_alone_expires(world: World) -> None:
    world.database.insert(("shop", 1), args=("HĐ-1", None))
    world.scan()
    assert world.mongo.contents.expiring == set(world.mongo.contents.logs)
    assert len(world.mongo.contents.logs) == 1
