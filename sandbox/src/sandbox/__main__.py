"""`python -m sandbox`: SQL Server and MongoDB (stand-ins), and Redis, on this machine alone."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import pyodbc
import typer

from sandbox import control_commands, env_file, up
from sandbox.errors import ServiceError
from sandbox.exits import exit_codes
from sandbox.option_groups import EnvFile
from sandbox.processes import stop_at_signals
from sandbox.services import MSSQL_DATABASE, Encrypt, Ports
from sandbox.stack import StackOptions

NO_CONNECTION = 3

app = typer.Typer(no_args_is_help=True, add_completion=False, help=__doc__)

Port = Annotated[int | None, typer.Option(min=1, max=65535, show_default="any free one")]


@app.command("up")
def up_command(
    *,
    env_path: Annotated[
        Path, typer.Option("--env-file", help="where the settings of programs that use the services are written")
    ] = env_file.DEFAULT_PATH,
    data: Annotated[
        Path | None, typer.Option(file_okay=False, help="keep the data here, also through a kill -9")
    ] = None,
    init: Annotated[
        list[Path] | None,
        typer.Option(
            exists=True, dir_okay=False, help="run this T-SQL (batches end at GO) once all answer; repeatable"
        ),
    ] = None,
    database: Annotated[str, typer.Option(help="name of SQL Server's database")] = MSSQL_DATABASE,
    mssql_port: Port = None,
    mongo_port: Port = None,
    redis_port: Port = None,
    encrypt: Annotated[Encrypt, typer.Option(help="encryption of the SQL Server connection")] = "no",
) -> None:
    """Run SQL Server (stand-in), MongoDB (stand-in) and Redis until Ctrl-C or SIGTERM.

    The env file is there while all three answer, and the --init scripts have run.

    Example: python -m sandbox up --init tables.sql --data .sandbox/data --env-file .env
    """
    ports = Ports(mssql=mssql_port, mongo=mongo_port, redis=redis_port)
    options = StackOptions(data=data, ports=ports, encrypt=encrypt, database=database, init=init or ())
    with exit_codes("sandbox"):
        stop_at_signals()
        up.serve(options, env_path)


@app.command("sql")
def sql_command(
    *,
    query: Annotated[str | None, typer.Option("--query", "-Q", help="run this batch, and end")] = None,
    file: Annotated[
        Path | None, typer.Option("--file", "-i", exists=True, dir_okay=False, help="run this script, and end")
    ] = None,
    env_path: EnvFile = env_file.DEFAULT_PATH,
    keep_going: Annotated[bool, typer.Option("--keep-going", help="go on after a batch that failed")] = False,
) -> None:
    """Type T-SQL, or have a script run that is cut into batches by lines with GO.

    Exit code 1 when a batch failed. Works on a real SQL Server, too: give a file with its settings (MSSQL_...).

    Example: python -m sandbox sql -Q "SELECT name FROM sys.tables"
    """
    from sandbox.prompt.prompt_session import failure_of
    from sandbox.prompt.run import PromptOptions, prompt

    with exit_codes("sandbox"):
        stop_at_signals()
        try:
            well = prompt(_settings(env_path), PromptOptions(query=query, file=file, keep_going=keep_going))
        except pyodbc.Error as error:
            typer.echo(f"sandbox: no connection: {failure_of(error)}", err=True)
            raise typer.Exit(NO_CONNECTION) from None
    if not well:
        raise typer.Exit(1)


@app.command("urls")
def urls_command(env_path: EnvFile = env_file.DEFAULT_PATH) -> None:
    """Print what has tests run against a sandbox that is up: `eval` it, then pytest -n 0.

    Example: eval "$(python -m sandbox urls)" && pytest -n 0
    """
    with exit_codes("sandbox"):
        for name, value in env_file.urls(_settings(env_path)).items():
            typer.echo(f"export {name}={shlex.quote(value)}")


control_commands.add_to(app)


def _settings(env_path: Path) -> dict[str, str]:
    if not env_path.is_file():
        raise ServiceError(f"there is no {env_path}: start one with `python -m sandbox up`, or name it")
    return env_file.read(env_path)


def main() -> None:
    """Entry point."""
    app(prog_name="python -m sandbox")


if __name__ == "__main__":
    main()
