"""What is made of several rounds."""

from __future__ import annotations

import json

from benchmarks.summary import summary


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
