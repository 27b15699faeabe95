"""From commit to queue: relay as people run it, while documents come, and what it costs when none do."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import redis

from benchmarks.arrivals import POLL_SECONDS, Arrival, Taker, Writer, insert, milliseconds
from benchmarks.worker import Worker, at_work
from examples.pharmacy.connection import connect
from examples.pharmacy.documents import SALE

START_SECONDS = 120.0
PATIENCE_SECONDS = 100.0
"""Longer than the default schedule's minute."""
STOP_SECONDS = 1.0
"""Between the first document and the measurement: the worker's start is over."""


@dataclass(frozen=True, kw_only=True)
class Flow:
    """What was measured while documents came."""

    milliseconds: Sequence[float]
    cpu: float
    """Seconds, of all of relay's processes."""
    seconds: float

    def figures(self) -> dict[str, float]:
        """Percentiles, and processor time as a share of a core and by document."""
        ordered = sorted(self.milliseconds)
        return {
            "documents": len(ordered),
            "p50": ordered[len(ordered) // 2],
            "p99": ordered[int(len(ordered) * 0.99)],
            "cpu_percent": 100 * self.cpu / self.seconds,
            "cpu_microseconds_a_row": 1e6 * self.cpu / len(ordered),
        }


def measure_flow(settings: Mapping[str, str], arrivals: Sequence[Arrival]) -> Flow:
    """A worker with these settings, and documents from the moment at which it has dispatched a first one."""
    with started(settings) as (worker, taker):
        writer = Writer(settings, arrivals)
        begun, cpu = time.perf_counter(), worker.cpu_seconds()
        writer.start()
        try:
            _take_all(worker, taker, writer, len(arrivals), begun + arrivals[-1].at + PATIENCE_SECONDS)
        finally:
            writer.stop()
        spent, ended = worker.cpu_seconds() - cpu, time.perf_counter()
        return Flow(milliseconds=milliseconds(writer, taker, until=ended), cpu=spent, seconds=ended - begun)


@contextmanager
def started(settings: Mapping[str, str]) -> Iterator[tuple[Worker, Taker]]:
    """A worker that has just dispatched a document which waited when it was started."""
    connection = connect(settings)
    try:
        connection.execute(insert(SALE), "NT-01", f"first-{time.time_ns()}")
    finally:
        connection.close()
    with (
        TemporaryDirectory() as folder,
        redis.Redis(settings["REDIS_HOST"], int(settings["REDIS_PORT"])) as client,
        at_work(Path(folder), settings) as worker,
    ):
        taker = Taker(client=client)
        deadline = time.monotonic() + START_SECONDS
        while not taker.take():
            worker.check()
            if time.monotonic() > deadline:
                raise RuntimeError(f"relay dispatches nothing within {START_SECONDS:.0f} s:\n{worker.tail()}")
            time.sleep(POLL_SECONDS)
        yield worker, taker


def _take_all(worker: Worker, taker: Taker, writer: Writer, count: int, until: float) -> None:
    before = len(taker.taken)
    while len(taker.taken) < before + count:
        taker.take()
        if time.perf_counter() > until or (writer.is_done and len(writer.committed) < count):
            worker.check()
            raise RuntimeError(f"{before + count - len(taker.taken)} of {count} documents did not arrive")
        time.sleep(POLL_SECONDS)
