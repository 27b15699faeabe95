"""A source is left alone only when watermark, mark and position are the expected ones and nothing is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from common.database.records import NOWHERE, Checkpoint, Mark, Position, TableState
from relay.cycle.outcomes import RENEW_MARK_SECONDS
from relay.operations.idle import sources_with_work
from relay.sources.builtin import IMPORT, SALE
from relay.sources.source import Source
from tests.support.samples import a_checkpoint, a_position, an_open_cycle

CHECKPOINT = a_checkpoint(version=7, sealed_generation=3, definition=SALE.definition)
STATE = TableState(
    current_version=7,
    object_id=1001,
    min_valid=2,
    begin_version=0,
    side_table=2001,
    updateable=True,
    mark=Mark(version=7, life="life", generation=3),
)


class World:
    """What the three services say of the sources, and how often they were asked."""

    def __init__(self, states: Mapping[str, TableState], checkpoints: Mapping[str, Checkpoint]) -> None:
        self._states = states
        self._checkpoints = checkpoints
        self.position: Position | None = CHECKPOINT.last
        self.asked: list[str] = []
        self.renewed: list[str] = []

    def states(self, sources: Any) -> Mapping[str, TableState]:
        self.asked.append("states")
        return self._states

    def load(self, sources: Any) -> Mapping[str, Checkpoint]:
        self.asked.append("load")
        return self._checkpoints

    def renew_mark(self, source: Source, store: str) -> None:
        self.renewed.append(f"{source.name} {store}")

    def positions(self, sources: Any) -> Mapping[str, Position | None]:
        self.asked.append("positions")
        return {source.name: self.position for source in sources}


def _with_work(world: World, *sources: Source) -> list[str]:
    everything: Any = world
    found = sources_with_work(sources or [SALE], everything, everything, everything, world.renew_mark)
    return [source.name for source in found]


def _has_work(
    *, state: TableState | None = STATE, checkpoint: Checkpoint | None = CHECKPOINT, position: Position | None = None
) -> bool:
    world = World({"sale": state} if state else {}, {SALE.id: checkpoint} if checkpoint else {})
    world.position = position or world.position
    return _with_work(world) == ["sale"]


def test_a_mark_that_grows_old_is_renewed() -> None:
    old = replace(STATE, mark=STATE.mark and replace(STATE.mark, age_seconds=RENEW_MARK_SECONDS))
    world = World({"sale": old}, {SALE.id: CHECKPOINT})
    assert _with_work(world) == []
    assert world.renewed == ["sale "]


@pytest.mark.parametrize("change", [{"age_seconds": RENEW_MARK_SECONDS - 1}, {"store": "another"}], ids=str)
def test_one_that_is_fresh_or_another_mongos_is_not(change: dict[str, Any]) -> None:
    mark = Mark(version=7, life="life", generation=3, age_seconds=RENEW_MARK_SECONDS)
    world = World({"sale": replace(STATE, mark=replace(mark, **change))}, {SALE.id: CHECKPOINT})
    _with_work(world)
    assert world.renewed == []


def test_one_in_a_database_that_can_only_be_read_is_left_to_the_cycle_which_tells_it() -> None:
    old = replace(STATE, updateable=False, mark=STATE.mark and replace(STATE.mark, age_seconds=RENEW_MARK_SECONDS))
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
        {"mark": None},
        {"mark": Mark(version=6, life="life", generation=3)},
        {"mark": Mark(version=7, life="another", generation=3)},
        {"mark": Mark(version=7, life="life", generation=4)},
    ],
    ids=str,
)
def test_a_table_that_is_not_as_sealed_has_work(change: dict[str, Any]) -> None:
    assert _has_work(state=replace(STATE, **change))


@pytest.mark.parametrize(
    "change",
    [{"version": None}, {"version": 6}, {"open_cycle": an_open_cycle()}, {"definition": "another"}],
    ids=lambda change: next(iter(change)),
)
def test_a_checkpoint_that_is_not_finished_has_work(change: dict[str, Any]) -> None:
    assert _has_work(checkpoint=replace(CHECKPOINT, **change))


@pytest.mark.parametrize(
    "position",
    [NOWHERE, a_position(0), a_position(2), a_position(1, number=2), a_position(1, life="another")],
    ids=["lost", "behind", "ahead", "ahead by a cycle", "another life"],
)
def test_a_queue_that_stands_elsewhere_has_work(position: Position) -> None:
    assert _has_work(position=position)


def test_a_life_that_pushed_nothing_expects_another_ones_position() -> None:
    nothing_pushed = replace(CHECKPOINT, last=None)
    assert not _has_work(checkpoint=nothing_pushed, position=NOWHERE)
    assert not _has_work(checkpoint=nothing_pushed, position=a_position(5, life="before"))
    assert _has_work(checkpoint=nothing_pushed, position=a_position(0))


def test_a_broker_that_keeps_no_position_is_not_asked_for_one() -> None:
    world = World({"sale": STATE}, {SALE.id: CHECKPOINT})
    world.position = None
    assert _with_work(world) == []


def test_a_source_that_nobody_knows_has_work() -> None:
    assert _has_work(state=None)
    assert _has_work(checkpoint=None)


def test_each_service_is_asked_once_for_all_sources() -> None:
    receipts = replace(CHECKPOINT, definition=IMPORT.definition)
    world = World({"sale": STATE, "import": STATE}, {SALE.id: replace(CHECKPOINT, version=6), IMPORT.id: receipts})
    assert _with_work(world, SALE, IMPORT) == ["sale"]
    assert sorted(world.asked) == ["load", "positions", "states"]
