"""What the project aims at, out of the figures of one run, and which aims are met."""

from __future__ import annotations

import operator
from collections.abc import Mapping
from typing import Any

from benchmarks import bad_day

Figures = Mapping[str, Any]
RELATIONS = {">=": operator.ge, "<": operator.lt, "=": operator.eq}
NAIVE = "(a) plain loop"


def ratios(found: Figures) -> dict[str, float]:
    """By the name of the aim; what was not measured, as in a smaller run, is left out."""
    return {**_good_day(found), **_latency(found), **_bad_day(found)}


def _good_day(found: Figures) -> dict[str, float]:
    rate = {name: figures["rows_a_second"] for name, figures in found["publishing"].items()}
    seconds = {name[:3]: figures["seconds"] for name, figures in found["end_to_end"].items()}
    grown = list(found["growth"].values())
    cost = {int(rows): figures["cpu_microseconds_a_row"] for rows, figures in found["growth"].items()}
    relay, own = rate["relay, exactly once"], found["end_to_end"]["(c) relay"]["cpu_microseconds_a_row"]
    return {
        "publishing, relay to the naive loop": relay / rate["send_task in a loop"],
        "publishing, relay to redis-benchmark": relay / rate["redis-benchmark -P 500"],
        "end to end, (a) to relay": seconds["(a)"] / seconds["(c)"],
        "end to end, (b) to relay": seconds["(b)"] / seconds["(c)"],
        "CPU a row, (a) to relay, end to end": naive_cpu(found) / own,
        "CPU a row, largest window to 10k rows": cost[max(cost)] / cost[10_000],
        "peak memory in MB, largest window": max(figures["peak_mb"] for figures in grown),
        "idle check in ms, largest table": grown[-1]["idle_milliseconds"],
        "idle check, largest table to smallest": grown[-1]["idle_milliseconds"] / grown[0]["idle_milliseconds"],
    }


def _latency(found: Figures) -> dict[str, float]:
    intervals = {
        f"p99 above the scan interval in ms, interval {name} s": figures["above_interval_p99"]
        for name, figures in found["latency"].items()
    }
    schedule = found["default_schedule"]
    prompt = {
        f"{which} in ms, lingering, {rate} rows a second": figures[which]
        for rate, figures in schedule["lingering"].items()
        for which in ("p50", "p99")
    }
    shares = {f"% of a core, relay that is {name}": share for name, share in schedule["cpu_percent"].items()}
    return {**intervals, **prompt, **shares}


def _bad_day(found: Figures) -> dict[str, float]:
    rate = {name: figures["rows_a_second"] for name, figures in found["bad_day"].items()}
    large, killed = found["large_repair"], found["killed"]
    return {
        "baseline, all were sent before, to rows never sent": rate[bad_day.SENT] / rate[bad_day.NEVER_SENT],
        "baseline, all are sent again, to rows never sent": rate[bad_day.AGAIN] / rate[bad_day.NEVER_SENT],
        "repair after FLUSHALL, to a baseline of rows never sent": rate[bad_day.REPAIR] / rate[bad_day.NEVER_SENT],
        "large repair, rows missing": large["missing"],
        "large repair, ticks lost": large["lost_ticks"],
        "large repair, peak memory in MB": large["peak_mb"],
        "killed baseline, rows missing": killed["missing"],
        "killed baseline, rows twice": killed["twice"],
        "killed baseline, most pieces read again a kill": killed["pieces_read_again"],
        "killed baseline, peak memory in MB": killed["peak_mb"],
        "killed baseline, slowest new row in intervals": killed["slowest_in_intervals"],
    }


AIMS = {
    "publishing, relay to the naive loop": ">= 40",
    "publishing, relay to redis-benchmark": ">= 0.4",
    "end to end, (a) to relay": ">= 10",
    "end to end, (b) to relay": ">= 4",
    "CPU a row, (a) to relay, end to end": ">= 20",
    "CPU a row, largest window to 10k rows": "< 1.2",
    "peak memory in MB, largest window": "< 200",
    "idle check in ms, largest table": "< 10",
    "idle check, largest table to smallest": "< 1.5",
    "p99 above the scan interval in ms, interval 1.0 s": "< 150",
    "p99 above the scan interval in ms, interval 0.2 s": "< 150",
    "p50 in ms, lingering, 200 rows a second": "< 150",
    "p99 in ms, lingering, 200 rows a second": "< 400",
    "p50 in ms, lingering, 20 rows a second": "< 150",
    "p99 in ms, lingering, 20 rows a second": "< 400",
    "p50 in ms, lingering, 2 rows a second": "< 150",
    "p99 in ms, lingering, 2 rows a second": "< 600",
    "% of a core, relay that is lingering": "< 8",
    "% of a core, relay that is idle": "< 1",
    "baseline, all were sent before, to rows never sent": ">= 0.5",
    "baseline, all are sent again, to rows never sent": ">= 0.5",
    "repair after FLUSHALL, to a baseline of rows never sent": ">= 0.5",
    "large repair, rows missing": "= 0",
    "large repair, ticks lost": "= 0",
    "large repair, peak memory in MB": "< 250",
    "killed baseline, rows missing": "= 0",
    "killed baseline, rows twice": "= 0",
    "killed baseline, most pieces read again a kill": "< 1.1",
    "killed baseline, peak memory in MB": "< 150",
    "killed baseline, slowest new row in intervals": "< 2",
}
"""A piece that is read again holds, besides its rows, what changed meanwhile."""


def meets(value: float, aim: str) -> bool:
    """Whether a value is as `>= 40`, `< 1.2` or `= 0` says."""
    relation, _, limit = aim.partition(" ")
    return bool(RELATIONS[relation](value, float(limit)))


def naive_cpu(found: Figures) -> float:
    """Microseconds of processor time that the naive loop takes for a row: the measure for all others."""
    return float(found["end_to_end"][NAIVE]["cpu_microseconds_a_row"])
