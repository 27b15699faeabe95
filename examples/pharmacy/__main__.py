"""`python -m examples.pharmacy`: the business around relay, on the servers that the environment or `.env` names."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import pyodbc
import typer

from common.config import SettingsError, load_settings
from examples.pharmacy import pharmacies, schema

TO_BE_CHANGED = 2
NO_CONNECTION = 3

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)


@app.command("tables")
def tables_command() -> None:
    """Create the database and the sample's tables, as far as they are not there yet.

    Example: python -m examples.pharmacy tables
    """
    with _errors_told():
        settings = load_settings()
        access = settings.model_dump(mode="python")
        schema.create_database(access)
        schema.create_tables(access)
        print(f"{settings.MSSQL_DATABASE} has the sample's tables")


@app.command("pharmacies")
def pharmacies_command(
    ledger: Annotated[Path | None, typer.Option(help="file to which every hand-in is appended")] = None,
    rate: Annotated[float, typer.Option(min=0.01, help="things done a second, by all of them together")] = 80.0,
    shops: Annotated[int, typer.Option(min=1, help="number of pharmacies")] = 6,
    seconds: Annotated[float | None, typer.Option(min=0, help="how long", show_default="until SIGTERM")] = None,
) -> None:
    """Let simulated pharmacies write documents until SIGTERM, or for --seconds; each finishes what it is doing.

    Example: python -m examples.pharmacy pharmacies --rate 5 --seconds 30
    """
    with _errors_told():
        pharmacies.write(ledger=ledger, rate=rate, shops=shops, seconds=seconds)


@app.command("demo")
def demo_command(
    seconds: Annotated[float, typer.Option(min=5, help="how long it runs, without start and settling")] = 30.0,
    as_json: Annotated[bool, typer.Option("--json", help="print nothing but the verdict, as one JSON object")] = False,
    scan_interval: Annotated[float, typer.Option(min=0.1, help="seconds between relay's scans")] = 1.0,
    svg: Annotated[Path | None, typer.Option(dir_okay=False, help="keep the last picture in this file")] = None,
) -> None:
    """Watch documents go from SQL Server to worker services, and account for every one.

    Needs no server: it starts the sandbox. Exit code 1 when a document was lost or arrived twice.

    Example: python -m examples.pharmacy demo --seconds 60
    """
    # Neither is there where the sample runs on real servers.
    if missing := [name for name in ("sandbox", "relay") if importlib.util.find_spec(name) is None]:
        typer.echo(f"pharmacy: the demo needs {' and '.join(missing)}: clone the repository, and make setup", err=True)
        raise typer.Exit(TO_BE_CHANGED)
    from sandbox.exits import exit_codes
    from sandbox.processes import stop_at_signals

    from examples.pharmacy.demo import run

    with exit_codes("demo"):
        stop_at_signals()
        verdict = run.demo(run.DemoOptions(seconds=seconds, scan_interval=scan_interval, quiet=as_json, svg=svg))
    print(verdict.as_json() if as_json else verdict.as_text())
    if not verdict.clean:
        raise typer.Exit(1)


@contextmanager
def _errors_told() -> Iterator[None]:
    """Exit codes: 2 a setting is missing, 3 SQL Server cannot be reached or refuses."""
    try:
        yield
    except SettingsError as error:
        typer.echo(f"pharmacy: {error}", err=True)
        raise typer.Exit(TO_BE_CHANGED) from None
    except pyodbc.Error as error:
        typer.echo(f"pharmacy: SQL Server: {error}", err=True)
        raise typer.Exit(NO_CONNECTION) from None


if __name__ == "__main__":
    app(prog_name="python -m examples.pharmacy")
