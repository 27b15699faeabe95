"""What a worker has to say about the tick that lingers in one of its processes, in memory that they share.

A process of the pool does not hear that its worker is told to end, or that something waits for a process; and the main
process does not see what a tick does that does not end: one may linger for as long as rows flow.
"""

from __future__ import annotations

import math
import mmap
import os
import struct
import time
from collections.abc import Callable, Collection
from typing import Any

from celery import Celery, bootsteps

_PERMISSION = struct.Struct("=dd")
_LOOK = struct.Struct("=d36s")
HANGS_SECONDS = 30.0
"""A tick that has not looked for longer does not linger, but hangs."""
WAIT_SECONDS = 1.0
"""What waits for a process of the pool at two looks so far apart is what a lingering tick gives way to."""


class LingeringTicks:
    """Whether ticks may linger in this worker, and which one has looked last. Made before the worker forks.

    Without a lock: whoever reads what another is writing lets a tick end too early, or says once too often that it
    hangs.
    """

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        """`clock` must be the same for all processes of a machine, as the monotonic one is."""
        self._clock = clock
        self._memory = mmap.mmap(-1, _PERMISSION.size + _LOOK.size)

    def allow(self, seconds: float) -> None:
        """From now on a tick may linger for so long; 0: not at all. One that does ends."""
        _PERMISSION.pack_into(self._memory, 0, seconds, self._clock())

    def end(self) -> None:
        """The one that lingers ends; another may."""
        self.allow(self._permission()[0])

    def permission(self, tick: str) -> Callable[[], bool]:
        """Asked before each of this tick's looks: whether it may go on. Notes that it is about to look."""
        began, parent = self._clock(), os.getppid()

        def goes_on() -> bool:
            now, (longest, since) = self._clock(), self._permission()
            if began < since or now - began >= longest:
                return False
            # guard: no-lingering-orphan
            if os.getppid() != parent:
                return False
            _LOOK.pack_into(self._memory, _PERMISSION.size, now, tick.encode())
            return True

        return goes_on

    @property
    def is_allowed(self) -> bool:
        """Whether ticks may linger at all."""
        return self._permission()[0] > 0

    def is_lingering(self, tick: str) -> bool:
        """Whether this tick has looked a moment ago."""
        looked, name = _LOOK.unpack_from(self._memory, _PERMISSION.size)
        return bool(name.rstrip(b"\0") == tick.encode() and self._clock() - looked < HANGS_SECONDS)

    def _permission(self) -> tuple[float, float]:
        longest, since = _PERMISSION.unpack_from(self._memory)
        return longest, since


lingering_ticks = LingeringTicks()


def let_ticks_linger(app: Celery) -> None:
    """From now on ticks may linger in each of this app's workers that has a process to spare."""
    app.steps["worker"].add(LetLinger)


class LetLinger(bootsteps.StartStopStep):  # type: ignore[misc] # Celery has no types
    """A step of Celery's worker: from its start until it is told to end, ticks may linger."""

    requires = ("celery.worker.components:Timer", "celery.worker.components:Pool")

    def __init__(self, worker: Any, *, ticks: LingeringTicks = lingering_ticks, **kwargs: Any) -> None:
        super().__init__(worker, **kwargs)
        self._ticks = ticks
        self._waiting: Collection[str] = ()

    def start(self, worker: Any) -> None:
        """Ticks may linger where they leave a process for the work that they hand out."""
        # guard: process-to-spare
        if worker.pool.num_processes > 1:
            self._ticks.allow(_longest(worker))
            worker.timer.call_repeatedly(WAIT_SECONDS, self._give_way)

    def close(self, _worker: Any) -> None:
        """Told to end, a worker waits for what it has in hand."""
        # guard: warm-end-is-no-wait
        self._ticks.allow(0)

    stop = terminate = close

    def _give_way(self) -> None:
        from celery.worker import state

        # A copy: threads of a pool of threads change it.
        waiting = {each.id for each in list(state.requests.values()) if each not in state.active_requests}
        # guard: gives-way
        if not waiting.isdisjoint(self._waiting):
            self._ticks.end()
        self._waiting = waiting


def _longest(worker: Any) -> float:
    """Well within what `--time-limit` and `--soft-time-limit` leave to a task."""
    # guard: lingers-within-the-limit
    limits = [limit for limit in (worker.time_limit, worker.soft_time_limit) if limit]
    return min(limits, default=math.inf) / 2
