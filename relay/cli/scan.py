"""`relay scan`: once, here and now."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

import typer
from rich.table import Table

from common.config import get_settings
from common.database.errors import ConfigurationError
from common.logging import set_up_logging
from relay.cli.console import console
from relay.cli.errors import EXIT_CONFIGURATION, print_error, report_errors
from relay.cycle.outcomes import SENTENCES as OUTCOMES
from relay.cycle.outcomes import CycleReport
from relay.cycle.reasons import SENTENCES
from relay.operations.preview import Preview, preview
from relay.operations.service import scan
from relay.sources.registry import all_sources, find_source
from relay.sources.source import Source
from relay.wiring import this_process

Found = TypeVar("Found")


def scan_command(
    source: Annotated[str | None, typer.Argument(help="scan only this one: see `relay sources`")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be sent, and send nothing")] = False,
) -> None:
    """Scan once, here and now, as the beat does.

    Example: relay scan sale --dry-run
    """
    with report_errors():
        chosen = [find_source(source)] if source else list(all_sources())
        settings = get_settings()
        set_up_logging(settings)
        from relay.celery_app import app

        relay = this_process(app)
        ports = relay.ports
        if dry_run:
            found, problems = each_source(
                chosen, lambda source: preview(relay.own(source), ports.changes, ports.checkpoints, relay.options)
            )
            console.print(_previews(found))
        else:
            done, problems = each_source(chosen, lambda source: scan(relay, source))
            console.print(reports_table([report for reports in done for report in reports]))
    if problems:
        print_error("\n".join(problems))
        raise typer.Exit(EXIT_CONFIGURATION)


def each_source(sources: Sequence[Source], look: Callable[[Source], Found]) -> tuple[list[Found], list[str]]:
    """What was found in each source, and what a person must fix: a source with a problem holds up no other."""
    found: list[Found] = []
    problems: list[str] = []
    for source in sources:
        try:
            found.append(look(source))
        except ConfigurationError as error:
            problems.append(str(error))
    return found, problems


def _previews(previews: Sequence[Preview]) -> Table:
    table = Table("source", "reads", "would send", "already sealed", "first of them (args)")
    for found in previews:
        reads = f"all pending rows: {SENTENCES[found.baseline]}" if found.baseline else "changes since the watermark"
        first = "\n".join(", ".join(str(value) for value in row.args) for row in found.first)
        table.add_row(found.source, reads, str(found.rows), str(found.waiting), first)
    return table


def reports_table(reports: Sequence[CycleReport]) -> Table:
    """What cycles did, a row each."""
    table = Table("source", "outcome", "watermark", "sent", "rejected", "baseline")
    for report in reports:
        version = "-" if report.version is None else str(report.version)
        baseline = SENTENCES[report.baseline] if report.baseline else ""
        table.add_row(
            report.source, OUTCOMES[report.outcome], version, str(report.dispatched), str(report.rejected), baseline
        )
    return table
