"""The figures of a run as tables, and which aim each of them meets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks import bad_day, peer
from benchmarks.aims import AIMS, meets, naive_cpu
from benchmarks.killed import INTERVAL

Figures = Mapping[str, Any]


def show(found: Figures, console: Console) -> None:
    """Print everything."""
    _rates(console, "Publishing alone", found["publishing"])
    _rates(console, "End to end", found["end_to_end"])
    if peer.NAME in found["end_to_end"]:
        console.print(peer.NOTE)
    _growth(console, found["growth"], naive_cpu(found))
    _plain(
        console,
        "From commit to queue at 200 rows a second, in milliseconds",
        ["scan interval", "documents", "p50", "p99"],
        [[f"{name} s", *_percentiles(figures)] for name, figures in found["latency"].items()],
    )
    _default_schedule(console, found["default_schedule"], naive_cpu(found))
    _bad_day(console, found, naive_cpu(found))
    _killed(console, found["killed"])
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
    console.print(f"{found['date']}, {found['machine']}; {found['seconds']} s")


def _percentiles(figures: Figures) -> list[str]:
    return [f"{figures['documents']:,}", f"{figures['p50']:,.0f}", f"{figures['p99']:,.0f}"]


def _default_schedule(console: Console, schedule: Figures, naive: float) -> None:
    """The naive loop takes `naive` microseconds of processor time a row: so many rows it would send for relay's."""
    ways = [("with lingering", "lingering"), ("without", "without")]
    flows = [(f"{rate} rows/s, {way}", figures) for way, name in ways for rate, figures in schedule[name].items()]
    quiet = [(f"no rows, {name}", share) for name, share in schedule["cpu_percent"].items()]
    _plain(
        console,
        "From commit to queue by the default schedule, three sources together, in milliseconds",
        ["", "documents", "p50", "p99", "% of a core", "naive rows/s"],
        [
            *([name, *_percentiles(figures), *_share(figures["cpu_percent"], naive)] for name, figures in flows),
            *([name, "", "", "", *_share(share, naive)] for name, share in quiet),
        ],
    )
    console.print("naive rows/s: what loop (a) sends with as much processor time.")


def _share(percent: float, naive: float) -> list[str]:
    return [f"{percent:.1f}", f"{1e4 * percent / naive:.0f}"]


def _bad_day(console: Console, found: Figures, naive: float) -> None:
    recoveries = [*found["bad_day"].items(), (f"{bad_day.REPAIR}, many out", found["large_repair"])]
    first = next(iter(found["bad_day"].values()))["rows_a_second"]
    _plain(
        console,
        "A bad day",
        ["", "rows", "rows/s", "slowest", "fastest", "x first", "CPU x naive", "peak MB", "lost ticks"],
        [
            [
                name,
                f"{figures['rows']:,}",
                f"{figures['rows_a_second']:,.0f}",
                f"{figures['slowest']:,.0f}",
                f"{figures['fastest']:,.0f}",
                f"{figures['rows_a_second'] / first:.2f}",
                f"{figures['cpu_microseconds_a_row'] / naive:.3f}",
                f"{figures['peak_mb']:.0f}",
                f"{figures['lost_ticks']}",
            ]
            for name, figures in recoveries
        ],
    )


def _killed(console: Console, figures: Figures) -> None:
    arrivals = f"{figures['slowest_in_intervals']:.1f} of {INTERVAL:.0f} s"
    _plain(
        console,
        f"A first baseline of {figures['rows']:,} rows, killed with -9 {figures['kills']} times on the way",
        ["", ""],
        [
            ["seconds", f"{figures['seconds']:.0f}"],
            ["rows a second, all included", f"{figures['rows'] / figures['seconds']:,.0f}"],
            ["rows missing, and twice", f"{figures['missing']:,}, {figures['twice']:,}"],
            ["most pieces read again after a kill", f"{figures['pieces_read_again']:.2f}"],
            ["peak memory, MB", f"{figures['peak_mb']:.0f}"],
            [f"slowest of {figures['arrivals']:,} rows that came meanwhile, in intervals", arrivals],
        ],
    )


def _rates(console: Console, title: str, variants: Figures) -> None:
    first = next(iter(variants.values()))
    _plain(
        console,
        title,
        ["variant", "rows/s", "slowest", "fastest", "x first", "CPU us/row", "CPU x first"],
        [
            [
                name,
                f"{f['rows_a_second']:,.0f}",
                f"{f['slowest']:,.0f}",
                f"{f['fastest']:,.0f}",
                f"{f['rows_a_second'] / first['rows_a_second']:.1f}",
                f"{f['cpu_microseconds_a_row']:.1f}" if f["cpu_seconds"] else "",
                f"{f['cpu_microseconds_a_row'] / first['cpu_microseconds_a_row']:.3f}" if f["cpu_seconds"] else "",
            ]
            for name, f in variants.items()
        ],
    )


def _growth(console: Console, sizes: Figures, naive: float) -> None:
    _plain(
        console,
        "Relay alone, by changed rows",
        ["rows", "rows/s", "CPU us/row", "CPU x naive", "peak MB", "idle check ms"],
        [
            [
                f"{int(rows):,}",
                f"{f['rows_a_second']:,.0f}",
                f"{f['cpu_microseconds_a_row']:.1f}",
                f"{f['cpu_microseconds_a_row'] / naive:.3f}",
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
