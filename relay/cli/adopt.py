"""`relay adopt`: a person says that this relay takes a source over."""

from __future__ import annotations

from typing import Annotated

import typer

from common.escaping import escaped, escaped_lines
from relay.cli.console import console
from relay.cli.cycle_table import cycle_table
from relay.cli.each_source import each_source
from relay.cli.errors import exit_with, print_error, report_errors
from relay.cli.this_relay import this_relay
from relay.exits import EXIT_CONFIGURATION
from relay.operations.service import adopt, look_at_status
from relay.sources.registry import all_sources, find_source
from relay.sources.source import Source
from relay.wiring import Relay

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(name="adopt")
def adopt_command(
    sources: Annotated[list[str] | None, typer.Argument(help="these: see `relay sources`")] = None,
    every: Annotated[bool, typer.Option("--all", help="every source")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="do not ask")] = False,
) -> None:
    """Take sources over: after a move of MongoDB or SQL Server, a way back to an older definition, a stop.

    What the fence in SQL Server and the queue's offset vouch for is not sent again; otherwise all that waits is read
    again. Make sure first that no other relay works on them.

    Example: relay adopt sale import
    """
    if every == bool(sources):
        print_error("name the sources, or write --all")
        raise typer.Exit(EXIT_CONFIGURATION)
    with report_errors():
        chosen = list(all_sources()) if every else [find_source(name) for name in sources or []]
        relay = this_relay()
        if not yes:
            _ask(relay, chosen)
        done, problems = each_source(chosen, lambda source: adopt(relay, source))
        console.print(cycle_table(done))
    exit_with(problems)


def _ask(relay: Relay, sources: list[Source]) -> None:
    """Show who owns them, and go on only if the person agrees."""
    for one in look_at_status(relay, sources):
        at_work = one.at_work
        seen = f"a relay on host {at_work.host}, {at_work.seconds:.0f} s ago" if at_work else "nobody"
        typer.echo(escaped(f"{one.source}: last worked on by {seen}{'' if one.is_ours else ', with another MongoDB'}"))
        for line in escaped_lines(one.problem or ""):
            typer.echo(f"  {line}")
    try:
        typer.confirm("Take them over?", abort=True)
    except typer.Abort:
        typer.echo()
        print_error("nothing was taken over; where nobody can be asked, write --yes")
        raise typer.Exit(EXIT_CONFIGURATION) from None
