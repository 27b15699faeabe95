"""Which errors pass by themselves, and what fixes the others: the one place that decides.

Details are sorted by number or code in the modules named `errors` of each service. What decides may be the innermost
of a chain: kombu, SQLAlchemy and redis-py wrap what a socket, TLS or the service said (`common/causes.py`).
"""

from __future__ import annotations

import errno
import socket
import ssl
from collections.abc import Iterator
from enum import StrEnum

import amqp.exceptions
import kombu.exceptions
import redis.exceptions
from pymongo.errors import PyMongoError, ServerSelectionTimeoutError
from redis.sentinel import MasterNotFoundError
from sqlalchemy.exc import DBAPIError

from common.causes import causes
from common.database.errors import ConfigurationError, LockedError
from common.database.mongo import errors as mongo
from common.database.mssql import errors as mssql
from common.database.mssql.odbc import INSTALL_MANAGER
from common.error_text import error_text, one_line
from relay.broker import rabbitmq_errors, redis_errors
from relay.cycle.outcomes import SourceBusyError

UNREACHABLE = frozenset(
    {errno.ENETUNREACH, errno.EHOSTUNREACH, errno.ENETDOWN, errno.EHOSTDOWN, errno.EADDRNOTAVAIL, errno.EMFILE}
)
TLS_CUT = (ssl.SSLEOFError, ssl.SSLZeroReturnError, ssl.SSLSyscallError, ssl.SSLWantReadError, ssl.SSLWantWriteError)
"""The connection ended, or had not got far yet: everything else that TLS says stays."""
UNTRUSTED = (
    "its certificate is not trusted, has expired, or is another host's: name its CA as ssl_ca_certs (Redis) or"
    " ca_certs (RabbitMQ) in the ssl of RELAY_BROKER_OPTIONS, and the host in BROKER_URL as its certificate does"
)
NO_TLS = (
    "it does not take this TLS: redis:// and amqp:// are for a server without TLS, rediss:// and amqps:// for one with;"
    " check BROKER_URL, and the certificates in the ssl of RELAY_BROKER_OPTIONS"
)


class Service(StrEnum):
    """What relay needs: codes, for the log."""

    SQL_SERVER = "sql_server"
    MONGODB = "mongodb"
    BROKER = "broker"


def is_transient(error: BaseException) -> bool:
    """Whether the same call may well succeed a moment later."""
    # guard: refusal-behind-an-outage
    if any(_remedy(each) and not _passes(each) for each in _told(error)):
        return False
    if isinstance(error, BaseExceptionGroup):
        return all(is_transient(each) for each in error.exceptions)
    return _passes(_unwrapped(error))


def told_remedy(error: BaseException) -> str | None:
    """What a person can do about it, with the service's name before it; None where that is not known."""
    return next(filter(None, map(_remedy, _told(error))), None)


def as_configuration_error(error: BaseException, what: str) -> ConfigurationError | None:
    """The error with its remedy, where one is known; `what` names the source."""
    fix = told_remedy(error)
    return None if fix is None else ConfigurationError(f"{what}: {fix}")


def _told(error: BaseException) -> Iterator[BaseException]:
    """What the services and their drivers said. Nothing of it where the error is relay's own, which says all there is
    to say, or a defect that came up meanwhile."""
    # guard: defects-stay-defects
    return causes(error) if _is_of_a_service(error) else iter(())


def _is_of_a_service(error: BaseException) -> bool:
    known = (
        DBAPIError,
        PyMongoError,
        redis.exceptions.RedisError,
        amqp.exceptions.AMQPError,
        OSError,
    )
    is_retries_end = getattr(error, "last_attempt", None) is not None
    return is_retries_end or isinstance(
        error, (*known, kombu.exceptions.OperationalError, ImportError, BaseExceptionGroup)
    )


def _unwrapped(error: BaseException) -> BaseException:
    """The first error within that is more than a wrapper; a wrapper that has nothing within it."""
    inner = (each for each in causes(error) if _is_of_a_service(each) and not _is_wrapper(each))
    return next(inner, error) if _is_wrapper(error) else error


def _is_wrapper(error: BaseException) -> bool:
    """Whether it says nothing but that another one was met. Relay's own kinds of OperationalError say what."""
    return type(error) is kombu.exceptions.OperationalError or getattr(error, "last_attempt", None) is not None


def _passes(error: BaseException) -> bool:
    if isinstance(error, DBAPIError):
        return mssql.is_transient(error)
    if isinstance(error, PyMongoError):
        return mongo.is_transient(error)
    if isinstance(error, redis.exceptions.RedisError):
        return redis_errors.is_transient(error)
    if isinstance(error, amqp.exceptions.AMQPError):
        return rabbitmq_errors.is_transient(error)
    if isinstance(error, OSError):
        return _socket_passes(error)
    return isinstance(error, kombu.exceptions.OperationalError | SourceBusyError | LockedError)


def _socket_passes(error: OSError) -> bool:
    if isinstance(error, ssl.SSLError):
        return isinstance(error, TLS_CUT)
    if isinstance(error, ConnectionError | TimeoutError | socket.gaierror):
        return True
    # py-amqp raises a bare OSError, without a number, for a connection that was closed.
    return error.errno in UNREACHABLE or (type(error) is OSError and error.errno is None)


def _remedy(error: BaseException) -> str | None:
    if isinstance(error, DBAPIError):
        return mssql.numbered_remedy(error)
    for service, fix in _remedies(error):
        if fix is not None:
            return f"{service}: {fix}"
    return None


def _remedies(error: BaseException) -> Iterator[tuple[str, str | None]]:
    if isinstance(error, ImportError) and error.name == "pyodbc":
        yield "SQL Server", f"pyodbc cannot be loaded ({one_line(error)}): {INSTALL_MANAGER}"
    if isinstance(error, PyMongoError):
        yield "MongoDB", mongo.remedy(error)
    if isinstance(error, redis.exceptions.RedisError):
        yield "Redis", redis_errors.remedy(error)
    # guard: tls-refusals
    if isinstance(error, ssl.SSLError) and not isinstance(error, TLS_CUT):
        # The databases' drivers wrap what TLS says: this is the broker's.
        yield "broker", UNTRUSTED if isinstance(error, ssl.SSLCertVerificationError) else NO_TLS
    yield "RabbitMQ", rabbitmq_errors.remedy(error)


def service_of(error: BaseException) -> Service:
    """Which service an error came from."""
    for each in causes(error):
        if isinstance(each, DBAPIError | SourceBusyError):
            return Service.SQL_SERVER
        if isinstance(each, PyMongoError):
            return Service.MONGODB
    return Service.BROKER


def describe_error(error: BaseException) -> str:
    """One line for the log: what failed, without a statement, its parameters, a row's values or a password."""
    if isinstance(error, ServerSelectionTimeoutError):
        return f"{type(error).__name__}: {one_line(mongo.said(error))}"
    for each in causes(error):
        if isinstance(each, MasterNotFoundError):
            return redis_errors.describe(each)
    return error_text(error)
