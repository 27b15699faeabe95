"""How a process ends at an error: lines and an exit code, and nothing of either at a defect."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pymongo.errors
import pytest
import redis.exceptions
from sandbox.services import HOST, free_port
from sqlalchemy.exc import DBAPIError

from common.config import SettingsError, get_settings
from common.database.errors import ConfigurationError
from relay.cycle.outcomes import SourceBusyError
from relay.operations.ending import Ending, ending_of
from relay.sources.registry import UnknownSourceError
from relay.standard_streams import OutputError
from relay.tracking.checks import NotReadyError
from tests.support.listeners import HTTP, listening


@pytest.fixture(autouse=True)
def settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Those of a Redis that is not there; gives its port."""
    port = free_port()
    given = {"MSSQL_SERVER": "s", "MSSQL_DATABASE": "d", "MSSQL_USER": "u", "MSSQL_PASSWORD": "p"}
    given |= {"MONGO_URI": "mongodb://m/", "REDIS_HOST": HOST, "REDIS_PORT": str(port), "BROKER_URL": ""}
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    yield port
    get_settings.cache_clear()


def _server_error(number: int) -> DBAPIError:
    return DBAPIError("SELECT 1", None, Exception("42000", f"[42000] [Microsoft][SQL Server]No. ({number}) (X)"))


@pytest.mark.parametrize(
    ("error", "code", "lines"),
    [
        (SettingsError("a is wrong\nb is missing"), 2, ["a is wrong", "b is missing"]),
        (ConfigurationError("fix it"), 2, ["fix it"]),
        (UnknownSourceError("no such source"), 2, ["no such source"]),
        (NotReadyError("one\ntwo"), 2, ["one", "two"]),
        (SourceBusyError("written to"), 3, ["try again: SourceBusyError: written to"]),
        (_server_error(1205), 3, ["try again: DBAPIError: [42000] [Microsoft][SQL Server]No. (1205) (X)"]),
        (_server_error(8134), 1, ["SQL Server refused: DBAPIError: [42000] [Microsoft][SQL Server]No. (8134) (X)"]),
        (pymongo.errors.OperationFailure("no", 9), 1, ["MongoDB refused: OperationFailure: code 9"]),
        (redis.exceptions.ResponseError("WRONGTYPE"), 1, ["the broker refused: ResponseError: WRONGTYPE"]),
        (OutputError(OSError(28, "No space left")), 2, ["standard output cannot be written: No space left"]),
        (OutputError(BrokenPipeError(32, "Broken pipe")), 1, []),
        (TypeError("a bug"), None, []),
        (FileNotFoundError("a bug"), None, []),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_ending(error: Exception, code: int | None, lines: list[str]) -> None:
    assert ending_of(error) == (None if code is None else Ending(code=code, lines=lines))


def test_a_refused_right_names_it_and_is_for_a_person() -> None:
    ending = ending_of(_server_error(262))
    assert ending is not None
    assert ending.code == 2
    assert ending.lines[0].startswith("SQL Server error 262: a right is missing")


def test_a_service_that_is_away_is_named_with_its_address(settings: int) -> None:
    ending = ending_of(redis.exceptions.ConnectionError("Error 111. Connection refused."))
    assert ending == Ending(
        code=3,
        lines=[
            f"Redis is away at {HOST}:{settings}: ConnectionError: Error 111. Connection refused.; try again,"
            " or check REDIS_HOST and REDIS_PORT"
        ],
    )


def test_a_service_of_another_kind_is_not_away(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening(HTTP) as port:
        monkeypatch.setenv("REDIS_PORT", str(port))
        ending = ending_of(redis.exceptions.ConnectionError("Connection closed by server."))
    assert ending is not None
    assert ending.code == 2
    assert f"what answers at {HOST}:{port} speaks HTTP, where Redis is expected" in ending.lines[0]


@pytest.mark.parametrize("has_browser", [True, False])
def test_a_named_instance_without_a_browser(monkeypatch: pytest.MonkeyPatch, has_browser: bool) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as browser:
        browser.bind((HOST, 0))
        port = browser.getsockname()[1]
        if not has_browser:
            browser.close()
        monkeypatch.setattr("relay.operations.diagnosis.BROWSERS_PORT", port)
        monkeypatch.setattr("relay.operations.diagnosis.ASK_SECONDS", 0.2)
        monkeypatch.setenv("MSSQL_SERVER", f"{HOST}\\nhathuoc")
        ending = ending_of(DBAPIError(None, None, Exception("HYT00", "[HYT00] [Microsoft]Login timeout expired (0)")))
    assert ending is not None
    assert ending.code == (3 if has_browser else 2)
    assert "MSSQL_SERVER" in ending.lines[0]
