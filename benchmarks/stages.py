"""Where the time of a cycle goes: each call on each port, by the wall and by relay's own processor time.

Rows are read while those before them are written, on a thread of their own: so the stages' wall clocks add up to
more than the cycle's. Processor time is taken of the thread that makes the call.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from benchmarks.loops import relay_of_settings
from relay.cycle.ports import Ports
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
    """A port, or a snapshot, every call of which is timed; rows while they are read."""

    def __init__(self, port: Any, stages: Stages) -> None:
        self._port, self._stages = port, stages

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._port, name)
        return partial(self._call, name, found) if callable(found) else found

    def _call(self, name: str, method: Callable[..., Any], *args: Any, **named: Any) -> Any:
        with self._stages.of(name):
            result = method(*args, **named)
        if name == "snapshot":
            return self._snapshot(result)
        return self._rows(result) if isinstance(result, Iterator) else result

    @contextmanager
    def _snapshot(self, manager: AbstractContextManager[Any]) -> Iterator[Timed]:
        with ExitStack() as stack:
            with self._stages.of("snapshot"):
                snapshot = stack.enter_context(manager)
            yield Timed(snapshot, self._stages)

    def _rows(self, batches: Iterator[Any]) -> Iterator[Any]:
        while True:
            with self._stages.of("rows"):
                batch = next(batches, None)
            if batch is None:
                return
            yield batch


def timed(ports: Ports, stages: Stages) -> Ports:
    """The same ports under the clock."""
    clocked: dict[str, Any] = {name: Timed(getattr(ports, name), stages) for name in PORTS}
    return replace(ports, **clocked)


def stages() -> dict[str, dict[str, float | None]]:
    """`{stage: {wall, cpu}}` of one cycle over what waits, in seconds; the longest first, and the whole at the end.

    What relay does between the calls has no wall clock of its own: others are made meanwhile.
    """
    found = Stages()
    with relay_of_settings() as made:
        ports = timed(made.ports, found)
        wall, cpu = time.perf_counter(), time.process_time()
        run_cycle(made.own(SALE), ports, made.options, made.heartbeat())
        wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    names = sorted(found.wall, key=lambda name: -found.wall[name])
    return {
        **{name: {"wall": found.wall[name], "cpu": found.cpu[name]} for name in names},
        REST: {"wall": None, "cpu": cpu - sum(found.cpu.values())},
        WHOLE: {"wall": wall, "cpu": cpu},
    }
