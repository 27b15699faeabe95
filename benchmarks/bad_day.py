"""A bad day: how fast relay is when what was sent is lost, or is read once more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from benchmarks import mishaps
from benchmarks.child import run_child
from benchmarks.summary import Say, summary
from benchmarks.world import SEED_ROWS, World

LONGEST_SECONDS = 900.0
"""After so long a recovery is found short."""
NEVER_SENT = "a baseline, rows never sent"
SENT = "a baseline, all were sent before"
REPAIR = "repair after FLUSHALL"
AGAIN = "a baseline, all are sent again"


def _nothing(_world: World) -> None:
    """The first run needs no mishap."""


MISHAPS: Mapping[str, tuple[Callable[[World], None], int]] = {
    NEVER_SENT: (_nothing, 1),
    REPAIR: (mishaps.lose_the_queues, 1),
    SENT: (mishaps.pass_retention, 0),
    AGAIN: (mishaps.switch_tracking, 1),
}
"""In this order, what happens before each, and how often it pushes each row."""


def bad_day(world: World, rows: int, rounds: int, say: Say) -> dict[str, Any]:
    """Figures of each recovery from `rows` pending rows. Raises RuntimeError where one pushes too few or too many."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in MISHAPS}
    for number in range(rounds):
        here = _with_backlog(world, f"bench_bad_{number}", rows)
        for name, (happen, pushes) in MISHAPS.items():
            happen(here)
            figures = run_child("recovery:catch_up", here.settings, longest=LONGEST_SECONDS)
            if figures["rows"] != pushes * rows:
                raise RuntimeError(f"{name}: {figures['rows']} of {pushes * rows} rows were pushed")
            found[name].append({**figures, "rows": rows})
            say(f"a bad day, round {number + 1} of {rounds}: {name}: {figures['wall']:.1f} s")
        here.drop_mongo()
    return {name: summarised(figures) for name, figures in found.items()}


def large_repair(world: World, rows: int, say: Say) -> dict[str, Any]:
    """Repair after FLUSHALL, while `rows` rows are out that relay has sent; `missing`: of these, not in the queue."""
    mishaps.lose_the_queues(world)
    figures = run_child("recovery:catch_up", world.settings, longest=LONGEST_SECONDS)
    say(f"a bad day: repair of {rows} rows: {figures['rows']} pushed again in {figures['wall']:.1f} s")
    return {**summarised([figures]), "missing": rows - world.queued()}


def summarised(figures: list[dict[str, float]]) -> dict[str, float]:
    """The usual summary, and ticks that were lost in all rounds together."""
    return {**summary(figures), "lost_ticks": sum(one["lost_ticks"] for one in figures)}


def _with_backlog(world: World, name: str, rows: int) -> World:
    # A transaction before, so that there is a version below those of the rows.
    world.add_backlog(SEED_ROWS, "before")
    here = world.afresh(name)
    here.add_backlog(rows, "d")
    return here
