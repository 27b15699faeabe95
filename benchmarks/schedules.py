"""From commit to queue by relay's worker, with ticks at an interval and with the default schedule."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from benchmarks.arrivals import poisson, steady
from benchmarks.child import Call, side_by_side
from benchmarks.latency import measure_flow
from benchmarks.summary import Say
from benchmarks.world import World
from examples.pharmacy.documents import SALE

INTERVALS = (1.0, 0.2)
STEADY_RATE = 200.0
"""Documents a second where there is an interval."""
LEASE = {"RELAY_LEASE_SECONDS": "5"}
"""One as people have it: what a worker leaves behind must not outlast the measurement."""


@dataclass(frozen=True, kw_only=True)
class Schedules:
    """How long each is measured, in seconds. None: not at all."""

    steady: float
    prompt: Mapping[int, float]
    """With lingering, by documents a second. The rarest ones come across a full minute, when a tick is due."""
    unprompted: float | None
    """Without lingering: longer than a minute, so that it holds a tick."""
    lingering: float | None


def at_intervals(world: World, schedules: Schedules, say: Say) -> dict[str, Any]:
    """Percentiles for each scan interval, without lingering."""
    found = {}
    for interval in INTERVALS:
        world = world.afresh(f"bench_latency_{int(interval * 10)}")
        settings = {**world.settings, **LEASE, "RELAY_SCAN_INTERVAL": str(interval), "RELAY_LINGER_SECONDS": "0"}
        arrivals = steady(STEADY_RATE, schedules.steady, name=f"L{interval}", kind=SALE)
        figures = measure_flow(settings, arrivals).figures()
        found[str(interval)] = {**figures, "above_interval_p99": figures["p99"] - 1000 * interval}
        say(f"latency: interval {interval} s: p99 {figures['p99']:.0f} ms")
    return found


def prompt(world: World, schedules: Schedules, say: Say) -> dict[str, Any]:
    """Percentiles with the default schedule, a tick at every full minute, and with lingering; by documents a second."""
    found = {}
    for rate, seconds in schedules.prompt.items():
        world = world.afresh(f"bench_prompt_{rate}")
        flow = measure_flow({**world.settings, **LEASE}, poisson(rate, seconds, name=f"P{rate}"))
        found[str(rate)] = flow.figures()
        say(f"latency: lingering, {rate} a second: p99 {found[str(rate)]['p99']:.0f} ms")
    return found


@contextmanager
def quietly(schedules: Schedules, say: Say) -> Iterator[Callable[[], dict[str, Any]]]:
    """Measures while the block does what is not measured; gives what waits for `{without, cpu_percent}`.

    `without`: percentiles without lingering, by documents a second. `cpu_percent`: shares of a core of a relay that
    lingers while nothing comes, and of an idle one.
    """
    without = {
        str(rate): Call(function="quiet:flow", arguments={"rate": rate, "seconds": schedules.unprompted})
        for rate in schedules.prompt
        if schedules.unprompted
    }
    quiet = {
        "lingering": Call(function="quiet:lingering", arguments={"seconds": schedules.lingering}),
        "idle": Call(function="quiet:idle"),
    }
    quiet = quiet if schedules.lingering else {}
    with side_by_side({**without, **quiet}) as results:

        def collect() -> dict[str, Any]:
            found = results()
            say("latency: without lingering; and the processor time of relays to which nothing comes")
            return {
                "without": {rate: found[rate] for rate in without},
                "cpu_percent": {name: found[name]["cpu_percent"] for name in quiet},
            }

        yield collect
