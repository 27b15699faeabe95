"""The benchmarks of bad days, on few rows: what is measured happens, and every row is accounted for."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks import bad_day
from benchmarks.arrivals import poisson
from benchmarks.killed import Ordeal, killed_baseline, let_wait
from benchmarks.latency import measure_flow
from benchmarks.world import SEED_ROWS, World, running

ROWS = SEED_ROWS


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with running() as services:
        yield services


def say_nothing(_line: str) -> None: ...


def test_each_recovery_pushes_what_it_has_to(world: World) -> None:
    found = bad_day.bad_day(world, ROWS, 1, say_nothing)
    assert list(found) == list(bad_day.RECOVERIES)
    assert {figures["rows"] for figures in found.values()} == {ROWS}
    assert {figures["lost_ticks"] for figures in found.values()} == {0}


def test_all_that_was_out_is_pushed_again(world: World) -> None:
    here = world.afresh("bench_large")
    here.begin()
    here.add_backlog(ROWS, "large")
    here.begin()
    assert here.queued() == ROWS
    found = bad_day.large_repair(here, ROWS, say_nothing)
    assert (found["rows"], found["missing"], found["lost_ticks"]) == (ROWS, 0, 0)


def test_a_baseline_that_is_killed_brings_every_row_once(world: World) -> None:
    ordeal = Ordeal(rows=ROWS, kills=1, longest_seconds=120, latest_kill_seconds=0)
    found = killed_baseline(let_wait(world, ordeal, say_nothing), ordeal, say_nothing)
    assert (found["kills"], found["missing"], found["twice"]) == (1, 0, 0)
    assert found["arrivals"] > 0
    assert found["peak_mb"] > 0


def test_documents_are_followed_from_commit_to_queue(world: World) -> None:
    settings = {**world.afresh("bench_flow").settings, "RELAY_SCAN_INTERVAL": "0.2"}
    figures = measure_flow(settings, poisson(50, 2, name="F")).figures()
    assert figures["documents"] == 100
    assert 0 < figures["p50"] <= figures["p99"]
    assert figures["cpu_microseconds_a_row"] > 0
