"""A server that takes the connection and says nothing: Microsoft's driver would wait for ever with Encrypt=strict."""

from __future__ import annotations

from typing import Any

import pyodbc
import pytest
from sandbox.services import HOST, free_port
from sqlalchemy.exc import DBAPIError

from common.config import load_settings
from common.database import mssql_client
from common.database.mssql.errors import is_transient, sqlstate
from common.database.mssql.first_answer import is_silent
from tests.support.listeners import GARBAGE, listening

GIVEN = {"MSSQL_DATABASE": "d", "MSSQL_USER": "u", "MSSQL_PASSWORD": "p", "MONGO_URI": "mongodb://m/"}


@pytest.mark.parametrize(("answer", "silent"), [(None, True), (b"", False), (GARBAGE, False)])
def test_only_one_who_says_nothing_is_silent(answer: bytes | None, silent: bool) -> None:
    with listening(answer) as port:
        assert is_silent(HOST, port, seconds=0.3) is silent


@pytest.mark.parametrize("host", [HOST, "no-such-host.invalid", "two..dots"])
def test_nobody_is_not_silent(host: str) -> None:
    assert not is_silent(host, free_port(), seconds=1)


@pytest.mark.parametrize("encrypt", ["strict", "yes"])
def test_the_driver_is_not_asked_to_wait_for_a_server_that_says_nothing(
    monkeypatch: pytest.MonkeyPatch, encrypt: str
) -> None:
    asked: list[str] = []

    def connect(text: str, **_: Any) -> None:
        asked.append(text)
        raise pyodbc.OperationalError("08001", "[08001] asked")

    monkeypatch.setattr(pyodbc, "connect", connect)
    monkeypatch.setattr(mssql_client, "CONNECT_SECONDS", 0.3)
    with listening(None) as port:
        given = {**GIVEN, "MSSQL_SERVER": f"{HOST},{port}", "MSSQL_ENCRYPT": encrypt}
        engine = mssql_client.make_engine(load_settings(_env_file=None, **given))
        with pytest.raises(DBAPIError) as caught:
            engine.connect()
    assert bool(asked) is (encrypt != "strict")
    assert is_transient(caught.value)
    assert sqlstate(caught.value) == ("HYT00" if encrypt == "strict" else "08001")
