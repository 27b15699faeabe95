"""A bad day: how fast relay is when what was sent is lost, or is read once more."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
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


@dataclass(frozen=True, kw_only=True, slots=True)
class Recovery:
    """What happens, and what relay has to do then."""

    happen: Callable[[World], None]
    pushes: int
    """How often each row."""
    is_baseline: bool


def _nothing(_world: World) -> None:
    """The first run needs no mishap."""


RECOVERIES: Mapping[str, Recovery] = {
    NEVER_SENT: Recovery(happen=_nothing, pushes=1, is_baseline=True),
    REPAIR: Recovery(happen=mishaps.lose_the_queues, pushes=1, is_baseline=False),
    SENT: Recovery(happen=mishaps.pass_retention, pushes=0, is_baseline=True),
    AGAIN: Recovery(happen=mishaps.switch_tracking, pushes=1, is_baseline=True),
}
"""In this order, over the same rows."""


def bad_day(world: World, rows: int, rounds: int, say: Say) -> dict[str, Any]:
    """Figures of each recovery from `rows` pending rows. Raises RuntimeError where one does not do what it has to."""
    found: dict[str, list[dict[str, float]]] = {name: [] for name in RECOVERIES}
    for number in range(rounds):
        here = _with_backlog(world, f"bench_bad_{number}", rows)
        for name, recovery in RECOVERIES.items():
            recovery.happen(here)
            figures = run_child("recovery:catch_up", here.settings, longest=LONGEST_SECONDS)
            _check(name, recovery, figures, rows)
            found[name].append({**figures, "rows": rows})
            say(f"a bad day, round {number + 1} of {rounds}: {name}: {figures['wall']:.1f} s")
        here.drop_mongo()
    return {name: summarised(figures) for name, figures in found.items()}


def _check(name: str, recovery: Recovery, figures: Mapping[str, float], rows: int) -> None:
    if figures["rows"] != recovery.pushes * rows:
        raise RuntimeError(f"{name}: {figures['rows']} rows were pushed of {recovery.pushes * rows}")
    if bool(figures["baselines"]) is not recovery.is_baseline:
        raise RuntimeError(f"{name}: {figures['baselines']} baselines were read")


def large_repair(world: World, rows: int, say: Say) -> dict[str, Any]:
    """Repair after FLUSHALL, while `rows` rows are out that relay has sent; `missing`: of these, not in the queue."""
    mishaps.lose_the_queues(world)
    figures = run_child("recovery:catch_up", world.settings, longest=LONGEST_SECONDS)
    say(f"a bad day: repair of {rows} rows: {figures['rows']} pushed again in {figures['wall']:.1f} s")
    return {**summarised([{**figures, "rows": rows}]), "missing": rows - world.queued()}


def summarised(figures: list[dict[str, float]]) -> dict[str, float]:
    """The usual summary, and ticks that were lost in all rounds together."""
    return {**summary(figures), "lost_ticks": sum(one["lost_ticks"] for one in figures)}


def _with_backlog(world: World, name: str, rows: int) -> World:
    # A transaction before, so that there is a version below those of the rows.
    world.add_backlog(SEED_ROWS, "before")
    here = world.afresh(name)
    here.add_backlog(rows, "d")
    return here
