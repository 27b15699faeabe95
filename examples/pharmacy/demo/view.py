"""The demonstration's numbers as a picture for a terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from examples.pharmacy.demo.charts import columns, sparkline
from examples.pharmacy.demo.history import Counts, History
from examples.pharmacy.demo.verdict import Verdict
from examples.pharmacy.documents import KINDS

SPARK_WIDTH = 20
CHART_WIDTH = 60
CHART_HEIGHT = 5
WIDTH = 98
QUEUE_STYLES = {"sale": "cyan", "import": "magenta", "cancellation": "yellow"}


def picture(phase: str, whole: Verdict, verdicts: dict[str, Verdict], history: History) -> RenderableType:
    """Everything: a row a source, the flow of the last moments, and the account."""
    body = Group(_sources(verdicts, history), Text(), _flow(history), Text(), _account(whole))
    return Panel(body, title=f"relay: {phase}", title_align="left", width=WIDTH, border_style="dim")


def _sources(verdicts: dict[str, Verdict], history: History) -> Table:
    table = Table(box=None, expand=True, pad_edge=False)
    table.add_column("source", no_wrap=True, min_width=max(len(kind.name) for kind in KINDS))
    for heading in ("pending", "dispatched", "processed", "in queue", "p50", "p99"):
        table.add_column(heading, justify="right")
    table.add_column("a second", no_wrap=True, overflow="crop", max_width=SPARK_WIDTH)
    for kind in KINDS:
        now = verdicts[kind.name]
        style = QUEUE_STYLES[kind.name]
        queued = history.latest.get(kind.name, Counts()).queued
        spark = sparkline(history.per_second("dispatched", kind.name), width=SPARK_WIDTH)
        counts = (str(count) for count in (now.inserted, now.dispatched, now.processed, queued))
        table.add_row(Text(kind.name, style), *counts, _ms(now.p50_ms), _ms(now.p99_ms), Text(spark, style))
    return table


def _flow(history: History) -> Table:
    """Two charts of one scale: what became pending, and what the worker services have processed."""
    pending, processed = history.per_second("inserted"), history.per_second("processed")
    top = max([*pending, *processed, 1.0])
    table = Table.grid(padding=(0, 2))
    table.add_row(Text("became pending a second", "bold"), Text("processed a second", "bold"))
    half = (WIDTH - 8) // 2
    table.add_row(_chart(pending, top, half, "blue"), _chart(processed, top, half, "green"))
    return table


def _chart(values: Sequence[float], top: float, width: int, style: str) -> Text:
    labels = [f"{top:4.0f} ", *["     "] * (CHART_HEIGHT - 2), "   0 "]
    lines = columns(values, width=min(CHART_WIDTH, width) - len(labels[0]), height=CHART_HEIGHT, top=top)
    chart = Text()
    for number, (label, line) in enumerate(zip(labels, lines, strict=True)):
        chart.append(label, "dim")
        chart.append(line, style)
        if number < CHART_HEIGHT - 1:
            chart.append("\n")
    return chart


def _account(whole: Verdict) -> Text:
    pending, processed = ((str(count), "bold") for count in (whole.inserted, whole.processed))
    text = Text.assemble(pending, " became pending, ", processed, f" processed, {whole.lost or 'none'} on the way, ")
    text.append(f"{whole.duplicates} twice", "bold red" if whole.duplicates else "bold green")
    return text


def _ms(value: float | None) -> str:
    return "-" if value is None else f"{value:.0f} ms"
