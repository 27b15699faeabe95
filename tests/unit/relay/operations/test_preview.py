"""What `relay scan --dry-run` finds, held against what the next cycle then does."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from common.database.errors import ConfigurationError
from relay.cycle.options import CycleOptions
from relay.cycle.reasons import Reason
from relay.operations.preview import Preview, preview
from relay.sources.builtin import SALE
from tests.support.world import World


@pytest.fixture
def world() -> World:
    return World()


def _look(world: World, **options: Any) -> Preview:
    return preview(SALE, world.database, world.mongo, CycleOptions(**options))


def test_the_first_run_reads_all_pending_rows(world: World) -> None:
    world.write(1, 2)
    found = _look(world)
    assert (found.baseline, found.rows) == (Reason.FIRST_RUN, 2)
    assert [row.args for row in found.first] == [("HĐ-1", "shop"), ("HĐ-2", "shop")]
    assert world.queued() == []
    report = world.scan()
    assert (report.baseline, report.dispatched) == (found.baseline, found.rows)


def test_a_first_run_from_now_on_reads_nothing(world: World) -> None:
    world.write(1)
    assert _look(world, first_run_now=True).rows == 0


def test_afterwards_only_changes_are_read(world: World) -> None:
    world.write(1)
    world.scan()
    world.write(2)
    found = _look(world)
    assert (found.baseline, found.rows) == (None, 1)


def test_a_relay_that_died_just_before_its_seal_is_no_reason_for_a_baseline(world: World) -> None:
    world.write(1)
    world.scan()
    with world.database.snapshot(SALE) as snapshot:
        fence = snapshot.state.fence
        assert fence is not None
        snapshot.end()
        assert snapshot.set_fence(replace(fence, version=9, generation=fence.generation + 1), expected=fence)
    assert _look(world).baseline is None


def test_a_restored_database_is_a_reason_for_a_baseline(world: World) -> None:
    world.write(1)
    backup = world.database.backup()
    world.scan()
    world.database.restore(backup)
    assert _look(world).baseline is Reason.FENCE_MISSING


def test_a_cycle_that_was_sealed_and_not_drained_is_counted(world: World) -> None:
    world.write(1, 2)
    world.queue.waiting = 10
    world.scan(queue_limit=5)
    assert (_look(world).waiting, _look(world).rows) == (2, 0)


def test_what_a_cycle_would_leave_alone_is_not_promised(world: World) -> None:
    world.write(1)
    world.scan(host="nhà-thuốc-1")
    stray = World()
    stray.database = world.database
    with pytest.raises(ConfigurationError, match="host nhà-thuốc-1 works on it"):
        _look(stray)


def test_an_older_definition_is_told_as_the_cycle_tells_it(world: World) -> None:
    world.scan()
    world.source = replace(SALE, args=tuple(reversed(SALE.args)))
    world.scan()
    with pytest.raises(ConfigurationError, match="this process has an older one"):
        _look(world)
