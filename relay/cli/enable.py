"""`relay enable`: change tracking for a source that was added after the migration."""

from __future__ import annotations

from typing import Annotated

import typer

from common.config import get_settings
from common.database.mssql_client import make_engine
from common.escaping import escaped
from relay.cli.errors import report_errors
from relay.sources.registry import all_sources, find_source
from relay.tracking import enabling

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(name="enable")
def enable_command(
    source: Annotated[str | None, typer.Argument(help="only this one; default: every source")] = None,
    sql: Annotated[bool, typer.Option("--sql", help="print T-SQL for an administrator, and change nothing")] = False,
) -> None:
    """Do for the table of a source that was added later what the migration did for the others.

    Needs the login of the migration, which may ALTER the database and the table. What is on stays as it is.

    Example: relay enable prescription --sql > enable.sql
    """
    with report_errors():
        chosen = [find_source(source)] if source else list(all_sources())
        if sql:
            typer.echo(enabling.script(chosen), nl=False)
            return
        engine = make_engine(get_settings())
        try:
            enabling.enable(engine, chosen)
        finally:
            engine.dispose()
    for each in chosen:
        typer.echo(escaped(f"{each.full_name} is tracked: source {each.name} can be relayed"))
