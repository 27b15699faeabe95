"""What the demonstration shows while it runs."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from rich._export_format import CONSOLE_SVG_FORMAT
from rich.console import Console, RenderableType
from rich.live import Live

from examples.pharmacy.demo.observer import Observer
from examples.pharmacy.demo.view import WIDTH, picture
from examples.pharmacy.documents import KINDS

LINE_SECONDS = 5.0
SVG = re.sub(r"@font-face \{\{.*?\}\}", "", CONSOLE_SVG_FORMAT, flags=re.DOTALL)
"""rich's format without its fonts, which would be fetched from elsewhere: whatever font of fixed width is there."""


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


class LiveView:
    """For a terminal: a picture that is redrawn in place."""

    def __init__(self, live: Live) -> None:
        self._live = live
        self.latest: RenderableType = ""

    def say(self, text: str) -> None:
        """Print it above the picture."""
        self._live.console.print(text, style="dim")

    def show(self, observer: Observer, *, phase: str) -> None:
        """Draw the picture."""
        verdicts = {kind.name: observer.verdict_of(kind.name) for kind in KINDS}
        self.latest = picture(phase, observer.verdict(), verdicts, observer.history)
        self._live.update(self.latest, refresh=True)


@contextmanager
def chosen(*, quiet: bool, svg: Path | None = None) -> Iterator[Display]:
    """Nothing when it has to be quiet, a picture at a terminal, lines elsewhere.

    `svg`: the file in which the last picture is kept, whatever this is.
    """
    console = Console()
    if quiet:
        yield Silent()
    elif console.is_terminal or svg is not None:
        with Live(console=console, auto_refresh=False) as live:
            view = LiveView(live)
            yield view
        if svg is not None:
            save_svg(view.latest, svg)
    else:
        yield Lines()


def save_svg(shown: RenderableType, path: Path) -> None:
    """Write a picture as SVG that loads nothing from elsewhere."""
    console = Console(record=True, file=io.StringIO(), width=WIDTH, force_terminal=True)
    console.print(shown)
    path.write_text(console.export_svg(title="make demo", code_format=SVG), encoding="utf-8")


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} ms"
