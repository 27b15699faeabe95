"""`python -m sandbox`: the services that relay needs, and the demonstration, on this machine alone."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import pyodbc
import typer

from common.config import SettingsError
from sandbox import control_commands, env_file, up
from sandbox.processes import ChildError, stop_at_signals
from sandbox.services import Encrypt, Ports, ServiceError
from sandbox.stack import StackOptions

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)

Port = Annotated[int | None, typer.Option(min=1, max=65535, show_default="any free one")]


@app.command("up")
def up_command(  # noqa: PLR0917 - typer makes options of them
    env_path: Annotated[
        Path, typer.Option("--env-file", help="where the settings for relay, alembic and celery are written")
    ] = env_file.DEFAULT_PATH,
    data: Annotated[
        Path | None, typer.Option(file_okay=False, help="keep the data here, also through a kill -9")
    ] = None,
    mssql_port: Port = None,
    mongo_port: Port = None,
    redis_port: Port = None,
    encrypt: Annotated[Encrypt, typer.Option(help="encryption of the SQL Server connection")] = "no",
) -> None:
    """Run SQL Server (stand-in), MongoDB (stand-in) and Redis until Ctrl-C or SIGTERM.

    The database holds the sample tables SalesInvoices, ImportReceipts and Cancellations; change tracking is off.

    Example: python -m sandbox up --data .sandbox/data --env-file .env
    """
    ports = Ports(mssql=mssql_port, mongo=mongo_port, redis=redis_port)
    with _failures_told():
        up.serve(StackOptions(data=data, ports=ports, encrypt=encrypt), env_path)


@app.command("sql")
def sql_command(
    query: Annotated[str | None, typer.Option("--query", "-Q", help="run this batch, and end")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", "-i", exists=True, dir_okay=False, help="run this script, and end")
    ] = None,
    env_path: Annotated[
        Path, typer.Option("--env-file", help="settings with which SQL Server is reached")
    ] = env_file.DEFAULT_PATH,
    keep_going: Annotated[bool, typer.Option("--keep-going", help="go on after a batch that failed")] = False,
) -> None:
    """Type T-SQL, or have a script run that is cut into batches by lines with GO.

    Exit code 1 when a batch failed. Works on a real SQL Server, too: give the file with its settings.

    Example: python -m sandbox sql -Q "SELECT TOP 5 * FROM SalesInvoices"
    """
    from sandbox.prompt.prompt_session import failure_of
    from sandbox.prompt.run import PromptOptions, prompt

    if not env_path.is_file():
        typer.echo(f"sandbox: there is no {env_path}: start one with `python -m sandbox up`, or name it", err=True)
        raise typer.Exit(2)
    with _failures_told():
        try:
            well = prompt(env_file.read(env_path), PromptOptions(query=query, file=file, keep_going=keep_going))
        except pyodbc.Error as error:
            typer.echo(f"sandbox: no connection: {failure_of(error)}", err=True)
            raise typer.Exit(3) from None
        if not well:
            raise typer.Exit(1)


@app.command("urls")
def urls_command(
    env_path: Annotated[
        Path, typer.Option("--env-file", help="the file that `up` has written", exists=True, dir_okay=False)
    ] = env_file.DEFAULT_PATH,
) -> None:
    """Print what has the tests run against a sandbox that is up: `eval` it, then pytest -n 0.

    Example: eval "$(python -m sandbox urls)" && pytest -n 0
    """
    for name, value in env_file.urls(env_file.read(env_path)).items():
        typer.echo(f"export {name}={shlex.quote(value)}")


@app.command("demo")
def demo_command(
    seconds: Annotated[float, typer.Option(min=5, help="how long it runs, without start and settling")] = 30.0,
    as_json: Annotated[bool, typer.Option("--json", help="print nothing but the verdict, as one JSON object")] = False,
    scan_interval: Annotated[float, typer.Option(min=0.1, help="seconds between relay's scans")] = 1.0,
    svg: Annotated[Path | None, typer.Option(dir_okay=False, help="keep the last picture in this file")] = None,
) -> None:
    """Watch documents go from SQL Server to worker services, and account for every one.

    Exit code 1 when a document was lost or arrived twice.

    Example: python -m sandbox demo --seconds 60
    """
    from examples.pharmacy.demo import run  # celery and rich: not for `up`

    with _failures_told():
        verdict = run.demo(run.DemoOptions(seconds=seconds, scan_interval=scan_interval, quiet=as_json, svg=svg))
        print(verdict.as_json() if as_json else verdict.as_text())
        if not verdict.clean:
            raise typer.Exit(1)


control_commands.add_to(app)


@contextmanager
def _failures_told() -> Iterator[None]:
    """Turn what may go wrong into one message on standard error and an exit code."""
    stop_at_signals()
    try:
        yield
    except (ServiceError, SettingsError) as error:
        typer.echo(f"sandbox: {error}", err=True)
        raise typer.Exit(2) from None
    except ChildError as error:
        typer.echo(f"sandbox: {error}", err=True)
        raise typer.Exit(1) from None
    except KeyboardInterrupt:
        typer.echo("sandbox: stopped", err=True)
        raise typer.Exit(130) from None


def main() -> None:
    """Entry point."""
    app(prog_name="python -m sandbox")


if __name__ == "__main__":
    main()
