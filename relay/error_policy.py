"""What to do about an error: leave it to the next cycle, or tell a person how to fix it."""

from __future__ import annotations

from enum import StrEnum

import amqp.exceptions
import kombu.exceptions
import redis.exceptions
from pymongo.errors import PyMongoError
from sqlalchemy.exc import DBAPIError

from common.database.errors import ConfigurationError, LockedError
from common.database.mongo import errors as mongo
from common.database.mssql import errors as mssql
from common.error_text import error_text
from relay.broker import rabbitmq_errors, redis_errors
from relay.cycle.outcomes import SourceBusyError


def is_transient(error: BaseException) -> bool:
    """Whether the same call may well succeed a moment later."""
    if isinstance(error, DBAPIError):
        return mssql.is_transient(error)
    if isinstance(error, PyMongoError):
        return mongo.is_transient(error)
    if isinstance(error, redis.exceptions.RedisError):
        return redis_errors.is_transient(error)
    if isinstance(error, amqp.exceptions.AMQPError):
        return rabbitmq_errors.is_transient(error)
    return isinstance(error, kombu.exceptions.OperationalError | SourceBusyError | LockedError)


def as_configuration_error(error: BaseException, what: str) -> ConfigurationError | None:
    """The error with its remedy, where one is known; `what` names the source."""
    fix = _remedy(error)
    return None if fix is None else ConfigurationError(f"{what}: {fix}")


def _remedy(error: BaseException) -> str | None:
    if isinstance(error, DBAPIError):
        return mssql.numbered_remedy(error)
    if isinstance(error, PyMongoError) and (fix := mongo.remedy(error)):
        return f"MongoDB: {fix}"
    if isinstance(error, redis.exceptions.RedisError) and (fix := redis_errors.remedy(error)):
        return f"Redis: {fix}"
    if fix := rabbitmq_errors.remedy(error):
        return f"RabbitMQ: {fix}"
    return None


class Service(StrEnum):
    """What relay needs: codes, for the log."""

    SQL_SERVER = "sql_server"
    MONGODB = "mongodb"
    BROKER = "broker"


def service_of(error: BaseException) -> Service:
    """Which service an error came from."""
    if isinstance(error, DBAPIError | SourceBusyError):
        return Service.SQL_SERVER
    return Service.MONGODB if isinstance(error, PyMongoError) else Service.BROKER


def describe_error(error: BaseException) -> str:
    """One line for the log: what failed, without a statement, its parameters, a row's values or a password."""
    return error_text(error)
