"""How fast relay is, beside the plain ways of doing the same.

    python -m benchmarks            everything (under 20 minutes on 2 cores)
    python -m benchmarks --quick    a smaller run (4 minutes), to see that it works

Prints tables; build/bench.json and build/bench.png hold the same, and `python -m benchmarks.document` writes the
tables into docs/benchmarks.md.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from sandbox.processes import stop_at_signals

from benchmarks import aims, bad_day, killed, peer, report, schedules, suite
from benchmarks.world import running

BUILD = Path("build")


def main() -> int:
    """Measure, and say what came out. Exit code 0, also where an aim is missed: a figure is no test."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help="a smaller run")
    sizes = suite.QUICK if parser.parse_args().quick else suite.FULL
    console = Console(width=None if sys.stdout.isatty() else 110)
    stop_at_signals()
    started = time.monotonic()

    def say(line: str) -> None:
        print(f"{time.monotonic() - started:5.0f} s  {line}", file=sys.stderr, flush=True)

    found: dict[str, Any] = {"date": f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC", "machine": _machine()}
    try:
        with running() as world:
            found["publishing"] = suite.publishing_alone(world, sizes, say)
            with peer.running(say) as neighbour:
                found["end_to_end"] = suite.end_to_end(world, sizes, say, neighbour)
            found["stages"] = suite.stages(world, sizes, say)
            found["latency"] = schedules.at_intervals(world, sizes.schedules, say)
            found["default_schedule"] = {"lingering": schedules.prompt(world, sizes.schedules, say)}
            found["bad_day"] = bad_day.bad_day(world, sizes.bad_rows, sizes.bad_rounds, say)
            found["growth"] = suite.growth(world, sizes, say)
            found["large_repair"] = suite.large_repair(world, sizes, say)
            with schedules.quietly(sizes.schedules, say) as results:
                waiting = killed.let_wait(world, sizes.ordeal, say)
                found["default_schedule"] |= results()
            found["killed"] = killed.killed_baseline(waiting, sizes.ordeal, say)
    except KeyboardInterrupt:
        say("stopped")
        return 130
    found["ratios"] = aims.ratios(found)
    found["seconds"] = round(time.monotonic() - started)
    _keep(found)
    report.show(found, console)
    console.print(f"{BUILD}/bench.json, {BUILD}/bench.png")
    return 0


def _keep(found: dict[str, Any]) -> None:
    BUILD.mkdir(exist_ok=True)
    (BUILD / "bench.json").write_text(json.dumps(found, indent=1))
    # Where it is not installed, the figures are kept all the same.
    from benchmarks.plot import plot

    plot(found, BUILD / "bench.png")


def _machine() -> str:
    return f"{os.cpu_count()} cores, {platform.machine()}, Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main())
