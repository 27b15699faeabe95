"""How a command ends that could not do its work: a line a cause, with its remedy, and an exit code."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from sqlalchemy.exc import DBAPIError

from common.config import SettingsError
from common.database.errors import ConfigurationError
from common.database.mssql.errors import remedy
from relay import exits as refusal
from relay.error_policy import describe_error, is_passing
from relay.sources.registry import UnknownSourceError
from relay.tracking.checks import NotReadyError

EXIT_REFUSED = 1
EXIT_CONFIGURATION = refusal.EXIT_CONFIGURATION
EXIT_AWAY = 3

FOR_A_PERSON = (SettingsError, ConfigurationError, UnknownSourceError, NotReadyError)
"""What a person has to mend: the message says how."""


@contextmanager
def errors_told() -> Iterator[None]:
    """Exit codes: 1 SQL Server refused, 2 to be mended by a person, 3 a service is away."""
    try:
        yield
    except FOR_A_PERSON as error:
        tell(str(error))
        raise typer.Exit(EXIT_CONFIGURATION) from None
    except Exception as error:
        if isinstance(error, DBAPIError) and not is_passing(error):
            tell(f"SQL Server refused: {describe_error(error)}")
            if mending := remedy(error):
                tell(mending)
            raise typer.Exit(EXIT_REFUSED) from None
        if not is_passing(error):
            raise
        tell(f"a service is away, try again: {describe_error(error)}")
        raise typer.Exit(EXIT_AWAY) from None


def tell(message: str) -> None:
    """Every line of it, on standard error."""
    for line in message.splitlines():
        typer.echo(f"relay: {line}", err=True)
