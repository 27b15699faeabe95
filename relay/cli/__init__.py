"""The command line: `relay --help`."""

from __future__ import annotations

import typer

from relay.cli import adopt, demo, enable, reconcile, scan, sources, status

cli = typer.Typer(
    name="relay",
    help="Hands every row that becomes PENDING_SYNC in SQL Server to the Celery queue of its worker service.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
cli.command(name="scan")(scan.scan_command)
cli.command(name="adopt")(adopt.adopt_command)
cli.command(name="status")(status.status_command)
cli.command(name="reconcile")(reconcile.reconcile_command)
cli.add_typer(sources.group, name="sources")
cli.command(name="enable")(enable.enable_command)
cli.command(name="demo", add_help_option=False, context_settings=demo.PASSES_ON)(demo.demo_command)


def main() -> None:
    """Entry point of the `relay` command."""
    cli()
