"""What takes minutes and hardly any processor time, so that all of it is measured side by side.

Each function runs in a process of its own, on services of its own.
"""

from __future__ import annotations

import time

from benchmarks.arrivals import poisson
from benchmarks.latency import STOP_SECONDS, measure_flow, started
from benchmarks.worker import Worker
from benchmarks.world import running

MINUTE = 60.0
MOST_START_SECONDS = 20.0
"""From a worker's start to its first document, on a machine that is busy."""
LINGERS = {"RELAY_LINGER_SECONDS": "120"}
"""Until the next tick is due, in any case."""
LINGERED_SECONDS = 15.0
"""When lingering, as it is by default, is over."""


def flow(rate: float, seconds: float) -> dict[str, float]:
    """The default schedule without lingering: percentiles from commit to queue."""
    with running() as world:
        settings = {**world.settings, "RELAY_LINGER_SECONDS": "0"}
        return measure_flow(settings, poisson(rate, seconds, name=f"W{rate}")).figures()


def idle() -> dict[str, float]:
    """The share of a core, in percent, that a relay takes in a minute in which nothing is written."""
    with running() as world, started(world.settings) as (worker, _):
        time.sleep(LINGERED_SECONDS)
        return {"cpu_percent": _percent(worker, MINUTE)}


def lingering(seconds: float) -> dict[str, float]:
    """The same while it lingers, and nothing comes. Not across a full minute: the tick that is due then ends it."""
    with running() as world:
        left = MINUTE - time.time() % MINUTE
        if left < MOST_START_SECONDS + seconds:
            time.sleep(left)
        with started({**world.settings, **LINGERS}) as (worker, _):
            return {"cpu_percent": _percent(worker, seconds)}


def _percent(worker: Worker, seconds: float) -> float:
    time.sleep(STOP_SECONDS)
    begun, cpu = time.perf_counter(), worker.cpu_seconds()
    time.sleep(seconds)
    return 100 * (worker.cpu_seconds() - cpu) / (time.perf_counter() - begun)
