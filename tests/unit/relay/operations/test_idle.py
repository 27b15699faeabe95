"""A source is left alone only when watermark, fence and offset are the expected ones and nothing is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from common.database.records import NOWHERE, Baseline, Checkpoint, Fence, Offset, TableState
from relay.cycle.options import RENEW_FENCE_SECONDS
from relay.operations.idle import look, renew_old_fences
from relay.sources.builtin import IMPORT, SALE
from relay.sources.source import Source
from tests.support.samples import a_checkpoint, an_offset, an_open_window

CHECKPOINT = a_checkpoint(version=7, sealed_generation=3, definition=SALE.definition)
STATE = TableState(
    current_version=7,
    object_id=1001,
    min_valid=2,
    begin_version=0,
    side_table=2001,
    updateable=True,
    fence=Fence(version=7, epoch="epoch", generation=3),
)


class World:
    """What the three services say of the sources, and how often they were asked."""

    def __init__(self, states: Mapping[str, TableState], checkpoints: Mapping[str, Checkpoint]) -> None:
        self._states = states
        self._checkpoints = checkpoints
        self.offset: Offset | None = CHECKPOINT.last_offset
        self.asked: list[str] = []
        self.renewed: list[str] = []

    def states(self, sources: Any) -> Mapping[str, TableState]:
        self.asked.append("states")
        return self._states

    def load(self, sources: Any) -> Mapping[str, Checkpoint]:
        self.asked.append("load")
        return self._checkpoints

    def renew_fence(self, source: Source, store: str) -> None:
        self.renewed.append(f"{source.name} {store}")

    def offsets(self, sources: Any) -> Mapping[str, Offset | None]:
        self.asked.append("offsets")
        return {source.name: self.offset for source in sources}


def _with_work(world: World, *sources: Source) -> list[str]:
    everything: Any = world
    wanted = sources or (SALE,)
    seen = look(wanted, lambda _: world.states(wanted), everything, everything)
    renew_old_fences(seen, world.renew_fence)
    return [each.source.name for each in seen if not each.is_idle]


def _has_work(
    *, state: TableState | None = STATE, checkpoint: Checkpoint | None = CHECKPOINT, offset: Offset | None = None
) -> bool:
    world = World({"sale": state} if state else {}, {SALE.id: checkpoint} if checkpoint else {})
    world.offset = offset or world.offset
    return _with_work(world) == ["sale"]


def test_a_fence_that_grows_old_is_renewed() -> None:
    old = replace(STATE, fence=STATE.fence and replace(STATE.fence, age_seconds=RENEW_FENCE_SECONDS))
    world = World({"sale": old}, {SALE.id: CHECKPOINT})
    assert _with_work(world) == []
    assert world.renewed == ["sale "]


def test_one_that_is_locked_has_work_and_its_fence_is_kept_fresh() -> None:
    """An index may be rebuilt for longer than a fence is fresh."""
    world = World({"import": replace(STATE, fence=None)}, {SALE.id: replace(CHECKPOINT, store="ours")})
    assert _with_work(world, SALE, IMPORT) == ["sale", "import"]
    assert world.renewed == ["sale ours"]


def test_one_that_is_locked_and_was_never_scanned_has_no_fence_to_renew() -> None:
    world = World({}, {})
    assert _with_work(world) == ["sale"]
    assert world.renewed == []


@pytest.mark.parametrize("change", [{"age_seconds": RENEW_FENCE_SECONDS - 1}, {"store": "another"}], ids=str)
def test_one_that_is_fresh_or_another_mongos_is_not(change: dict[str, Any]) -> None:
    fence = Fence(version=7, epoch="epoch", generation=3, age_seconds=RENEW_FENCE_SECONDS)
    world = World({"sale": replace(STATE, fence=replace(fence, **change))}, {SALE.id: CHECKPOINT})
    _with_work(world)
    assert world.renewed == []


def test_one_in_a_database_that_can_only_be_read_is_left_to_the_cycle_which_tells_it() -> None:
    old = replace(STATE, updateable=False, fence=STATE.fence and replace(STATE.fence, age_seconds=RENEW_FENCE_SECONDS))
    world = World({"sale": old}, {SALE.id: CHECKPOINT})
    assert _with_work(world) == ["sale"]
    assert world.renewed == []


def test_where_everything_is_as_expected_nothing_is_done() -> None:
    assert not _has_work()


@pytest.mark.parametrize(
    "change",
    [
        {"current_version": 8},
        {"current_version": None},
        {"object_id": 1002},
        {"min_valid": 8},
        {"begin_version": 7},
        {"updateable": False},
        {"fence": None},
        {"fence": Fence(version=6, epoch="epoch", generation=3)},
        {"fence": Fence(version=7, epoch="another", generation=3)},
        {"fence": Fence(version=7, epoch="epoch", generation=4)},
    ],
    ids=str,
)
def test_a_table_that_is_not_as_sealed_has_work(change: dict[str, Any]) -> None:
    assert _has_work(state=replace(STATE, **change))


@pytest.mark.parametrize(
    "change",
    [
        {"version": None},
        {"version": 6},
        {"open_window": an_open_window()},
        {"baseline": Baseline(after=(7,), until=(9,), rows=3)},
        {"definition": "another"},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_checkpoint_that_is_not_finished_has_work(change: dict[str, Any]) -> None:
    assert _has_work(checkpoint=replace(CHECKPOINT, **change))


@pytest.mark.parametrize(
    "offset",
    [NOWHERE, an_offset(0), an_offset(2), an_offset(1, number=2), an_offset(1, epoch="another")],
    ids=["lost", "behind", "ahead", "ahead by a window", "another epoch"],
)
def test_a_queue_that_stands_elsewhere_has_work(offset: Offset) -> None:
    assert _has_work(offset=offset)


def test_an_epoch_that_pushed_nothing_expects_another_ones_offset() -> None:
    nothing_pushed = replace(CHECKPOINT, last_offset=None)
    assert not _has_work(checkpoint=nothing_pushed, offset=NOWHERE)
    assert not _has_work(checkpoint=nothing_pushed, offset=an_offset(5, epoch="before"))
    assert _has_work(checkpoint=nothing_pushed, offset=an_offset(0))


def test_a_broker_that_keeps_no_offset_is_not_asked_for_one() -> None:
    world = World({"sale": STATE}, {SALE.id: CHECKPOINT})
    world.offset = None
    assert _with_work(world) == []


def test_a_source_that_nobody_knows_has_work() -> None:
    assert _has_work(state=None)
    assert _has_work(checkpoint=None)


def test_each_service_is_asked_once_for_all_sources() -> None:
    receipts = replace(CHECKPOINT, definition=IMPORT.definition)
    world = World({"sale": STATE, "import": STATE}, {SALE.id: replace(CHECKPOINT, version=6), IMPORT.id: receipts})
    assert _with_work(world, SALE, IMPORT) == ["sale"]
    # The version counter comes after the watermarks, so it is behind none of them.
    assert world.asked == ["load", "states", "offsets"]
