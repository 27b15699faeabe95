"""What to do about an error: leave it to the next cycle, or tell a person how to mend it."""

from __future__ import annotations

import kombu.exceptions
import pymongo.errors
import redis.exceptions
from sqlalchemy.exc import DBAPIError

from common.database.errors import ConfigurationError
from common.database.mssql.faults import error_number, is_transient, remedy
from relay.model import SourceBusyError

AWAY = (
    pymongo.errors.ConnectionFailure,
    redis.exceptions.ConnectionError,
    redis.exceptions.TimeoutError,
    kombu.exceptions.OperationalError,
    SourceBusyError,
)
"""A service that cannot be reached now, or a table that could not be read in peace."""


def is_passing(error: BaseException) -> bool:
    """Whether the same call may well succeed a moment later."""
    if isinstance(error, DBAPIError):
        return is_transient(error)
    return isinstance(error, AWAY)


def as_configuration_error(error: DBAPIError, what: str) -> ConfigurationError | None:
    """The error with its remedy, where one is known; `what` names the source."""
    mending = remedy(error)
    if mending is None:
        return None
    return ConfigurationError(f"{what}: SQL Server error {error_number(error)}: {mending}")


def describe_error(error: BaseException) -> str:
    """One line for the log: what failed, without a statement, its parameters or an address with a password."""
    if isinstance(error, DBAPIError):
        return " ".join(str(error.orig).split())[:500]
    return f"{type(error).__name__}: {' '.join(str(error).split())[:500]}"
