"""The figures of a run that never was."""

from __future__ import annotations

from typing import Any

from benchmarks import bad_day


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


def flow(**percentiles: float) -> dict[str, float]:
    return {"documents": 10, "cpu_percent": 3.5, "cpu_microseconds_a_row": 70.0, **percentiles}


FOUND: dict[str, Any] = {
    "publishing": {
        "send_task in a loop": variant(1_000),
        "relay, exactly once": variant(50_000),
        "redis-benchmark -P 500": variant(200_000, cpu_seconds=0.0),
    },
    "end_to_end": {
        "(a) plain loop": variant(500, cpu_microseconds_a_row=700.0),
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
    "default_schedule": {
        "lingering": {"20": flow(p50=100.0, p99=500.0)},
        "without": {"20": flow(p50=30_000.0, p99=60_000.0)},
        "cpu_percent": {"lingering": 7.0, "idle": 0.5},
    },
    "bad_day": {
        bad_day.NEVER_SENT: variant(4_000, lost_ticks=0),
        bad_day.REPAIR: variant(2_000, lost_ticks=0),
        bad_day.SENT: variant(1_000, lost_ticks=0),
        bad_day.AGAIN: variant(3_000, lost_ticks=0),
    },
    "large_repair": variant(2_000, missing=0, lost_ticks=2, peak_mb=150.0),
    "killed": {
        "rows": 2_000,
        "seconds": 4.0,
        "kills": 10,
        "missing": 0,
        "twice": 0,
        "pieces_read_again": 1.01,
        "peak_mb": 110.0,
        "arrivals": 50,
        "slowest_in_intervals": 1.5,
    },
    "date": "2026-11-26 23:47 UTC",
    "machine": "2 cores",
    "seconds": 1000,
    "stages": {"read rows": {"wall": 10.0, "cpu": 5.0}, "relay itself": {"wall": None, "cpu": 2.0}},
}
