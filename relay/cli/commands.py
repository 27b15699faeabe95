"""The `relay` command: what can be typed after it, without what that needs.

`relay --help` names the commands; importing Celery, SQLAlchemy and three drivers for that would take a second.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import version
from types import MappingProxyType
from typing import Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup
from typing_extensions import override

from common.error_text import traceback_text
from relay.collector import no_collector_while_loading
from relay.exits import EXIT_CONFIGURATION, EXIT_REFUSED, end_process
from relay.standard_streams import OutputError, check_output, open_closed_streams

COMMANDS: Mapping[str, str] = MappingProxyType(
    {
        "scan": "Scan once, here and now, as the beat does.",
        "status": "Say where each source stands: watermark, what waits, what is wrong. Reads only.",
        "reconcile": "Look for rows that are pending for long although they were dispatched, or never were.",
        "adopt": "Take sources over: after a move of MongoDB or SQL Server, a way back to an older definition, a stop.",
        "sources": "List what is watched, and where its pending rows go.",
        "enable": "Do for the table of a source that was added later what the migration did for the others.",
    }
)
"""Each is a module of this package, whose `app` has the first line of its help from here (a test compares them)."""


def load(name: str) -> Any:
    """The command of that name, from its module."""
    return typer.main.get_command(import_module(f"relay.cli.{name}").app)


class LazyGroup(TyperGroup):
    """Knows its commands by name and help, and imports the one that is run."""

    @override
    def list_commands(self, ctx: Any) -> list[str]:
        return list(COMMANDS)

    @override
    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """For lists of commands: a stand-in that can be named and explained, and not run."""
        return TyperCommand(cmd_name, help=COMMANDS[cmd_name]) if cmd_name in COMMANDS else None

    @override
    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        name, found, rest = super().resolve_command(ctx, args)
        with no_collector_while_loading():
            return name, found and name and load(name), rest


cli = typer.Typer(
    name="relay",
    cls=LazyGroup,
    help="Hands every row that becomes PENDING_SYNC in SQL Server to the Celery queue of its worker service.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _print_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"relay {version('relay')}")
        raise typer.Exit


@cli.callback()
def options(
    show_version: Annotated[
        bool, typer.Option("--version", help="print the version, and end", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """Hands every row that becomes PENDING_SYNC in SQL Server to the Celery queue of its worker service.

    Example: relay status
    """


def main() -> None:
    """Entry point of the `relay` command. A defect ends it with a traceback that quotes no values, and exit code 1."""
    open_closed_streams()
    check_output()
    if isinstance(sys.stderr, io.TextIOWrapper):
        sys.stderr.reconfigure(errors="backslashreplace")
    try:
        _run()
    except OutputError as error:
        # Of the help; a command's own are told by `report_errors`.
        end_process([] if error.is_unread else [str(error)], EXIT_REFUSED if error.is_unread else EXIT_CONFIGURATION)
    except Exception as error:
        sys.stderr.write(f"{traceback_text(error)}\n")
        raise SystemExit(1) from None


def _run() -> None:
    try:
        cli()
    except SystemExit as ended:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        if isinstance(ended.code, int):
            # Nothing is left to do, and at Python's own end pymongo waits half a second for its threads.
            os._exit(ended.code)
        raise
