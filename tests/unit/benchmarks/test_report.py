"""The benchmarks' arithmetic: a ratio that is computed wrongly is worse than none."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from rich.console import Console

from benchmarks import peer, report
from benchmarks.suite import summary


def variant(rows_a_second: float, **others: float) -> dict[str, Any]:
    figures = {"rounds": 1, "rows": 1000, "slowest": 1.0, "fastest": 2.0, "cpu_seconds": 1.0, "peak_mb": 80.0}
    seconds = 1000 / rows_a_second
    return {
        **figures,
        "rows_a_second": rows_a_second,
        "seconds": seconds,
        "cpu_microseconds_a_row": 30.0,
        "idle_milliseconds": 4.0,
        **others,
    }


FOUND: dict[str, Any] = {
    "publishing": {
        "send_task in a loop": variant(1_000),
        "relay, exactly once": variant(50_000),
        "redis-benchmark -P 500": variant(200_000, cpu_seconds=0.0),
    },
    "end_to_end": {
        "(a) plain loop": variant(500),
        "(b) improved loop": variant(1_000),
        "(c) relay": variant(5_000, cpu_microseconds_a_row=35.0),
    },
    "growth": {
        "10000": variant(5_000, cpu_microseconds_a_row=30.0),
        "100000": variant(5_000, cpu_microseconds_a_row=33.0, peak_mb=120.0, idle_milliseconds=5.0),
    },
    "latency": {
        "1.0": {"documents": 10, "p50": 500.0, "p99": 1100.0, "above_interval_p99": 100.0},
        "0.2": {"documents": 10, "p50": 100.0, "p99": 400.0, "above_interval_p99": 200.0},
    },
    "stages": {"read rows": {"wall": 10.0, "cpu": 5.0}, "relay itself": {"wall": None, "cpu": 2.0}},
}


def test_relay_is_held_against_the_others() -> None:
    assert report.ratios(FOUND) == pytest.approx(
        {
            "publishing, relay to the naive loop": 50.0,
            "publishing, relay to redis-benchmark": 0.25,
            "end to end, (a) to relay": 10.0,
            "end to end, (b) to relay": 5.0,
            "relay's CPU microseconds a row, end to end": 35.0,
            "CPU a row, largest window to 10k rows": 1.1,
            "peak memory in MB, largest window": 120.0,
            "idle check in ms, largest table": 5.0,
            "idle check, largest table to smallest": 1.25,
            "p99 above the scan interval in ms, interval 1 s": 100.0,
            "p99 above the scan interval in ms, interval 0.2 s": 200.0,
        }
    )


def test_every_ratio_has_an_aim() -> None:
    assert set(report.ratios(FOUND)) == set(report.AIMS)


@pytest.mark.parametrize(
    ("value", "aim", "is_met"),
    [(40.0, ">= 40", True), (39.9, ">= 40", False), (1.2, "< 1.2", False), (1.19, "< 1.2", True)],
)
def test_an_aim_is_met_or_missed(value: float, aim: str, is_met: bool) -> None:
    assert report.meets(value, aim) is is_met


def test_the_tables_say_which_aims_are_missed() -> None:
    said = io.StringIO()
    report.show({**FOUND, "ratios": report.ratios(FOUND)}, Console(file=said, width=120))
    missed = [line for line in said.getvalue().splitlines() if "MISSED" in line]
    assert len(missed) == 2
    assert "redis-benchmark" in missed[0]
    assert "interval 0.2 s" in missed[1]


@pytest.mark.parametrize("is_there", [True, False])
def test_a_word_beside_the_peer_says_that_it_reads_another_database(is_there: bool) -> None:
    variants = {**FOUND["end_to_end"], **({peer.NAME: variant(900)} if is_there else {})}
    found = {**FOUND, "end_to_end": variants}
    said = io.StringIO()
    report.show({**found, "ratios": report.ratios(found)}, Console(file=said, width=120))
    assert (peer.NOTE in said.getvalue()) is is_there
    assert report.ratios(found) == report.ratios(FOUND)


def test_a_summary_is_the_median_with_its_spread() -> None:
    rounds = [{"rows": 100.0, "wall": wall, "cpu": wall / 2, "peak_mb": 10 * wall} for wall in (1.0, 2.0, 4.0)]
    figures = summary(rounds)
    assert json.loads(json.dumps(figures)) == {
        "rounds": 3,
        "rows": 100.0,
        "rows_a_second": 50.0,
        "slowest": 25.0,
        "fastest": 100.0,
        "seconds": 2.0,
        "cpu_seconds": 1.0,
        "cpu_microseconds_a_row": 10_000.0,
        "peak_mb": 40.0,
    }
