"""Which sources a tick that lingers hands out, and for how long it looks."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from common.database.records import Checkpoint, TableState
from relay.operations.idle import Seen
from relay.operations.linger import LOST_SECONDS, PAUSE_SECONDS, Lingering
from relay.sources.builtin import IMPORT, SALE
from relay.sources.source import Source
from tests.support.still_clock import StillClock

QUIET_SECONDS = 10.0
STATE = TableState(
    current_version=7, object_id=1, min_valid=0, begin_version=0, side_table=2, updateable=True, fence=None
)


class Tick:
    """A tick that has looked once and seen nothing; its looks are one step apart."""

    def __init__(self, clock: StillClock) -> None:
        self._clock = clock
        self.lingering = Lingering("this", quiet_seconds=QUIET_SECONDS, clock=clock)
        self.known = Checkpoint(version=1, window_number=1, generation=1)

    def look(self, source: Source = SALE, *, after: float = 0.1, **changes: Any) -> bool:
        """Whether the source is handed out at the next look; `changes`: of what is seen."""
        self._clock.now += after
        return self.lingering.choose([self._seen(source, **changes)]) == [source]

    def _seen(self, source: Source, *, is_idle: bool = False, is_others: bool = False, **changes: Any) -> Seen:
        self.known = replace(self.known, **changes)
        return Seen(source=source, state=STATE, checkpoint=self.known, is_idle=is_idle, is_others=is_others)

    def scans(self) -> None:
        """A cycle begins, seals and ends."""
        self.known = replace(
            self.known,
            generation=self.known.generation + 1,
            window_number=(self.known.window_number or 0) + 1,
            is_leased=False,
        )

    def comes_to_nothing(self) -> None:
        """A cycle begins, seals nothing and ends."""
        self.known = replace(self.known, generation=self.known.generation + 1, is_leased=False)


@pytest.fixture
def clock() -> StillClock:
    return StillClock()


@pytest.fixture
def tick(clock: StillClock) -> Tick:
    return Tick(clock)


def _times(count: int, look: Callable[[], bool]) -> int:
    return sum(look() for _ in range(count))


def test_it_is_over_at_once_where_nothing_was_found(tick: Tick) -> None:
    assert not tick.look(is_idle=True)
    assert tick.lingering.is_over


def test_what_was_handed_out_and_has_not_begun_is_not_handed_out_again(tick: Tick) -> None:
    """A process of the pool that starts takes seconds."""
    assert tick.look()
    assert _times(50, tick.look) == 0


def test_nor_is_what_is_worked_on(tick: Tick) -> None:
    assert tick.look()
    assert _times(100, lambda: tick.look(generation=2, is_leased=True)) == 0


def test_a_source_that_was_worked_on_already_is_not_taken_for_one_that_has_not_begun(tick: Tick) -> None:
    """The task that was handed out finds the lease taken, and ends without a trace."""
    assert tick.look(is_leased=True)
    assert _times(5, tick.look) == 0
    assert tick.look(is_leased=False, window_number=2)


def test_a_row_does_not_wait_behind_a_task_that_has_found_the_lease_taken(tick: Tick) -> None:
    """bug: a tick began while a window was drained that was sealed before its first look, and handed the source out in
    vain; the next row waited for five seconds, although a tick lingered."""
    assert tick.look(is_leased=True)
    assert tick.look(is_leased=False)
    tick.comes_to_nothing()
    assert not tick.look()


def test_work_that_takes_longer_than_the_quiet_keeps_the_tick_awake(tick: Tick) -> None:
    """bug: what came while a large window was drained waited for the next tick: the one that lingered was over."""
    assert tick.look()
    for _ in range(round(LOST_SECONDS / 0.1) - 1):
        assert not tick.look(generation=2, is_leased=True)
    assert not tick.lingering.is_over
    assert tick.look(is_leased=False, window_number=2)


def test_a_task_that_was_lost_is_handed_out_again(tick: Tick) -> None:
    """bug: the source waited for the next tick, although one lingered."""
    assert tick.look()
    assert not tick.look(after=LOST_SECONDS - 0.1)
    assert tick.look(after=0.1)
    assert not tick.look()


def test_a_lease_that_a_killed_process_left_keeps_its_source_from_no_tick_that_lingers(tick: Tick) -> None:
    """bug: nobody gives it back, so that the source seemed to be worked on until the next tick, and longer."""
    assert tick.look()
    assert not tick.look(generation=2, is_leased=True)
    assert tick.look(after=LOST_SECONDS)
    assert not tick.look()
    assert tick.look(after=LOST_SECONDS)
    tick.scans()
    assert tick.look()


def test_a_task_that_nobody_takes_keeps_no_tick_awake(tick: Tick) -> None:
    assert tick.look()
    _times(round(QUIET_SECONDS / 0.1) + 1, tick.look)
    assert tick.lingering.is_over


def test_what_comes_after_a_scan_goes_at_once(tick: Tick) -> None:
    for _ in range(20):
        assert tick.look()
        tick.scans()


def test_what_comes_after_a_source_was_idle_goes_at_once(tick: Tick) -> None:
    for _ in range(20):
        assert tick.look()
        tick.comes_to_nothing()
        assert not tick.look(is_idle=True)


def test_a_source_whose_scans_come_to_nothing_is_tried_now_and_then(tick: Tick) -> None:
    """Its queue is full, it waits for a person, or a right is missing."""
    assert tick.look()
    tried = 0
    for _ in range(100):
        tick.comes_to_nothing()
        tried += tick.look()
    assert tried == pytest.approx(100 * 0.1 / PAUSE_SECONDS, abs=1)


def test_it_keeps_no_tick_awake(tick: Tick) -> None:
    tick.look()
    for _ in range(round(QUIET_SECONDS / 0.1) + 1):
        tick.comes_to_nothing()
        tick.look()
    assert tick.lingering.is_over


def test_what_only_others_have_committed_is_sealed_now_and_then_and_keeps_no_tick_awake(tick: Tick) -> None:
    assert tick.look()
    sealed = 0
    for _ in range(round(QUIET_SECONDS / 0.1) + 1):
        tick.scans()
        sealed += tick.look(is_others=True)
    assert sealed == pytest.approx(QUIET_SECONDS / PAUSE_SECONDS, abs=1)
    assert tick.lingering.is_over


def test_a_row_of_its_own_goes_at_once_however_much_others_commit(tick: Tick) -> None:
    assert tick.look(is_others=True)
    tick.scans()
    assert not tick.look(is_others=True)
    assert tick.look()


def test_one_source_is_nothing_to_another(tick: Tick) -> None:
    assert tick.look(SALE)
    assert tick.look(IMPORT)
    assert not tick.look(SALE)


def test_it_is_over_when_nothing_has_come_for_long(tick: Tick) -> None:
    assert tick.look()
    tick.scans()
    assert not tick.look(is_idle=True, after=QUIET_SECONDS / 2)
    assert not tick.lingering.is_over
    assert tick.look()
    tick.scans()
    tick.look(is_idle=True, after=QUIET_SECONDS - 0.1)
    assert not tick.lingering.is_over
    tick.look(is_idle=True)
    assert tick.lingering.is_over


def test_it_never_begins_where_it_is_switched_off(clock: StillClock) -> None:
    lingering = Lingering("this", quiet_seconds=0, clock=clock)
    seen = Seen(source=SALE, state=STATE, checkpoint=Checkpoint(), is_idle=False)
    assert lingering.begin([seen]) == [SALE]
    assert lingering.is_over


def test_the_next_tick_that_lingers_ends_it(tick: Tick) -> None:
    assert tick.look(lingers="this")
    tick.scans()
    assert not tick.look(lingers="another")
    assert tick.lingering.is_over


def test_a_tick_begins_where_another_has_lingered(tick: Tick) -> None:
    seen: Sequence[Seen] = [tick._seen(SALE, lingers="another")]
    assert tick.lingering.begin(seen) == [SALE]
    assert not tick.lingering.is_over
