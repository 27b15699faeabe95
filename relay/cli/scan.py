"""`relay scan`: once, here and now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import typer

from common.escaping import escaped
from relay.cli.console import DataTable, console
from relay.cli.cycle_table import cycle_table
from relay.cli.each_source import each_source
from relay.cli.errors import exit_with, report_errors
from relay.cli.this_relay import this_relay
from relay.cycle.reasons import SENTENCES
from relay.operations.preview import Preview
from relay.operations.service import look_ahead, scan
from relay.sources.registry import all_sources, find_source

LONGEST_ARG = 200
"""Characters of an argument that are shown."""

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(name="scan")
def scan_command(
    source: Annotated[str | None, typer.Argument(help="scan only this one: see `relay sources`")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be sent, and send nothing")] = False,
) -> None:
    """Scan once, here and now, as the beat does.

    Example: relay scan sale --dry-run
    """
    with report_errors():
        chosen = [find_source(source)] if source else list(all_sources())
        relay = this_relay()
        if dry_run:
            found, problems = each_source(chosen, lambda source: look_ahead(relay, source))
            console.print(_previews(found))
        else:
            done, problems = each_source(chosen, lambda source: scan(relay, source))
            console.print(cycle_table([report for reports in done for report in reports]))
    exit_with(problems)


def _previews(previews: Sequence[Preview]) -> DataTable:
    table = DataTable("source", "reads", "would send", "already sealed", "first of them (args)")
    for found in previews:
        reads = f"all pending rows: {SENTENCES[found.baseline]}" if found.baseline else "changes since the watermark"
        first = [", ".join(escaped(str(value), longest=LONGEST_ARG) for value in row.args) for row in found.first]
        table.add_row(found.source, reads, str(found.rows), str(found.waiting), first)
    return table
