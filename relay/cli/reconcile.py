"""`relay reconcile`: rows that wait for long, and what to do about them."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import typer

from common.config import YEARS
from relay.cli.console import DataTable, console
from relay.cli.cycle_table import cycle_table
from relay.cli.each_source import each_source
from relay.cli.errors import exit_with, report_errors
from relay.cli.this_relay import this_relay
from relay.operations.service import look_for_stuck, resend_stuck
from relay.operations.stuck_rows import SENTENCES, SHOWN, StuckRows, Verdict
from relay.sources.registry import all_sources, find_source

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(name="reconcile")
def reconcile_command(
    source: Annotated[str | None, typer.Argument(help="only this one: see `relay sources`")] = None,
    older_than: Annotated[
        float | None,
        typer.Option(help="minutes a row may wait, for RELAY_STUCK_MINUTES", min=0, max=YEARS * 24 * 60),
    ] = None,
    resend: Annotated[bool, typer.Option("--resend", help="send again what is stuck, under new task ids")] = False,
) -> None:
    """Look for rows that are pending for long although they were dispatched, or never were.

    A long queue and a lost task look alike from here: look at the queues before you --resend.

    Example: relay reconcile sale --older-than 120 --resend
    """
    with report_errors():
        chosen = [find_source(source)] if source else list(all_sources())
        relay = this_relay()
        if older_than is not None:
            # 0 minutes is every row that was ever dispatched; the setting itself must be more.
            relay = replace(relay, settings=relay.settings.model_copy(update={"RELAY_STUCK_MINUTES": older_than}))
        if resend:
            done, problems = each_source(chosen, lambda source: resend_stuck(relay, source))
            console.print(cycle_table(done))
        else:
            found, problems = each_source(chosen, lambda source: look_for_stuck(relay, source))
            console.print(_counts(found))
            if any(one.rows for one in found):
                console.print(_rows(found))
    exit_with(problems)


def _counts(found: list[StuckRows]) -> DataTable:
    table = DataTable("source", "pending rows that are", "rows")
    for one in found:
        if one.not_judged:
            table.add_row(one.source, SENTENCES[one.not_judged], "")
        for verdict in Verdict:
            if one.counts[verdict]:
                table.add_row(one.source, SENTENCES[verdict], str(one.counts[verdict]))
        if not one.counts and not one.not_judged:
            table.add_row(one.source, "(none)", "0")
    return table


def _rows(found: list[StuckRows]) -> DataTable:
    table = DataTable("source", "row", "last dispatch", "status", "minutes", title=f"the first {SHOWN} of a kind")
    for one in found:
        for row in one.rows:
            table.add_row(
                one.source,
                str(row.business_id),
                row.task_id or "never",
                str(row.status or ""),
                "" if row.minutes is None else f"{row.minutes:g}",
            )
    return table
