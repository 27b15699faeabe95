"""Prepared statements, and many parameter sets in one message."""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping

import pyodbc
import pytest

from sandbox.sqlserver.connections.tds_server import TdsServer
from sandbox.sqlserver.contract import Column, Parameter, Result, SqlError, SqlType
from tests.integration.tds.client import argument, call, connect, logged_in
from tests.integration.tds.fake_engine import FakeEngine, FakeSession

INT = SqlType(name="int")


def insert(session: FakeSession, parameters: Mapping[str, Parameter]) -> Iterator[Result]:
    value = parameters["P1"].value
    if value == 13:
        raise SqlError(2627, "Violation of PRIMARY KEY constraint.", severity=14)
    yield Result(rowcount=1)


@pytest.fixture(autouse=True)
def scripts(engine: FakeEngine) -> None:
    engine.scripts["INSERT"] = insert


def inserted(session: FakeSession) -> list[object]:
    return [parameters["P1"].value for parameters in session.parameters if parameters]


def test_a_statement_is_prepared_once_and_run_often(client: pyodbc.Connection, engine: FakeEngine) -> None:
    cursor = client.cursor()
    for number in range(5):
        assert cursor.execute("INSERT ?", number).rowcount == 1
    assert inserted(engine.sessions[0]) == [0, 1, 2, 3, 4]


def test_executemany(client: pyodbc.Connection, engine: FakeEngine) -> None:
    client.cursor().executemany("INSERT ?, ?", [(number, "x" * 5000) for number in range(100, 120)])
    assert inserted(engine.sessions[0]) == list(range(100, 120))


def test_an_unknown_procedure(client: pyodbc.Connection, engine: FakeEngine) -> None:
    with pytest.raises(pyodbc.ProgrammingError, match="2812"):
        client.execute("{CALL sp_nothing}")
    assert "call sp_nothing" in engine.sessions[0].log


def test_output_parameters_are_refused(client: pyodbc.Connection) -> None:
    statement = "{CALL sp_executesql(N'ECHO', N'@P1 int OUTPUT', ?)}"
    with pytest.raises(pyodbc.Error, match="OUTPUT parameter @P1"):
        client.execute(statement, 1)


def test_many_handles(client: pyodbc.Connection, engine: FakeEngine) -> None:
    def give(_session: FakeSession, parameters: Mapping[str, Parameter]) -> Iterator[Result]:
        yield Result(columns=[Column(name="n", type=INT)], rows=[[parameters["P1"].value]])

    cursors = []
    for number in range(30):
        engine.scripts[f"GIVE{number}"] = give
        cursors.append(client.cursor())
    for turn in range(3):
        for number, cursor in enumerate(cursors):
            assert cursor.execute(f"GIVE{number} ?", number * turn).fetchval() == number * turn


def test_a_handle_is_good_until_it_is_let_go(server: TdsServer) -> None:
    client = logged_in(server.port)
    prepare_and_execute, execute, unprepare = 13, 12, 15
    text = SqlType(name="nvarchar", length=-1)
    declared, value = argument(text, "@P1 int"), argument(INT, 5)
    output = 1

    def prepared(old: int | None, statement: str) -> bytes:
        handle = argument(INT, old, flags=output)
        return call(client, prepare_and_execute, handle, declared, argument(text, statement), value)

    def known(handle: int) -> bool:
        reply = call(client, execute, argument(INT, handle), value)
        return "Could not find prepared statement".encode("utf-16-le") not in reply

    prepared(None, "ECHO a")
    assert known(1)
    # Executed anew with other text: the old handle goes in and is let go.
    prepared(1, "ECHO b")
    assert not known(1)
    assert known(2)
    call(client, unprepare, argument(INT, 2))
    assert not known(2)
    client.close()


def test_a_connection_can_be_reset(server: TdsServer, engine: FakeEngine) -> None:
    client = connect(server.port, autocommit=True)
    # SQL_COPT_SS_RESET_CONNECTION, as connection pools set it before they hand a connection on.
    reset_connection, yes = 1246, struct.pack("<i", 1)
    client.set_attr(reset_connection, int.from_bytes(yes, "little"))
    assert client.execute("ECHO ?", 1).fetchval() == 1
    assert "reset" in engine.sessions[0].log
    client.close()
