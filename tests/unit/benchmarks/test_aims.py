"""The benchmarks' arithmetic: a ratio that is computed wrongly is worse than none."""

from __future__ import annotations

import pytest

from benchmarks import aims
from tests.unit.benchmarks.samples import FOUND


def test_relay_is_held_against_the_others() -> None:
    assert aims.ratios(FOUND) == pytest.approx(
        {
            "publishing, relay to the naive loop": 50.0,
            "publishing, relay to redis-benchmark": 0.25,
            "end to end, (a) to relay": 10.0,
            "end to end, (b) to relay": 5.0,
            "CPU a row, (a) to relay, end to end": 20.0,
            "CPU a row, largest window to 10k rows": 1.1,
            "peak memory in MB, largest window": 120.0,
            "idle check in ms, largest table": 5.0,
            "idle check, largest table to smallest": 1.25,
            "p99 above the scan interval in ms, interval 1.0 s": 100.0,
            "p99 above the scan interval in ms, interval 0.2 s": 200.0,
            "p50 in ms, lingering, 20 rows a second": 100.0,
            "p99 in ms, lingering, 20 rows a second": 500.0,
            "% of a core, relay that is lingering": 7.0,
            "% of a core, relay that is idle": 0.5,
            "baseline, all were sent before, to rows never sent": 0.25,
            "baseline, all are sent again, to rows never sent": 0.75,
            "repair after FLUSHALL, to a baseline of rows never sent": 0.5,
            "large repair, rows missing": 0,
            "large repair, ticks lost": 2,
            "large repair, peak memory in MB": 150.0,
            "killed baseline, rows missing": 0,
            "killed baseline, rows twice": 0,
            "killed baseline, most pieces read again a kill": 1.01,
            "killed baseline, peak memory in MB": 110.0,
            "killed baseline, slowest new row in intervals": 1.5,
        }
    )


def test_every_ratio_has_an_aim() -> None:
    every_rate = dict.fromkeys(["200", "20", "2"], FOUND["default_schedule"]["lingering"]["20"])
    found = {**FOUND, "default_schedule": {**FOUND["default_schedule"], "lingering": every_rate}}
    assert set(aims.ratios(found)) == set(aims.AIMS)


@pytest.mark.parametrize(
    ("value", "aim", "is_met"),
    [
        (40.0, ">= 40", True),
        (39.9, ">= 40", False),
        (1.2, "< 1.2", False),
        (1.19, "< 1.2", True),
        (0, "= 0", True),
        (-1, "= 0", False),
    ],
)
def test_an_aim_is_met_or_missed(value: float, aim: str, is_met: bool) -> None:
    assert aims.meets(value, aim) is is_met
