"""A batch of which only the beginning gets into the queue: that much is marked, and the next cycle begins behind it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from common.database.records import Outgoing, TaskStatus
from relay.cycle.outcomes import Outcome
from tests.support.fakes import FakeBroker, FakeQueue
from tests.support.world import World


class _Breaking:
    """Takes all before the dispatch with this business id, and loses its connection then."""

    breaks_at: str | None = None

    def publish(self, source: Any, *, dispatches: Sequence[Outgoing], **rest: Any) -> None:
        names = [getattr(dispatch, "business_id", None) for dispatch in dispatches]
        if self.breaks_at not in names:
            super().publish(source, dispatches=dispatches, **rest)  # type: ignore[misc]
            return
        if before := dispatches[: names.index(self.breaks_at)]:
            super().publish(source, dispatches=before, **rest)  # type: ignore[misc]
        raise ConnectionError(f"the queue takes no {self.breaks_at}")


class BreakingQueue(_Breaking, FakeQueue):
    """Keeps its offset."""


class BreakingBroker(_Breaking, FakeBroker):
    """Keeps none."""


@pytest.fixture(params=[BreakingQueue, BreakingBroker])
def queue(request: pytest.FixtureRequest) -> BreakingQueue | BreakingBroker:
    made: BreakingQueue | BreakingBroker = request.param()
    return made


@pytest.fixture
def world(queue: Any) -> World:
    world = World()
    world.queue = queue
    world.scan()
    world.write(1, 2, 3, 4, 5, 6)
    return world


def _by_status(world: World) -> dict[str, list[str | None]]:
    found: dict[str, list[str | None]] = {}
    for dispatch in world.mongo.contents.logs.values():
        found.setdefault(dispatch.status.value, []).append(dispatch.business_id)
    return found


@pytest.mark.parametrize("batch_size", [4, 100], ids=["in the second batch", "in the only one"])
@pytest.mark.parametrize("most_kept", [0, 100], ids=["from the journal", "from memory"])
def test_what_arrived_is_marked_although_the_rest_failed(
    world: World, queue: BreakingQueue | BreakingBroker, batch_size: int, most_kept: int
) -> None:
    queue.breaks_at = "HĐ-6"
    for _ in range(3):
        with pytest.raises(ConnectionError, match="takes no HĐ-6"):
            world.scan(batch_size=batch_size, most_kept=most_kept)
        assert _by_status(world) == {
            TaskStatus.PENDING: ["HĐ-1", "HĐ-2", "HĐ-3", "HĐ-4", "HĐ-5"],
            TaskStatus.PREPARED: ["HĐ-6"],
        }
    queue.breaks_at = None
    assert world.scan(batch_size=batch_size, most_kept=most_kept).outcome is Outcome.DONE
    assert world.queued() == [f"HĐ-{number}" for number in range(1, 7)]
    assert world.mongo.contents.expiring == set(world.mongo.contents.logs)


def test_when_nothing_arrived_nothing_is_marked(world: World, queue: BreakingQueue | BreakingBroker) -> None:
    queue.breaks_at = "HĐ-1"
    with pytest.raises(ConnectionError):
        world.scan()
    assert _by_status(world) == {TaskStatus.PREPARED: [f"HĐ-{number}" for number in range(1, 7)]}


def test_what_arrived_and_is_lost_afterwards_is_pushed_again() -> None:
    world, queue = World(), BreakingQueue()
    world.queue = queue
    world.scan()
    world.write(1, 2, 3, 4, 5, 6)
    queue.breaks_at = "HĐ-4"
    with pytest.raises(ConnectionError):
        world.scan()
    world.queue = FakeQueue()
    world.scan()
    assert world.queued() == [f"HĐ-{number}" for number in range(1, 7)]
