"""The figures of a run as tables, and which aim each of them meets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import peer

Figures = Mapping[str, Any]


def ratios(found: Figures) -> dict[str, float]:
    """What the project aims at, out of one run: relay against the others."""
    rate = {name: figures["rows_a_second"] for name, figures in found["publishing"].items()}
    seconds = {name[:3]: figures["seconds"] for name, figures in found["end_to_end"].items()}
    grown = list(found["growth"].values())
    cost = {int(rows): figures["cpu_microseconds_a_row"] for rows, figures in found["growth"].items()}
    relay = rate["relay, exactly once"]
    return {
        "publishing, relay to the naive loop": relay / rate["send_task in a loop"],
        "publishing, relay to redis-benchmark": relay / rate["redis-benchmark -P 500"],
        "end to end, (a) to relay": seconds["(a)"] / seconds["(c)"],
        "end to end, (b) to relay": seconds["(b)"] / seconds["(c)"],
        "relay's CPU microseconds a row, end to end": found["end_to_end"]["(c) relay"]["cpu_microseconds_a_row"],
        "CPU a row, largest window to 10k rows": cost[max(cost)] / cost[10_000],
        "peak memory in MB, largest window": max(figures["peak_mb"] for figures in grown),
        "idle check in ms, largest table": grown[-1]["idle_milliseconds"],
        "idle check, largest table to smallest": grown[-1]["idle_milliseconds"] / grown[0]["idle_milliseconds"],
        "p99 above the scan interval in ms, interval 1 s": found["latency"]["1.0"]["above_interval_p99"],
        "p99 above the scan interval in ms, interval 0.2 s": found["latency"]["0.2"]["above_interval_p99"],
    }


AIMS = {
    "publishing, relay to the naive loop": ">= 40",
    "publishing, relay to redis-benchmark": ">= 0.4",
    "end to end, (a) to relay": ">= 10",
    "end to end, (b) to relay": ">= 4",
    "relay's CPU microseconds a row, end to end": "< 40",
    "CPU a row, largest window to 10k rows": "< 1.2",
    "peak memory in MB, largest window": "< 200",
    "idle check in ms, largest table": "< 10",
    "idle check, largest table to smallest": "< 1.5",
    "p99 above the scan interval in ms, interval 1 s": "< 150",
    "p99 above the scan interval in ms, interval 0.2 s": "< 150",
}


def meets(value: float, aim: str) -> bool:
    """Whether a value is as `>= 40` or `< 1.2` says."""
    relation, _, limit = aim.partition(" ")
    return value >= float(limit) if relation == ">=" else value < float(limit)


def show(found: Figures, console: Console) -> None:
    """Print everything."""
    _rates(console, "Publishing alone", found["publishing"])
    _rates(console, "End to end", found["end_to_end"])
    if peer.NAME in found["end_to_end"]:
        console.print(peer.NOTE)
    _growth(console, found["growth"])
    _plain(
        console,
        "From commit to queue at 200 rows a second, in milliseconds",
        ["scan interval", "documents", "p50", "p99"],
        [
            [f"{name} s", str(f["documents"]), f"{f['p50']:.0f}", f"{f['p99']:.0f}"]
            for name, f in found["latency"].items()
        ],
    )
    _plain(
        console,
        "A cycle by stage, in microseconds a row",
        ["stage", "wall", "CPU"],
        [
            [name, "" if both["wall"] is None else f"{both['wall']:.1f}", f"{both['cpu']:.1f}"]
            for name, both in found["stages"].items()
        ],
    )
    _plain(
        console,
        "Against the aims",
        ["", "measured", "aim", ""],
        [
            [name, f"{value:.2f}", AIMS[name], "met" if meets(value, AIMS[name]) else "MISSED"]
            for name, value in found["ratios"].items()
        ],
    )


def _rates(console: Console, title: str, variants: Figures) -> None:
    first = next(iter(variants.values()))["rows_a_second"]
    _plain(
        console,
        title,
        ["variant", "rows/s", "slowest", "fastest", "x first", "CPU us/row"],
        [
            [
                name,
                f"{f['rows_a_second']:,.0f}",
                f"{f['slowest']:,.0f}",
                f"{f['fastest']:,.0f}",
                f"{f['rows_a_second'] / first:.1f}",
                f"{f['cpu_microseconds_a_row']:.1f}" if f["cpu_seconds"] else "",
            ]
            for name, f in variants.items()
        ],
    )


def _growth(console: Console, sizes: Figures) -> None:
    _plain(
        console,
        "Relay alone, by changed rows",
        ["rows", "rows/s", "CPU us/row", "peak MB", "idle check ms"],
        [
            [
                f"{int(rows):,}",
                f"{f['rows_a_second']:,.0f}",
                f"{f['cpu_microseconds_a_row']:.1f}",
                f"{f['peak_mb']:.0f}",
                f"{f['idle_milliseconds']:.1f}",
            ]
            for rows, f in sizes.items()
        ],
    )


def _plain(console: Console, title: str, head: list[str], rows: list[list[str]]) -> None:
    table = Table(title=title, title_justify="left")
    for number, name in enumerate(head):
        table.add_column(name, justify="right" if number else "left")
    for row in rows:
        table.add_row(*row)
    console.print(table)
