"""Which errors are left to the next cycle, and how they are described."""

from __future__ import annotations

import kombu.exceptions
import pymongo.errors
import pytest
import redis.exceptions
from sqlalchemy.exc import DBAPIError

from common.database.errors import ConfigurationError, LockedError
from relay.cycle.outcomes import SourceBusyError
from relay.error_policy import as_configuration_error, describe_error, is_transient, told_remedy


def _server_error(number: int, state: str = "42000") -> DBAPIError:
    text = f"[{state}] [Microsoft][ODBC Driver 18 for SQL Server][SQL Server]It went wrong. ({number}) (SQLExecDirectW)"
    return DBAPIError("SELECT secret_column FROM t WHERE x = ?", ("secret value",), Exception(state, text))


@pytest.mark.parametrize(
    "error",
    [
        pymongo.errors.AutoReconnect("away"),
        pymongo.errors.NetworkTimeout("away"),
        pymongo.errors.ServerSelectionTimeoutError("away"),
        pymongo.errors.NotPrimaryError("stepped down"),
        redis.exceptions.ConnectionError("away"),
        redis.exceptions.TimeoutError("away"),
        kombu.exceptions.OperationalError("away"),
        LockedError("source sale", "dbo.SalesInvoices"),
        redis.exceptions.BusyLoadingError("loading"),
        redis.exceptions.ReadOnlyError("a replica by now"),
        redis.exceptions.OutOfMemoryError("used memory > 'maxmemory'"),
        redis.exceptions.ResponseError("OOM command not allowed"),
        redis.exceptions.ResponseError("MISCONF errors writing to the AOF file"),
        redis.exceptions.ResponseError("NOREPLICAS not enough good replicas to write"),
        pymongo.errors.OperationFailure("stepped down", 189),
        pymongo.errors.WTimeoutError("no majority", 64),
        pymongo.errors.BulkWriteError({"writeErrors": [], "writeConcernErrors": [{"code": 64, "errmsg": "waiting"}]}),
        SourceBusyError("read again"),
        _server_error(1205, "40001"),
        _server_error(0, "08S01"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_passes_is_left_to_the_next_cycle(error: Exception) -> None:
    assert is_transient(error)


@pytest.mark.parametrize(
    "error",
    [
        ConfigurationError("fix it"),
        pymongo.errors.OperationFailure("not authorized", 13),
        pymongo.errors.BulkWriteError({"writeErrors": [{"code": 9, "errmsg": "no"}], "writeConcernErrors": []}),
        redis.exceptions.ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value"),
        redis.exceptions.AuthenticationError("invalid username-password pair"),
        redis.exceptions.NoPermissionError("no permissions to run the 'eval' command"),
        _server_error(229),
        _server_error(18456, "28000"),
        ValueError("a bug"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_does_not_pass_is_not_tried_again(error: Exception) -> None:
    assert not is_transient(error)


def test_an_error_with_a_remedy_names_source_number_and_remedy() -> None:
    error = as_configuration_error(_server_error(3952), "source sale")
    assert str(error) == "source sale: SQL Server error 3952: snapshot isolation is off: run `alembic upgrade head`"


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (redis.exceptions.OutOfMemoryError("used memory > 'maxmemory'"), "Redis: it is out of memory"),
        (redis.exceptions.ResponseError("MISCONF errors writing to the AOF file"), "Redis: MISCONF errors writing"),
        (redis.exceptions.AuthenticationError("wrong"), "Redis: the user was refused: check user"),
        (pymongo.errors.OperationFailure("Authentication failed", 18), "MongoDB: the user was refused"),
        (pymongo.errors.OperationFailure("not authorized", 13), "MongoDB: the user may not read and write"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_redis_and_mongodb_have_remedies_too(error: Exception, told: str) -> None:
    assert str(as_configuration_error(error, "source sale")).startswith(f"source sale: {told}")


def test_an_error_without_a_remedy_stays_what_it_is() -> None:
    assert as_configuration_error(_server_error(8134), "source sale") is None


def test_a_database_error_is_told_without_statement_and_parameters() -> None:
    told = describe_error(_server_error(1205, "40001"))
    assert "It went wrong. (1205)" in told
    assert "secret" not in told


def test_an_error_is_one_line_of_bounded_length() -> None:
    told = describe_error(ValueError("first\n  second\t" + "x" * 1000))
    assert told.startswith("ValueError: first second xxx")
    assert len(told) < 600


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("NOREPLICAS Not enough good replicas to write.", "Redis: NOREPLICAS Not enough"),
        ("MISCONF errors writing to the AOF file", "Redis: MISCONF errors writing"),
        ("UNBLOCKED force unblock from blocking operation", None),
    ],
    ids=["too few replicas", "no file", "a replica"],
)
def test_what_redis_refuses_in_a_pipeline_is_what_it_refuses_elsewhere(said: str, told: str | None) -> None:
    """outage: what redis-py puts before it made a defect of it, which ended the worker."""
    command = "Command # 1 (HSET relay:unacked tag [of caused error: (a) of pipeline]) of pipeline caused error: "
    error = redis.exceptions.ResponseError(command + said)
    assert is_transient(error)
    remedy = told_remedy(error)
    assert (remedy or "").startswith(told or "")
    assert (remedy is None) is (told is None)


def test_ctrl_c_is_no_outage_whatever_it_has_ended() -> None:
    given_up = KeyboardInterrupt()
    given_up.__cause__ = redis.exceptions.ConnectionError("closed by server")
    assert is_transient(given_up.__cause__)
    assert not is_transient(given_up)
