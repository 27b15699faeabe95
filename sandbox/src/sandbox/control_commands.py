"""The commands of `python -m sandbox` that reach SQL Server's stand-in: faults, the clock, cleanup, backup, restore."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from sandbox import env_file, mongo_commands
from sandbox.control import ControlError, SqlServerControl
from sandbox.exits import exit_codes
from sandbox.option_groups import AllStatements, EnvFile, Requests, Statements, with_groups
from sandbox.sqlserver.faults.model import CutFault, DelayFault, ErrorFault, Fault, LoginFault, Moment

fault = typer.Typer(no_args_is_help=True, help="Have the stand-ins do what servers do once in a while.")

Database = Annotated[str | None, typer.Argument(help="the database", show_default="the one in the env file")]
CopyName = Annotated[str, typer.Argument(help="the copy's name")]

_AMOUNT = re.compile(r"\+(\d+)([smhd])")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


@fault.command("error")
@with_groups
def error_command(
    number: Annotated[int, typer.Argument(help="1205 deadlock victim, 1222 lock timeout, 3960 and 3961 snapshots")],
    *,
    whom: Statements,
    env_path: EnvFile = env_file.DEFAULT_PATH,
) -> None:
    """Let a statement fail with one of SQL Server's errors.

    Example: python -m sandbox fault error 1205 --text CHANGETABLE --times 2
    """
    _arm(ErrorFault(number=number, **whom.as_fields()), env_path)


@fault.command("cut")
@with_groups
def cut_command(
    moment: Annotated[Moment, typer.Argument(help="before the statement runs, or after it and before its reply")],
    *,
    rows: Annotated[int | None, typer.Option(min=1, help="after: already behind so many rows")] = None,
    whom: Statements,
    env_path: EnvFile = env_file.DEFAULT_PATH,
) -> None:
    """Cut a client's connection at a statement.

    Example: python -m sandbox fault cut after --text "COMMIT TRANSACTION"
    """
    _arm(CutFault(moment=moment, rows=rows, **whom.as_fields()), env_path)


@fault.command("delay")
@with_groups
def delay_command(
    milliseconds: Annotated[int, typer.Argument(min=1)],
    *,
    whom: AllStatements,
    env_path: EnvFile = env_file.DEFAULT_PATH,
) -> None:
    """Delay the answers to statements, to all of them unless --times says otherwise.

    Example: python -m sandbox fault delay 200
    """
    _arm(DelayFault(milliseconds=milliseconds, **whom.as_fields()), env_path)


@fault.command("login")
@with_groups
def login_command(*, whom: Requests, env_path: EnvFile = env_file.DEFAULT_PATH) -> None:
    """Refuse logins (18456). Sessions that are logged in stay.

    Example: python -m sandbox fault login --times 0
    """
    _arm(LoginFault(**whom.as_fields()), env_path)


@fault.command("list")
def list_command(env_path: EnvFile = env_file.DEFAULT_PATH) -> None:
    """List the faults that are still to come.

    Example: python -m sandbox fault list
    """
    with _control(env_path) as control:
        for number, armed in control.faults().items():
            said = " ".join(f"{name}={value}" for name, value in armed.items() if value is not None and name != "kind")
            typer.echo(f"{number}  {armed['kind']}  {said}")


@fault.command("clear")
def clear_command(
    number: Annotated[int | None, typer.Argument(help="this one only")] = None,
    env_path: EnvFile = env_file.DEFAULT_PATH,
) -> None:
    """Disarm faults.

    Example: python -m sandbox fault clear
    """
    with _control(env_path) as control:
        typer.echo(f"disarmed {control.clear(number)}")


@fault.command("offline")
def offline_command(database: Database = None, env_path: EnvFile = env_file.DEFAULT_PATH) -> None:
    """Take a database offline: everybody in it is cut, logins to it are refused (4060).

    Example: python -m sandbox fault offline
    """
    with _control(env_path) as control:
        control.take_offline(database)


@fault.command("online")
def online_command(database: Database = None, env_path: EnvFile = env_file.DEFAULT_PATH) -> None:
    """Bring a database online again.

    Example: python -m sandbox fault online
    """
    with _control(env_path) as control:
        control.bring_online(database)


def clock_command(
    move: Annotated[str | None, typer.Argument(help="+8d, +36h, +90m, +15s, or `real`; without it: show")] = None,
    env_path: EnvFile = env_file.DEFAULT_PATH,
) -> None:
    """Move SQL Server's clock (stand-in) forward, or set it back to the real time.

    Change tracking forgets at once what is older than its retention by then.

    Example: python -m sandbox clock +8d
    """
    with _control(env_path) as control:
        if move == "real":
            control.set_real_time()
        elif move is not None:
            control.put_clock_forward(_amount(move))
        typer.echo(f"{control.now():%Y-%m-%d %H:%M:%S} UTC, {control.ahead()} before the real time")


def cleanup_command(env_path: EnvFile = env_file.DEFAULT_PATH) -> None:
    """Have change tracking forget now what is older than its retention, where AUTO_CLEANUP is on.

    Example: python -m sandbox cleanup
    """
    with _control(env_path) as control:
        for database, version in control.clean_up().items():
            typer.echo(f"{database}: changes up to version {version} are gone")


def backup_command(name: CopyName, database: Database = None, env_path: EnvFile = env_file.DEFAULT_PATH) -> None:
    """Copy a database of SQL Server (stand-in) as it is now.

    Example: python -m sandbox backup before-lunch
    """
    with _control(env_path) as control:
        control.back_up(name, database)


def restore_command(name: CopyName, database: Database = None, env_path: EnvFile = env_file.DEFAULT_PATH) -> None:
    """Put a copy in the database's place: everybody in it is cut, and everything goes back, versions too.

    Example: python -m sandbox restore before-lunch
    """
    with _control(env_path) as control:
        control.restore(name, database)


def add_to(app: typer.Typer) -> None:
    """Make them commands of this app."""
    fault.add_typer(mongo_commands.fault, name="mongo")
    app.add_typer(fault, name="fault")
    app.command("clock")(clock_command)
    app.command("cleanup")(cleanup_command)
    app.command("backup")(backup_command)
    app.command("restore")(restore_command)


def _arm(chosen: Fault, env_path: Path) -> None:
    with _control(env_path) as control:
        typer.echo(f"armed, number {control.arm(chosen)}")


def _amount(move: str) -> dt.timedelta:
    found = _AMOUNT.fullmatch(move)
    if found is None:
        raise ControlError(f"{move!r} is no step of the clock: say +8d, +36h, +90m, +15s or real")
    return dt.timedelta(**{_UNITS[found[2]]: int(found[1])})


@contextmanager
def _control(env_path: Path) -> Iterator[SqlServerControl]:
    with exit_codes("sandbox"):
        yield SqlServerControl.of(env_path)
