"""`relay status`: where each source stands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from relay.cli.console import DataTable, console
from relay.cli.errors import report_errors
from relay.cli.this_relay import this_relay
from relay.cycle.reasons import SENTENCES, reason_of
from relay.exits import EXIT_CONFIGURATION
from relay.operations.service import look_at_status
from relay.operations.status import SourceStatus
from relay.sources.registry import all_sources

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(name="status")
def status_command(
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a source, a line each")] = False,
) -> None:
    """Say where each source stands: watermark, what waits, what is wrong. Reads only.

    Example: relay status --json
    """
    with report_errors():
        found = look_at_status(this_relay(), all_sources())
    if as_json:
        for one in found:
            typer.echo(json.dumps(asdict(one), default=str))
    else:
        console.print(_table(found))
    if any(one.problem for one in found):
        raise typer.Exit(EXIT_CONFIGURATION)


def _table(found: Sequence[SourceStatus]) -> DataTable:
    table = DataTable("source", "watermark", "behind", "sealed", "queue", "messages", "rejected", "notes")
    for one in found:
        table.add_row(
            one.source,
            _number(one.watermark),
            _number(one.behind),
            str(one.sealed),
            one.queue,
            _number(one.queue_length),
            str(one.rejected),
            _notes(one),
        )
    return table


def _notes(one: SourceStatus) -> list[str]:
    notes = []
    if one.problem:
        notes += one.problem.split("\n")
    if one.queue_is_full:
        notes.append("the queue is full: relay waits, and the journal keeps the rest")
    if one.next_baseline:
        notes.append(f"a baseline is next: {SENTENCES[one.next_baseline]}")
    if one.baseline_rows is not None:
        notes.append(f"a baseline is under way: {one.baseline_rows:,} rows read so far")
    if one.last_baseline:
        reason = SENTENCES[reason_of(one.last_baseline["reason"])]
        notes.append(f"last baseline: {reason}, {one.last_baseline['at']:%Y-%m-%d %H:%M:%S}")
    return notes


def _number(value: int | None) -> str:
    return "-" if value is None else str(value)
