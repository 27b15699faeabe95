"""How a process ends that could not do its work: lines for a person, and an exit code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from amqp.exceptions import AMQPError
from pymongo.errors import PyMongoError
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from common.config import Settings, SettingsError, get_settings
from common.database.errors import ConfigurationError
from common.database.mssql.errors import error_number
from relay.cycle.outcomes import SourceBusyError
from relay.error_policy import Service, describe_error, is_transient, service_of, told_remedy
from relay.exits import EXIT_AWAY, EXIT_CONFIGURATION, EXIT_REFUSED
from relay.operations.addresses import addresses_of
from relay.operations.diagnosis import why_away
from relay.standard_streams import OutputError

DRIVERS = (DBAPIError, PyMongoError, RedisError, AMQPError)
_NAMES = {Service.SQL_SERVER: "SQL Server", Service.MONGODB: "MongoDB", Service.BROKER: "the broker"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Ending:
    """What is said, and the exit code."""

    code: int
    lines: Sequence[str]


def ending_of(error: Exception) -> Ending | None:
    """How a process ends at this error; None: it is a defect, which keeps its traceback.

    Where a service did not answer, its address is looked at once more; that takes some seconds.
    """
    if isinstance(error, SettingsError | ConfigurationError):
        return _configuration(str(error))
    if isinstance(error, OutputError):
        return Ending(code=EXIT_REFUSED, lines=[]) if error.is_unread else _configuration(str(error))
    if fix := told_remedy(error):
        return _configuration(fix)
    if is_transient(error):
        return _busy(error) if _is_answer(error) else _away(error, get_settings())
    if isinstance(error, DRIVERS):
        return Ending(code=EXIT_REFUSED, lines=[f"{_NAMES[service_of(error)]} refused: {describe_error(error)}"])
    return None


def _configuration(said: str) -> Ending:
    return Ending(code=EXIT_CONFIGURATION, lines=said.splitlines())


def _is_answer(error: Exception) -> bool:
    """Whether SQL Server was there to say it: a deadlock, a table that is being altered."""
    return isinstance(error, SourceBusyError) or (isinstance(error, DBAPIError) and error_number(error) is not None)


def _busy(error: Exception) -> Ending:
    return Ending(code=EXIT_AWAY, lines=[f"try again: {describe_error(error)}"])


def _away(error: Exception, settings: Settings) -> Ending:
    service = service_of(error)
    # guard: away-or-wrong
    if problem := why_away(service, settings):
        return _configuration(problem)
    at = addresses_of(service, settings)
    said = f"{at.name} is away at {at.shown}: {describe_error(error)}; try again, or check {at.setting}"
    return Ending(code=EXIT_AWAY, lines=[said])
