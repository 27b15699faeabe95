"""`relay sources`: what is watched, whether that can be, and what else could be."""

from __future__ import annotations

from typing import Annotated

import typer

from common.config import get_settings
from common.database.mssql_client import MSSQLClient
from relay.broker.settings import read_broker
from relay.cli.console import DataTable, console
from relay.cli.errors import exit_with, print_error, report_errors
from relay.sources.check import Findings, check_sources
from relay.sources.registry import all_sources
from relay.sources.reserved import check_lists
from relay.sources.suggest import suggested_sources

app = typer.Typer(
    name="sources",
    invoke_without_command=True,
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def sources_command(
    context: typer.Context,
    check: Annotated[bool, typer.Option("--check", help="hold them against the database, too")] = False,
) -> None:
    """List what is watched, and where its pending rows go.

    Example: relay sources --check
    """
    if context.invoked_subcommand is not None:
        return
    with report_errors():
        console.print(_listed())
        found = _checked() if check else Findings(problems=(), warnings=())
    if found.warnings:
        print_error("\n".join(f"warning: {line}" for line in found.warnings))
    exit_with(found.problems)


@app.command(name="suggest")
def suggest_command() -> None:
    """Look into the database for other tables with a status column, and print them as TOML for RELAY_SOURCES.

    Example: relay sources suggest > sources.toml
    """
    with report_errors():
        mssql = MSSQLClient(get_settings())
        try:
            with mssql.engine.connect() as connection:
                # TOML is UTF-8, whatever the terminal is.
                typer.echo(suggested_sources(connection, all_sources()).encode(), nl=False)
        finally:
            mssql.close()


def _listed() -> DataTable:
    table = DataTable("source", "watched", "sent as", show_lines=True)
    for source in all_sources():
        watched = [source.full_name, f"{source.status_column} = {source.pending_value}"]
        priority = f", priority {source.priority}" if source.priority else ""
        sent = [source.task, f"  ({', '.join(source.args)})", f"  -> {source.queue}{priority}"]
        table.add_row(source.name, watched, sent)
    return table


def _checked() -> Findings:
    settings = get_settings()
    broker = read_broker(settings)
    if broker.is_redis:
        check_lists(all_sources(), broker.options)
    mssql = MSSQLClient(settings)
    try:
        return check_sources(mssql, all_sources(), log_kept=settings.log_kept)
    finally:
        mssql.close()
