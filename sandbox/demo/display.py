"""What the demonstration shows while it runs."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.table import Table

from sandbox.demo.observer import Observer
from sandbox.sample.documents import KINDS

LINE_SECONDS = 5.0


class Display(Protocol):
    """Where the demonstration says what goes on."""

    def say(self, text: str) -> None:
        """Something has happened."""

    def show(self, observer: Observer, *, phase: str) -> None:
        """The numbers as they are now."""


class Silent:
    """Shows nothing."""

    def say(self, text: str) -> None:
        """Nothing."""

    def show(self, observer: Observer, *, phase: str) -> None:
        """Nothing."""


class Lines:
    """For a log: a line every few seconds."""

    def __init__(self) -> None:
        self._next = 0.0

    def say(self, text: str) -> None:
        """Print it."""
        print(text, flush=True)

    def show(self, observer: Observer, *, phase: str) -> None:
        """Print the sums, unless that was done a moment ago."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + LINE_SECONDS
        now = observer.verdict()
        print(
            f"{phase}: {now.inserted} became pending, {now.dispatched} dispatched, {now.processed} processed, "
            f"p50 {_ms(now.p50_ms)}, p99 {_ms(now.p99_ms)}",
            flush=True,
        )


class LiveTable:
    """For a terminal: one table that is drawn anew."""

    def __init__(self, live: Live) -> None:
        self._live = live

    def say(self, text: str) -> None:
        """Print it above the table."""
        self._live.console.print(text)

    def show(self, observer: Observer, *, phase: str) -> None:
        """Draw the table."""
        self._live.update(_table(observer, phase), refresh=True)


@contextmanager
def chosen(*, quiet: bool) -> Iterator[Display]:
    """Nothing when it has to be quiet, a table at a terminal, lines elsewhere."""
    console = Console()
    if quiet:
        yield Silent()
    elif console.is_terminal:
        with Live(console=console, auto_refresh=False) as live:
            yield LiveTable(live)
    else:
        yield Lines()


def _table(observer: Observer, phase: str) -> Table:
    table = Table(title=phase, title_justify="left")
    table.add_column("source")
    for heading in ("became pending", "dispatched", "processed", "on the way", "p50", "p99"):
        table.add_column(heading, justify="right")
    for kind in KINDS:
        now = observer.verdict_of(kind.name)
        counts = [now.inserted, now.dispatched, now.processed, now.lost]
        table.add_row(kind.name, *map(str, counts), _ms(now.p50_ms), _ms(now.p99_ms))
    return table


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} ms"
