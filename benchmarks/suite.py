"""All measurements of one run, as one JSON object."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Any

from benchmarks import bad_day, loops, publishing
from benchmarks.child import run_child
from benchmarks.killed import Ordeal
from benchmarks.peer import NAME as PEER
from benchmarks.peer import Peer
from benchmarks.schedules import Schedules
from benchmarks.summary import Say, summary
from benchmarks.world import World


@dataclass(frozen=True, kw_only=True)
class Sizes:
    """How much is measured."""

    rounds: int
    messages: int
    backlog: int
    growth: Sequence[int]
    schedules: Schedules
    bad_rows: int
    """Rows that wait on a bad day."""
    bad_rounds: int
    ordeal: Ordeal


FULL = Sizes(
    rounds=3,
    messages=20_000,
    backlog=20_000,
    growth=(1_000, 10_000, 100_000, 1_000_000),
    schedules=Schedules(steady=10, prompt={200: 20, 20: 20, 2: 65}, unprompted=65, lingering=20),
    bad_rows=100_000,
    bad_rounds=2,
    ordeal=Ordeal(rows=2_000_000, kills=10, longest_seconds=600),
)
QUICK = Sizes(
    rounds=1,
    messages=5_000,
    backlog=4_000,
    growth=(1_000, 10_000),
    schedules=Schedules(steady=4, prompt={200: 4, 20: 4}, unprompted=None, lingering=None),
    bad_rows=5_000,
    bad_rounds=1,
    ordeal=Ordeal(rows=40_000, kills=2, longest_seconds=120),
)
SMALL = 10_000
"""Growth up to this many rows is measured in every round, beyond it once."""
PEER_ROUNDS = 1
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
    rounds = max(1, sizes.rounds - 1)
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
    """Relay alone: cost and memory of ever larger windows, and idle checks beside ever larger tables.

    What the largest one has left stays, in the queue and in MongoDB.
    """
    found: dict[str, Any] = {}
    for rows in sizes.growth:
        rounds = sizes.rounds if rows <= SMALL else 1
        figures = [_grown(world, rows, number) for number in range(rounds)]
        idle = run_child("loops:idle_check", _of_window(world, rows, rounds - 1).settings)
        found[str(rows)] = {**summary(figures), "idle_milliseconds": median(idle["milliseconds"])}
        if rows < max(sizes.growth):
            for number in range(rounds):
                _of_window(world, rows, number).drop_mongo()
        say(f"growth: {rows} rows: {found[str(rows)]['cpu_microseconds_a_row']:.1f} microseconds of CPU a row")
    return found


def large_repair(world: World, sizes: Sizes, say: Say) -> dict[str, Any]:
    """Repair of what the largest window has left in the queue."""
    here = _of_window(world, max(sizes.growth))
    found = bad_day.large_repair(here, max(sizes.growth), say)
    here.drop_mongo()
    return found


def _of_window(world: World, rows: int, number: int = 0) -> World:
    """The services with the MongoDB database of this window, by rows and round."""
    return world.named(f"bench_{rows}_{number}")


def _grown(world: World, rows: int, number: int) -> dict[str, float]:
    world = _of_window(world.afresh("bench"), rows, number)
    world.begin()
    since = world.add_backlog(rows, "g")
    figures = run_child("loops:relay", world.settings, since=since)
    if figures["rows"] != rows:
        raise RuntimeError(f"relay dispatched {figures['rows']} rows of {rows}")
    return figures


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
