"""Lingering: while rows flow, a tick looks again and again, and hands out what it sees.

All that it knows of what it has handed out stands in the checkpoints: a cycle takes a generation when it begins, keeps
the lease while it works, and gives a window a number when it seals. So it makes no difference which process, of which
worker, does the work. What is lost on the way is left to the next tick, which knows of nothing that was handed out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from common.database.ports import Lookout
from common.database.records import Checkpoint, TableState
from relay.operations.idle import Seen, look
from relay.sources.source import Source
from relay.wiring import Relay

PAUSE_SECONDS = 5.0
"""A source is not handed out again before this time where a scan has sealed nothing (its queue is full, it waits for a
person, its table is locked), or where only other tables have changed."""
LOST_SECONDS = 15.0
"""A source that was handed out is handed out again after this time, if its task has not begun or a lease is not given
back: it may be lost, or its process killed. Where it only takes long, the next task finds the lease taken, and ends."""
LONGEST_PAUSE_SECONDS = 5.0
"""Between two looks, however long they take: nothing that ends a worker ends a pause."""


@dataclass(frozen=True, kw_only=True, slots=True)
class _HandedOut:
    generation: int
    window_number: int | None
    is_begun: bool
    """A cycle was under way: the one that was handed out may find the lease taken, and end without a generation."""


class Lingering:
    """Which sources a tick hands out at each look, and for how long it is worth looking."""

    def __init__(self, tick: str, *, quiet_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`tick`: its name; `quiet_seconds`: it is over when nothing has come for so long."""
        self.tick = tick
        self._quiet_seconds = quiet_seconds
        self._clock = clock
        self._came = float("-inf")
        self._handed_out: dict[str, _HandedOut] = {}
        self._last: dict[str, float] = {}
        self._is_followed = False

    @property
    def is_over(self) -> bool:
        """Nothing has come for long, or another tick lingers."""
        return self._is_followed or self._clock() - self._came >= self._quiet_seconds

    def choose(self, seen: Sequence[Seen]) -> Sequence[Source]:
        """Those of one look that are handed out now."""
        # guard: one-tick-lingers
        if any(each.checkpoint.lingers not in (None, self.tick) for each in seen):
            self._is_followed = True
            return []
        return self.begin(seen)

    def begin(self, seen: Sequence[Seen]) -> Sequence[Source]:
        """Those of the first look, at which another tick may linger still."""
        return [each.source for each in seen if self._is_chosen(each)]

    def _is_chosen(self, seen: Seen) -> bool:
        name, now = seen.source.name, self._clock()
        if seen.is_idle:
            self._handed_out.pop(name, None)
            return False
        before, since = self._handed_out.get(name), now - self._last.get(name, float("-inf"))
        # guard: handed-out-once
        if before is not None and not _has_ended(before, seen.checkpoint):
            # guard: long-work-keeps-awake
            if seen.checkpoint.is_leased and not seen.is_others:
                # What comes meanwhile has to wait for its end, and then for no tick.
                self._came = now
            # guard: lost-task
            is_due = since >= LOST_SECONDS
        elif _is_news(before, seen):
            self._came, is_due = now, True
        else:
            # guard: pause-without-progress
            is_due = since >= PAUSE_SECONDS
        if is_due:
            self._last[name] = now
            self._handed_out[name] = _HandedOut(
                generation=seen.checkpoint.generation,
                window_number=seen.checkpoint.window_number,
                is_begun=seen.checkpoint.is_leased,
            )
        return is_due


def _has_ended(before: _HandedOut, checkpoint: Checkpoint) -> bool:
    has_begun = before.is_begun or checkpoint.generation != before.generation
    return has_begun and not checkpoint.is_leased


def _is_news(before: _HandedOut | None, seen: Seen) -> bool:
    """Whether the table has changed since a scan that ended well; `before`: what was handed out has ended."""
    if seen.is_others or before is None:
        return not seen.is_others
    # What is handed out while the lease is taken may find it so, and end without having tried anything.
    # guard: held-is-no-failure
    return before.is_begun or before.window_number != seen.checkpoint.window_number


class Looks:
    """Looks at sources, one soon after the other; each asks every service once. Renews no fence: ticks do."""

    def __init__(self, relay: Relay, sources: Sequence[Source], lookout: Lookout) -> None:
        self._relay = relay
        self._lookout = lookout
        self._sources = sources
        self._tracked: set[str] = set()

    def look(self) -> Sequence[Seen]:
        """What is seen. A source whose table turns out to be locked is seen once, and then left to the ticks."""
        if not self._sources:
            return []
        ports = self._relay.ports
        seen = look(self._sources, self._states, ports.checkpoints, ports.publisher)
        # guard: locked-source-is-left-alone
        self._sources = [each.source for each in seen if each.state is not None]
        return seen

    def _states(self, known: Mapping[str, Checkpoint]) -> Mapping[str, TableState]:
        # Only where the last look has found the table tracked: the question fails for any other.
        versions = {name: _asked_since(known[name]) for name in self._tracked & known.keys()}
        since = {name: version for name, version in versions.items() if version is not None}
        states = self._lookout.states(self._sources, since)
        self._tracked = {name for name, state in states.items() if state.min_valid is not None}
        return states


def _asked_since(checkpoint: Checkpoint) -> int | None:
    """The watermark. None: the source waits for a person, perhaps for days, and it takes the longer to find out whether
    its table has changed above the watermark."""
    # guard: nothing-asked-in-vain
    if checkpoint.stopped_at is not None:
        return None
    return checkpoint.version


@dataclass(frozen=True, kw_only=True, slots=True)
class Pace:
    """How a tick goes from look to look."""

    step_seconds: float
    """Between two looks; and as long as the last one took, where that was longer."""
    goes_on: Callable[[], bool]
    """Asked before each look. False: the worker ends."""
    sleep: Callable[[float], None] = time.sleep
    clock: Callable[[], float] = time.monotonic

    def pause(self, took: float) -> None:
        """After a look that took so many seconds."""
        # guard: slow-look-is-no-load
        pause = max(self.step_seconds, took)
        self.sleep(min(pause, LONGEST_PAUSE_SECONDS))


def linger(
    relay: Relay, lingering: Lingering, first: Sequence[Seen], hand_out: Callable[[Source], None], pace: Pace
) -> None:
    """Look, and hand out, until it is over. `first`: all sources, as the tick has seen them.

    Raises what a look raises, without trying again: that is left to the next tick.
    """
    sources = [each.source for each in first if each.state is not None]
    relay.ports.checkpoints.note_lingering([source.id for source in sources], lingering.tick)
    with relay.ports.changes.lookout() as lookout:
        looks, took = Looks(relay, sources, lookout), 0.0
        while not lingering.is_over:
            pace.pause(took)
            if not pace.goes_on():
                return
            began = pace.clock()
            for source in lingering.choose(looks.look()):
                hand_out(source)
            took = pace.clock() - began
