"""Statements that take too long."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping

import pyodbc
import pytest

from sandbox.sqlserver.connections.tds_server import TdsServer
from sandbox.sqlserver.contract import Column, Parameter, Result, SqlType
from sandbox.waiting import wait_until
from tests.integration.tds.client import bare, connect
from tests.integration.tds.fake_engine import FakeEngine, FakeSession

LONG = 60.0


def slow(session: FakeSession, _parameters: Mapping[str, Parameter]) -> Iterator[Result]:
    session.log.append("slow")
    session.wait_for_cancel(LONG)
    yield Result(rowcount=1)


def slow_rows(session: FakeSession, _parameters: Mapping[str, Parameter]) -> Iterator[Result]:
    def rows() -> Iterator[list[object]]:
        # Enough that the first packets are on their way.
        for number in range(20_000):
            yield [number]
        session.log.append("slow")
        session.wait_for_cancel(LONG)

    yield Result(columns=[Column(name="n", type=SqlType(name="int"))], rows=rows())


@pytest.fixture(autouse=True)
def scripts(engine: FakeEngine) -> None:
    engine.scripts.update(SLOW=slow, ROWS=slow_rows)


STILL_LOOKS = 6


def cancel_when_still(cursor: pyodbc.Cursor, session: FakeSession, rows: list[object]) -> threading.Thread:
    """Cancel once the server waits and the client has read all that there is."""

    def cancel() -> None:
        wait_until(lambda: "slow" in session.log)
        # A cancel between two calls of the driver would not be one (HY010), so the reader has to be waiting.
        seen, still = -1, 0
        while still < STILL_LOOKS:
            still = still + 1 if len(rows) == seen else 0
            seen = len(rows)
            threading.Event().wait(0.1)
        cursor.cancel()

    thread = threading.Thread(target=cancel)
    thread.start()
    return thread


def read_all(cursor: pyodbc.Cursor, statement: str, rows: list[object]) -> None:
    cursor.execute(statement, *([1] if "?" in statement else []))
    while cursor.description:
        rows.append(cursor.fetchone())


def fail(cursor: pyodbc.Cursor) -> None:
    """For a thread whose statement is cut off."""
    with pytest.raises(pyodbc.Error):
        cursor.execute("SLOW")


@pytest.mark.parametrize("encrypt", ["Encrypt=no", "Encrypt=yes;TrustServerCertificate=yes"])
@pytest.mark.parametrize("statement", ["SLOW", "SLOW ?", "ROWS", "ROWS ?"])
def test_cancel_from_another_thread(server: TdsServer, engine: FakeEngine, statement: str, encrypt: str) -> None:
    client = connect(server.port, encrypt=encrypt, autocommit=True)
    cursor = client.cursor()
    rows: list[object] = []
    thread = cancel_when_still(cursor, engine.sessions[0], rows)
    with pytest.raises(pyodbc.Error) as raised:
        read_all(cursor, statement, rows)
    thread.join()
    # HY010: the cancel came between two rows, where the driver is asked for nothing.
    assert raised.value.args[0] in (("HY008", "HY010") if rows else ("HY008",))
    assert bool(rows) == statement.startswith("ROWS")
    cursor.close()
    for number in range(3):
        assert client.execute("ECHO ?", number).fetchval() == number
    client.close()


@pytest.mark.parametrize("statement", ["SLOW", "SLOW ?"])
def test_query_timeout(client: pyodbc.Connection, statement: str) -> None:
    client.timeout = 1
    with pytest.raises(pyodbc.OperationalError, match="timeout expired") as raised:
        client.execute(statement, *([1] if "?" in statement else []))
    assert raised.value.args[0] == "HYT00"
    for number in range(3):
        assert client.execute("ECHO ?", number).fetchval() == number


def test_a_cancelled_statement_leaves_the_transaction(server: TdsServer, engine: FakeEngine) -> None:
    client = connect(server.port)
    client.timeout = 1
    session = engine.sessions[0]
    with pytest.raises(pyodbc.OperationalError, match="timeout expired"):
        client.execute("SLOW")
    assert session.descriptor != 0
    client.rollback()
    assert "rollback" in session.log
    client.close()


def test_cancelling_nothing(client: pyodbc.Connection) -> None:
    cursor = client.cursor()
    cursor.execute("ECHO ?", 1).fetchall()
    cursor.cancel()
    assert cursor.execute("ECHO ?", 2).fetchval() == 2


def test_a_client_that_dies_takes_its_statement_along(server: TdsServer, engine: FakeEngine) -> None:
    client = connect(server.port, autocommit=True)
    thread = threading.Thread(target=fail, args=(client.cursor(),))
    thread.start()
    wait_until(lambda: "slow" in engine.sessions[0].log)
    server.stop()
    assert engine.sessions[0].was_cancelled
    assert not engine.open_sessions()
    thread.join()


def test_others_are_served_meanwhile(server: TdsServer, engine: FakeEngine) -> None:
    busy = connect(server.port, autocommit=True)
    cursor = busy.cursor()
    thread = threading.Thread(target=fail, args=(cursor,))
    thread.start()
    wait_until(lambda: "slow" in engine.sessions[0].log)
    other = connect(server.port, autocommit=True)
    assert other.execute("ECHO ?", 1).fetchval() == 1
    cursor.cancel()
    thread.join()
    other.close()
    busy.close()


def test_a_socket_that_says_nothing_does_no_harm(server: TdsServer, engine: FakeEngine) -> None:
    silent = bare(server.port)
    client = connect(server.port)
    assert client.execute("ECHO ?", 1).fetchval() == 1
    client.close()
    silent.close()
    wait_until(lambda: not engine.open_sessions())
