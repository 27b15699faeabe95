"""Transactions, as the driver asks for them and as the server ends them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyodbc
import pytest

from sandbox.sqlserver.connections.tds_server import TdsServer
from sandbox.sqlserver.contract import Parameter, Result, SqlError
from tests.integration.tds.client import connect
from tests.integration.tds.fake_engine import FakeEngine, FakeSession


def quiet(_session: FakeSession, _parameters: Mapping[str, Parameter]) -> Iterator[Result]:
    yield Result(rowcount=1)


def conflict(session: FakeSession, _parameters: Mapping[str, Parameter]) -> Iterator[Result]:
    yield Result(rowcount=1)
    session.abort()
    raise SqlError(3960, "Snapshot isolation transaction aborted due to update conflict.")


def begin(session: FakeSession, _parameters: Mapping[str, Parameter]) -> Iterator[Result]:
    session.begin(0)
    yield from ()


@pytest.fixture
def manual(server: TdsServer, engine: FakeEngine) -> Iterator[pyodbc.Connection]:
    engine.scripts.update(WRITE=quiet, CONFLICT=conflict, BEGIN=begin)
    connection = connect(server.port)
    yield connection
    connection.close()


def test_commit_and_rollback(manual: pyodbc.Connection, engine: FakeEngine) -> None:
    manual.execute("WRITE 1")
    manual.commit()
    manual.execute("WRITE 2")
    manual.execute("WRITE 3")
    manual.rollback()
    assert [entry for entry in engine.sessions[0].log if entry != "begin"] == [
        "WRITE 1",
        "commit",
        "WRITE 2",
        "WRITE 3",
        "rollback",
    ]
    assert engine.sessions[0].log[0] == "begin"


def test_autocommit_switched_on_and_off(manual: pyodbc.Connection, engine: FakeEngine) -> None:
    session = engine.sessions[0]
    manual.execute("WRITE 1")
    manual.commit()
    manual.autocommit = True
    manual.execute("WRITE 2")
    assert session.descriptor == 0
    manual.autocommit = False
    manual.execute("WRITE 3")
    assert session.descriptor != 0
    manual.rollback()
    after_the_last = session.log[session.log.index("WRITE 3") + 1 :]
    assert after_the_last[0] == "rollback"


@pytest.mark.parametrize("statement", ["CONFLICT", "CONFLICT ?"])
def test_an_error_that_ends_the_transaction(manual: pyodbc.Connection, engine: FakeEngine, statement: str) -> None:
    session = engine.sessions[0]
    manual.execute("WRITE 1")
    cursor = manual.execute(statement, *([1] if "?" in statement else []))
    with pytest.raises(pyodbc.ProgrammingError, match="3960"):
        cursor.nextset()
    manual.rollback()
    # The driver begins a new transaction by itself, and commits that.
    manual.execute("WRITE 2")
    manual.commit()
    assert session.log[-2:] == ["WRITE 2", "commit"] or session.log[-3:] == ["WRITE 2", "commit", "begin"]
    assert session.log.index("abort") < session.log.index("WRITE 2")


def test_a_transaction_that_sql_begins(client: pyodbc.Connection, engine: FakeEngine) -> None:
    engine.scripts.update(BEGIN=begin, WRITE=quiet)
    client.execute("BEGIN")
    client.execute("WRITE 1")
    assert engine.sessions[0].descriptor == 1
    # ODBC knows of it by now, or it would refuse to commit.
    client.commit()


def test_a_failed_commit_is_told(manual: pyodbc.Connection, engine: FakeEngine) -> None:
    manual.execute("WRITE 1")
    engine.sessions[0].descriptor = 0
    with pytest.raises(pyodbc.Error, match="3902"):
        manual.commit()


def test_leaving_in_the_middle(manual: pyodbc.Connection, engine: FakeEngine, server: TdsServer) -> None:
    other = connect(server.port)
    other.execute("WRITE 1")
    other.close()
    assert "rollback" in engine.sessions[1].log


def test_use_moves_to_another_database(client: pyodbc.Connection, engine: FakeEngine) -> None:
    def use(session: FakeSession, _parameters: Mapping[str, Parameter]) -> Iterator[Result]:
        session.database = "master"
        yield Result(database="master")

    engine.scripts["USE"] = use
    client.execute("USE master")
    assert client.getinfo(pyodbc.SQL_DATABASE_NAME) == "master"
