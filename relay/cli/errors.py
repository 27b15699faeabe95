"""How a command ends that could not do its work: a line a cause, with its remedy, and an exit code."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import typer
from sqlalchemy.exc import DBAPIError

from common.config import SettingsError
from common.database.errors import ConfigurationError
from common.database.mssql.errors import remedy
from common.escaping import escaped_lines
from relay.error_policy import describe_error, is_transient
from relay.exits import EXIT_CONFIGURATION
from relay.sources.registry import UnknownSourceError
from relay.tracking.checks import NotReadyError

EXIT_REFUSED = 1
EXIT_AWAY = 3

USER_ERRORS = (SettingsError, ConfigurationError, UnknownSourceError, NotReadyError)
"""What a person has to fix: the message says how."""


@contextmanager
def report_errors() -> Iterator[None]:
    """Exit codes: 1 SQL Server refused, 2 to be fixed by a person, 3 a service is away."""
    try:
        yield
    except USER_ERRORS as error:
        print_error(str(error))
        raise typer.Exit(EXIT_CONFIGURATION) from None
    except Exception as error:
        fix = remedy(error) if isinstance(error, DBAPIError) else None
        if isinstance(error, DBAPIError) and (fix or not is_transient(error)):
            print_error(f"SQL Server refused: {describe_error(error)}")
            if fix:
                print_error(fix)
            raise typer.Exit(EXIT_REFUSED) from None
        if not is_transient(error):
            raise
        print_error(f"a service is away, try again: {describe_error(error)}")
        raise typer.Exit(EXIT_AWAY) from None


def exit_with(problems: Sequence[str]) -> None:
    """End the command with these problems, if there are any."""
    if problems:
        print_error("\n".join(problems))
        raise typer.Exit(EXIT_CONFIGURATION)


def print_error(message: str) -> None:
    """Every line of it, on standard error."""
    for line in escaped_lines(message):
        typer.echo(f"relay: {line}", err=True)
