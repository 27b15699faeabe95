"""The command line: `relay --help`."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from sqlalchemy.exc import DBAPIError

from common.config import SettingsError, get_settings
from common.database.errors import ConfigurationError
from common.logs import set_up_logging
from relay.bootstrap import Relay, this_process
from relay.dry_run import Preview, preview
from relay.faults import describe_error, is_passing
from relay.model import CycleReport
from relay.scan import scan
from relay.sources import Source, UnknownSourceError, all_sources, find_source

EXIT_REFUSED = 1
EXIT_CONFIGURATION = 2
EXIT_AWAY = 3

cli = typer.Typer(
    name="relay",
    help="Hands every row that becomes PENDING_SYNC in SQL Server to the Celery queue of its worker service.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
console = Console()


@cli.command(name="scan")
def scan_command(
    source: Annotated[str | None, typer.Argument(help="scan only this source: sale, import or cancellation")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="say what would be sent, and send nothing")] = False,
) -> None:
    """Scan once, here and now, as the beat does.

    Example: relay scan sale --dry-run
    """
    with _errors_told():
        chosen = [find_source(source)] if source else list(all_sources())
        settings = get_settings()
        set_up_logging(settings)
        from relay.celery_app import app

        relay = this_process(app)
        if dry_run:
            console.print(_previews([_preview(relay, each) for each in chosen]))
        else:
            console.print(_reports([report for each in chosen for report in scan(relay, each)]))


@cli.command(name="sources")
def sources_command() -> None:
    """List what is watched, and where its pending rows go.

    Example: relay sources
    """
    table = Table("source", "table", "args", "pending when", "task", "queue")
    for source in all_sources():
        pending = f"{source.status_column} = {source.pending_value}"
        table.add_row(source.name, source.full_name, ", ".join(source.args), pending, source.task, source.queue)
    console.print(table)


@cli.command(
    name="demo",
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True},
)
def demo_command(context: typer.Context) -> None:
    """Watch it work on this machine: no Docker, no servers of your own (--seconds, --json; demo --help).

    Example: relay demo --seconds 20
    """
    if importlib.util.find_spec("sandbox") is None:
        typer.echo("relay: the demo needs the sandbox, which comes with a clone of the project", err=True)
        raise typer.Exit(EXIT_CONFIGURATION)
    # A process of its own: relay does not know the sandbox. It gets the terminal's Ctrl-C itself and cleans up.
    process = subprocess.Popen([sys.executable, "-m", "sandbox", "demo", *context.args])
    while True:
        try:
            raise typer.Exit(process.wait())
        except KeyboardInterrupt:
            continue


def _preview(relay: Relay, source: Source) -> Preview:
    return preview(source, relay.ports.changes, relay.ports.checkpoints, relay.options)


def _previews(previews: Sequence[Preview]) -> Table:
    table = Table("source", "reads", "would send", "already sealed", "first of them (args)")
    for found in previews:
        reads = f"all pending rows: {found.baseline}" if found.baseline else "changes since the watermark"
        first = "\n".join(", ".join(str(value) for value in row.args) for row in found.first)
        table.add_row(found.source, reads, str(found.rows), str(found.waiting), first)
    return table


def _reports(reports: Sequence[CycleReport]) -> Table:
    table = Table("source", "outcome", "watermark", "sent", "rejected", "baseline")
    for report in reports:
        version = "-" if report.version is None else str(report.version)
        baseline = str(report.baseline or "")
        table.add_row(
            report.source, str(report.outcome), version, str(report.dispatched), str(report.rejected), baseline
        )
    return table


@contextmanager
def _errors_told() -> Iterator[None]:
    """One line that names cause and remedy, and an exit code: 1 refused, 2 to be mended by a person, 3 away."""
    try:
        yield
    except (SettingsError, ConfigurationError, UnknownSourceError) as error:
        typer.echo(f"relay: {error}", err=True)
        raise typer.Exit(EXIT_CONFIGURATION) from None
    except Exception as error:
        if isinstance(error, DBAPIError) and not is_passing(error):
            typer.echo(f"relay: SQL Server refused: {describe_error(error)}", err=True)
            raise typer.Exit(EXIT_REFUSED) from None
        if not is_passing(error):
            raise
        typer.echo(f"relay: a service is away, try again: {describe_error(error)}", err=True)
        raise typer.Exit(EXIT_AWAY) from None


def main() -> None:
    """Entry point of the `relay` command."""
    cli()
