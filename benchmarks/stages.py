"""Where the time of a cycle goes: each call on each port, by the wall and by relay's own processor time.

Rows are read while those before them are written, on a thread of their own: so the stages' wall clocks add up to
more than the cycle's. Processor time is taken of the thread that makes the call.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from benchmarks.loops import relay_of_settings
from relay.cycle.run import run_cycle
from relay.sources.builtin import SALE

PORTS = ("changes", "leases", "checkpoints", "journal", "history", "publisher")
NAMES = {
    "rows": "read rows",
    "prepare": "write the journal",
    "publish": "render and push",
    "mark_pending": "note that it is pushed",
}
OTHERS = "all other calls"
REST = "relay itself, between the calls"
WHOLE = "the whole cycle"


class Stages:
    """Seconds by stage."""

    def __init__(self) -> None:
        self.wall: dict[str, float] = defaultdict(float)
        self.cpu: dict[str, float] = defaultdict(float)

    @contextmanager
    def of(self, name: str) -> Iterator[None]:
        wall, cpu = time.perf_counter(), time.thread_time()
        try:
            yield
        finally:
            self.wall[NAMES.get(name, OTHERS)] += time.perf_counter() - wall
            self.cpu[NAMES.get(name, OTHERS)] += time.thread_time() - cpu


class Timed:
    """A port every call of which is timed."""

    def __init__(self, port: Any, stages: Stages) -> None:
        self._port, self._stages = port, stages

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._port, name)
        if name == "snapshot":
            return lambda *args: TimedSnapshot(method(*args), self._stages)
        return lambda *args, **named: self._call(name, method, args, named)

    def _call(self, name: str, method: Any, args: Any, named: Any) -> Any:
        with self._stages.of(name):
            return method(*args, **named)


class TimedSnapshot:
    """A snapshot whose rows are read under the clock."""

    def __init__(self, manager: Any, stages: Stages) -> None:
        self._manager, self._stages = manager, stages

    def __enter__(self) -> TimedSnapshot:
        with self._stages.of("snapshot"):
            self._snapshot = self._manager.__enter__()
        self.state = self._snapshot.state
        return self

    def __exit__(self, *error: Any) -> None:
        with self._stages.of("snapshot"):
            self._manager.__exit__(*error)

    def changes(self, since: int) -> Iterator[Any]:
        return self._timed(self._snapshot.changes(since))

    def pending(self) -> Iterator[Any]:
        return self._timed(self._snapshot.pending())

    def _timed(self, batches: Iterator[Any]) -> Iterator[Any]:
        while True:
            with self._stages.of("rows"):
                batch = next(batches, None)
            if batch is None:
                return
            yield batch

    def end(self) -> None:
        with self._stages.of("end"):
            self._snapshot.end()

    def set_fence(self, fence: Any, *, expected: Any) -> Any:
        with self._stages.of("set_fence"):
            return self._snapshot.set_fence(fence, expected=expected)


def stages() -> dict[str, dict[str, float | None]]:
    """`{stage: {wall, cpu}}` of one cycle over what waits, in seconds; the longest first, and the whole at the end.

    What relay does between the calls has no wall clock of its own: others are made meanwhile.
    """
    found = Stages()
    with relay_of_settings() as made:
        timed: dict[str, Any] = {name: Timed(getattr(made.ports, name), found) for name in PORTS}
        ports = replace(made.ports, **timed)
        wall, cpu = time.perf_counter(), time.process_time()
        run_cycle(made.own(SALE), ports, made.options, made.heartbeat())
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    names = sorted(found.wall, key=lambda name: -found.wall[name])
    return {
        **{name: {"wall": found.wall[name], "cpu": found.cpu[name]} for name in names},
        REST: {"wall": None, "cpu": cpu - sum(found.cpu.values())},
        WHOLE: {"wall": wall, "cpu": cpu},
    }
