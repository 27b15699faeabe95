"""All measurements of one run, as one JSON object."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

from benchmarks import loops, publishing
from benchmarks.child import run_child
from benchmarks.latency import latency
from benchmarks.peer import NAME as PEER
from benchmarks.peer import Peer
from benchmarks.world import World

Say = Callable[[str], None]


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much is measured."""

    rounds: int
    messages: int
    backlog: int
    growth: Sequence[int]
    latency_seconds: float


FULL = Sizes(rounds=5, messages=20_000, backlog=20_000, growth=(1_000, 10_000, 100_000, 1_000_000), latency_seconds=20)
QUICK = Sizes(rounds=1, messages=5_000, backlog=4_000, growth=(1_000, 10_000), latency_seconds=4)
INTERVALS = (1.0, 0.2)
SMALL = 10_000
"""Growth up to this many rows is measured in every round, beyond it once."""
PEER_ROUNDS = 2
"""At most, since the peer sends one message at a time."""


def publishing_alone(world: World, sizes: Sizes, say: Say) -> dict[str, Any]:
    """Figures of each variant, in rounds of their own random order."""
    return _alternate("publishing", publishing.VARIANTS, sizes.rounds, say, lambda name: _publish(world, name, sizes))


def _publish(world: World, name: str, sizes: Sizes) -> dict[str, Any]:
    world = world.afresh("bench_publishing")
    return run_child(f"publishing:{publishing.VARIANTS[name].__name__}", world.settings, count=sizes.messages)


def end_to_end(world: World, sizes: Sizes, say: Say, peer: Peer | None) -> dict[str, Any]:
    """The same backlog through every variant, a new one each round; the peer has as many messages of its own."""
    world = world.afresh("bench_loops")
    world.begin()
    ways = _ways(world, sizes, peer)
    found: dict[str, list[dict[str, float]]] = {name: [] for name in ways}
    rounds = max(1, sizes.rounds - 2)
    for number in range(rounds):
        since = world.add_backlog(sizes.backlog, f"e{number}")
        for name in _shuffled(ways):
            if name == PEER and number >= PEER_ROUNDS:
                continue
            world.empty_queues()
            figures = ways[name](since)
            if figures["rows"] != sizes.backlog:
                raise RuntimeError(f"{name} sent {figures['rows']} rows of {sizes.backlog}")
            found[name].append(figures)
            say(f"end to end, round {number + 1} of {rounds}: {name}: {figures['wall']:.1f} s")
    world.drop_mongo()
    return {name: summary(figures) for name, figures in found.items()}


def _ways(world: World, sizes: Sizes, peer: Peer | None) -> dict[str, Callable[[int], dict[str, float]]]:
    """Each variant as a function of the version before its backlog."""

    def loop(function: str, since: int) -> dict[str, float]:
        return run_child(f"loops:{function}", world.settings, since=since)

    ways: dict[str, Callable[[int], dict[str, float]]] = {
        name: partial(loop, function.__name__) for name, function in loops.VARIANTS.items()
    }
    if peer is not None:
        ways[PEER] = lambda _since: peer.drain(world.settings, sizes.backlog)
    return ways


def growth(world: World, sizes: Sizes, say: Say) -> dict[str, Any]:
    """Relay alone: cost and memory of ever larger windows, and idle checks beside ever larger tables."""
    found: dict[str, Any] = {}
    for rows in sizes.growth:
        rounds = sizes.rounds if rows <= SMALL else 1
        figures = [_grown(world, rows, number) for number in range(rounds)]
        idle = run_child("loops:idle_check", {**world.settings, "MONGO_DB_NAME": f"bench_{rows}_{rounds - 1}"})
        found[str(rows)] = {**summary(figures), "idle_milliseconds": median(idle["milliseconds"])}
        say(f"growth: {rows} rows: {found[str(rows)]['cpu_microseconds_a_row']:.1f} microseconds of CPU a row")
    return found


def _grown(world: World, rows: int, number: int) -> dict[str, float]:
    world.drop_mongo()
    world = world.afresh(f"bench_{rows}_{number}")
    world.begin()
    since = world.add_backlog(rows, "g")
    figures = run_child("loops:relay", world.settings, since=since)
    if figures["rows"] != rows:
        raise RuntimeError(f"relay dispatched {figures['rows']} rows of {rows}")
    return figures


def latencies(world: World, sizes: Sizes, say: Say) -> dict[str, Any]:
    """Milliseconds from commit to queue for each scan interval."""
    found = {}
    for interval in INTERVALS:
        world = world.afresh(f"bench_latency_{int(interval * 10)}")
        # A lease as people have it: what a worker leaves behind must not outlast the measurement.
        times = sorted(
            latency({**world.settings, "RELAY_LEASE_SECONDS": "5"}, interval=interval, seconds=sizes.latency_seconds)
        )
        found[str(interval)] = {
            "documents": len(times),
            "p50": times[len(times) // 2],
            "p99": times[int(len(times) * 0.99)],
            "above_interval_p99": times[int(len(times) * 0.99)] - 1000 * interval,
        }
        say(f"latency: interval {interval} s: p99 {found[str(interval)]['p99']:.0f} ms")
    return found


def stages(world: World, sizes: Sizes, say: Say) -> dict[str, Any]:
    """One cycle by stage."""
    world = world.afresh("bench_stages")
    world.begin()
    world.add_backlog(sizes.backlog, "s")
    say("stages of a cycle")
    found = run_child("stages:stages", world.settings)
    scale = 1_000_000 / sizes.backlog
    return {
        stage: {kind: None if seconds is None else seconds * scale for kind, seconds in both.items()}
        for stage, both in found.items()
    }


def _alternate(
    title: str, variants: Mapping[str, object], rounds: int, say: Say, run: Callable[[str], dict[str, Any]]
) -> dict[str, Any]:
    found: dict[str, list[dict[str, float]]] = {name: [] for name in variants}
    for number in range(rounds):
        for name in _shuffled(variants):
            found[name].append(run(name))
        say(f"{title}: round {number + 1} of {rounds}")
    return {name: summary(figures) for name, figures in found.items()}


def _shuffled(variants: Mapping[str, object]) -> list[str]:
    names = list(variants)
    random.shuffle(names)
    return names


def summary(figures: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Medians of the rounds; the spread is that between the slowest and the fastest."""
    rates = [one["rows"] / one["wall"] for one in figures]
    return {
        "rounds": len(figures),
        "rows": figures[0]["rows"],
        "rows_a_second": median(rates),
        "slowest": min(rates),
        "fastest": max(rates),
        "seconds": median([one["wall"] for one in figures]),
        "cpu_seconds": median([one["cpu"] for one in figures]),
        "cpu_microseconds_a_row": median([1e6 * one["cpu"] / one["rows"] for one in figures]),
        "peak_mb": max(one["peak_mb"] for one in figures),
    }
