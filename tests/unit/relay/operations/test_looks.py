"""What a tick that lingers asks of the services at each look: on fakes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from common.database.ports import Lookout
from common.database.records import Checkpoint, TableState, TrackedTable
from relay.operations.idle import Seen
from relay.operations.linger import LONGEST_PAUSE_SECONDS, Lingering, Looks, Pace, linger
from relay.sources.builtin import SALE
from relay.sources.source import Source
from tests.support.still_clock import StillClock
from tests.support.world import World


@pytest.fixture
def world() -> World:
    world = World()
    world.write(1)
    world.scan()
    return world


def _relay(world: World) -> Any:
    ports = SimpleNamespace(changes=world.database, checkpoints=world.mongo, leases=world.mongo, publisher=world.queue)
    return SimpleNamespace(ports=ports)


def _look(looks: Looks) -> Seen | None:
    return next(iter(looks.look()), None)


def _looks(world: World) -> Looks:
    with world.database.lookout() as lookout:
        looks = Looks(_relay(world), [SALE], lookout)
    # The first look asks nothing of tables that it does not know.
    looks.look()
    return looks


def test_a_commit_of_its_own_is_work(world: World) -> None:
    looks = _looks(world)
    world.write(2)
    seen = _look(looks)
    assert seen is not None
    assert (seen.is_idle, seen.is_others) == (False, False)


def test_a_commit_of_others_is_known_as_one(world: World) -> None:
    looks = _looks(world)
    world.write()
    seen = _look(looks)
    assert seen is not None
    assert (seen.is_idle, seen.is_others) == (False, True)


def test_a_counter_that_went_back_is_nobody_elses_commit(world: World) -> None:
    """A restore takes away rows that were sealed: the table has no changes above the watermark."""
    backup = world.database.backup()
    world.write()
    world.scan()
    looks = _looks(world)
    world.database.restore(backup)
    seen = _look(looks)
    assert seen is not None
    assert (seen.is_idle, seen.is_others) == (False, False)


def test_an_open_window_is_no_commit_of_others(world: World) -> None:
    looks = _looks(world)
    world.write(2)
    world.scan_dying("before publish")
    world.write()
    seen = _look(looks)
    assert seen is not None
    assert (seen.is_idle, seen.is_others) == (False, False)


def test_a_table_that_is_tracked_no_more_is_work(world: World) -> None:
    looks = _looks(world)
    world.database.contents.tracked = False
    for _ in range(2):
        seen = _look(looks)
        assert seen is not None
        assert (seen.is_idle, seen.is_others) == (False, False)


def test_nothing_is_asked_of_the_changes_of_a_source_that_waits_for_a_person(world: World) -> None:
    """bug: its watermark may be days old, and each look would go through all commits since then."""
    known = world.mongo.load([SALE.id])[SALE.id]
    world.write()
    assert _asked(world, replace(known, stopped_at=datetime(2026, 1, 1, tzinfo=UTC))) == [set(), set()]
    assert _asked(world, known) == [set(), {"sale"}]


def _asked(world: World, known: Checkpoint) -> Sequence[set[str]]:
    """Of which sources two looks ask whether their tables have changed, where this is known of one."""
    relay = _relay(world)
    relay.ports.checkpoints = SimpleNamespace(load=lambda _: {SALE.id: known})
    asked: list[set[str]] = []
    with world.database.lookout() as lookout:

        def states(sources: Sequence[TrackedTable], since: Mapping[str, int]) -> Mapping[str, TableState]:
            asked.append(set(since))
            return lookout.states(sources, since)

        looks = Looks(relay, [SALE], SimpleNamespace(states=states))
        for _ in range(2):
            looks.look()
    return asked


def _begun(world: World, lingering: Lingering) -> Sequence[Seen]:
    """What the tick has seen, and handed out."""
    with world.database.lookout() as lookout:
        first = Looks(_relay(world), [SALE], lookout).look()
    assert lingering.begin(first) == [SALE]
    return first


def test_rows_that_come_are_handed_out_until_nothing_comes(world: World) -> None:
    clock, coming, handed_out = StillClock(), [3, None, 4, None, 5], []

    def sleep(seconds: float) -> None:
        clock.now += seconds
        if coming and (number := coming.pop(0)) is not None:
            world.write(number)

    def hand_out(source: Source) -> None:
        handed_out.append(source.name)
        world.scan()

    lingering = Lingering("this", quiet_seconds=1.0, clock=clock)
    world.write(2)
    first = _begun(world, lingering)
    world.scan()
    linger(_relay(world), lingering, first, hand_out, Pace(step_seconds=0.1, goes_on=lambda: True, sleep=sleep))
    assert handed_out == ["sale"] * 3
    assert world.queued() == [f"HĐ-{number}" for number in range(1, 6)]
    assert clock.now == pytest.approx(1000 + 0.5 + 1.0)


def test_a_worker_that_ends_looks_no_more(world: World) -> None:
    clock, looked = StillClock(), []

    def sleep(seconds: float) -> None:
        clock.now += seconds
        looked.append(clock.now)
        world.write(3)

    lingering = Lingering("this", quiet_seconds=1.0, clock=clock)
    world.write(2)
    first = _begun(world, lingering)
    world.scan()
    pace = Pace(step_seconds=0.1, goes_on=lambda: False, sleep=sleep)
    linger(_relay(world), lingering, first, lambda _: pytest.fail("it has looked"), pace)
    assert len(looked) == 1


@pytest.mark.parametrize(("took", "pause"), [(0.001, 0.1), (1.5, 1.5), (60.0, LONGEST_PAUSE_SECONDS)])
def test_a_look_that_takes_long_is_followed_by_a_pause_as_long(world: World, took: float, pause: float) -> None:
    """bug: a server that needed seconds for a look was asked again a tenth of a second later, for as long as rows
    flowed; and a worker that is told to end waits for the pause."""
    clock, slept = StillClock(), []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        world.write(len(slept) + 10)

    def hand_out(_: Source) -> None:
        clock.now += took
        world.scan()

    lingering = Lingering("this", quiet_seconds=1000.0, clock=clock)
    world.write(2)
    first = _begun(world, lingering)
    world.scan()
    pace = Pace(step_seconds=0.1, goes_on=lambda: len(slept) < 3, sleep=sleep, clock=clock)
    linger(_relay(world), lingering, first, hand_out, pace)
    assert slept == pytest.approx([0.1, pause, pause])


def test_a_source_whose_table_is_locked_is_left_to_the_ticks(world: World) -> None:
    """Each look would wait for the lock, and hold up all other sources."""
    world.write(2)
    lingering = Lingering("this", quiet_seconds=1.0, clock=StillClock())
    first = [replace(each, state=None) for each in _begun(world, lingering)]
    asked: list[str] = []

    def sleep(_: float) -> None:
        asked.append("look")

    pace = Pace(step_seconds=0.1, goes_on=lambda: len(asked) < 5, sleep=sleep)
    world.database.is_locked = True
    linger(_relay(world), lingering, first, lambda _: pytest.fail("it has looked"), pace)
    assert len(asked) == 5


class _LookoutOnALockedTable:
    """From the second look on, somebody keeps the table locked."""

    def __init__(self, lookout: Lookout) -> None:
        self._lookout = lookout
        self.asked = 0

    def states(self, sources: Sequence[TrackedTable], since: Mapping[str, int]) -> Mapping[str, TableState]:
        self.asked += 1
        return self._lookout.states(sources, since) if self.asked == 1 else {}


def test_a_source_whose_table_is_locked_meanwhile_is_left_to_the_ticks_too(world: World) -> None:
    with world.database.lookout() as real:
        lookout = _LookoutOnALockedTable(real)
        looks = Looks(_relay(world), [SALE], lookout)
        seen = [[(each.source.name, each.is_idle) for each in looks.look()] for _ in range(4)]
    assert seen == [[("sale", True)], [("sale", False)], [], []]
    assert lookout.asked == 2
