"""`relay status`: where each source stands."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from common.config import get_settings
from common.logging import set_up_logging
from relay.cli.console import console
from relay.cli.errors import EXIT_CONFIGURATION, errors_told
from relay.operations.service import look_at_status
from relay.operations.status import SourceStatus
from relay.sources.registry import all_sources
from relay.wiring import this_process


def status_command(
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object a source, a line each")] = False,
) -> None:
    """Say where each source stands: watermark, what waits, what is wrong. Reads only.

    Example: relay status --json
    """
    with errors_told():
        set_up_logging(get_settings())
        from relay.celery_app import app

        found = look_at_status(this_process(app), all_sources())
    if as_json:
        for one in found:
            typer.echo(json.dumps(asdict(one), default=str))
    else:
        console.print(_table(found))
    if any(one.mistake for one in found):
        raise typer.Exit(EXIT_CONFIGURATION)


def _table(found: Sequence[SourceStatus]) -> Table:
    table = Table("source", "watermark", "behind", "sealed", "queue", "messages", "rejected", "what is to be said")
    for one in found:
        table.add_row(
            one.source,
            _number(one.watermark),
            _number(one.behind),
            str(one.sealed),
            one.queue,
            _number(one.queue_length),
            str(one.rejected),
            "\n".join(_remarks(one)),
        )
    return table


def _remarks(one: SourceStatus) -> list[str]:
    remarks = []
    if one.mistake:
        remarks.append(one.mistake)
    if one.queue_is_full:
        remarks.append("the queue is full: relay waits, and the journal keeps the rest")
    if one.next_baseline:
        remarks.append(f"a baseline is next: {one.next_baseline}")
    if one.last_baseline:
        remarks.append(f"last baseline: {one.last_baseline['reason']}, {one.last_baseline['at']:%Y-%m-%d %H:%M:%S}")
    return remarks


def _number(value: int | None) -> str:
    return "-" if value is None else str(value)
