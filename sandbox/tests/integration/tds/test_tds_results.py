"""What comes back: rows, counts, messages and errors, in order; and as much as the client takes."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping

import pyodbc
import pytest

from sandbox.sqlserver.connections.tds_server import TdsServer
from sandbox.sqlserver.contract import Column, Info, Parameter, Result, SqlError, SqlType
from sandbox.waiting import wait_until
from tests.integration.tds.client import connect
from tests.integration.tds.fake_engine import FakeEngine, FakeSession, Script

INT = SqlType(name="int")
NUMBER = Column(name="number", type=INT)
TEXT = Column(name="text", type=SqlType(name="nvarchar", length=1000))
FAILURE = SqlError(8134, "Divide by zero error encountered.")


def script(*results: Result | SqlError) -> Script:
    def run(_session: FakeSession, _parameters: Mapping[str, Parameter]) -> Iterator[Result]:
        for result in results:
            if isinstance(result, SqlError):
                raise result
            yield result

    return run


def numbers(*values: int) -> Result:
    return Result(columns=[NUMBER], rows=[[value] for value in values])


def test_several_result_sets_and_counts(client: pyodbc.Connection, engine: FakeEngine) -> None:
    engine.scripts["MANY"] = script(numbers(1, 2), Result(rowcount=7), numbers(), numbers(3))
    cursor = client.execute("MANY")
    assert [row.number for row in cursor.fetchall()] == [1, 2]
    assert cursor.nextset()
    assert (cursor.description, cursor.rowcount) == (None, 7)
    assert cursor.nextset()
    assert cursor.fetchall() == []
    assert cursor.nextset()
    assert cursor.fetchval() == 3
    assert not cursor.nextset()


@pytest.mark.parametrize("count", [0, 1, 2**31 - 1])
def test_rowcount(client: pyodbc.Connection, engine: FakeEngine, count: int) -> None:
    engine.scripts["CHANGE"] = script(Result(rowcount=count))
    assert client.execute("CHANGE").rowcount == count


def test_no_rowcount(client: pyodbc.Connection, engine: FakeEngine) -> None:
    engine.scripts["QUIET"] = script()
    assert client.execute("QUIET").rowcount == -1


def test_rows_with_parameters_come_through_a_procedure(client: pyodbc.Connection, engine: FakeEngine) -> None:
    engine.scripts["MANY"] = script(numbers(1), Result(rowcount=2), numbers(3))
    cursor = client.execute("MANY ?", 1)
    assert cursor.fetchval() == 1
    assert cursor.nextset()
    assert cursor.rowcount == 2
    assert cursor.nextset()
    assert cursor.fetchval() == 3


def test_messages(client: pyodbc.Connection, engine: FakeEngine) -> None:
    engine.scripts["SAY"] = script(Result(infos=[Info(number=0, text="hello")]))
    cursor = client.execute("SAY")
    assert [text.endswith("hello") for _state, text in cursor.messages] == [True]


def test_identity_and_names(client: pyodbc.Connection, engine: FakeEngine) -> None:
    columns = [Column(name="", type=INT, nullable=False, identity=True), Column(name="ü" * 128, type=INT)]
    engine.scripts["NAMES"] = script(Result(columns=columns, rows=[[1, 2]]))
    assert [column[0] for column in client.execute("NAMES").description] == ["", "ü" * 128]


@pytest.mark.parametrize(
    ("number", "state", "kind"),
    [
        (2627, "23000", pyodbc.IntegrityError),
        (208, "42S02", pyodbc.ProgrammingError),
        (1205, "40001", pyodbc.Error),
        (8134, "22012", pyodbc.DataError),
    ],
)
@pytest.mark.parametrize("statement", ["FAIL", "FAIL ?"])
def test_errors(
    client: pyodbc.Connection, engine: FakeEngine, statement: str, number: int, state: str, kind: type
) -> None:
    engine.scripts["FAIL"] = script(SqlError(number, "Something happened, 'ü'."))
    with pytest.raises(kind, match=rf"Something happened, 'ü'\. \({number}\)") as raised:
        client.execute(statement, *([1] if "?" in statement else []))
    assert raised.value.args[0] == state
    assert client.execute("ECHO ?", 1).fetchval() == 1


@pytest.mark.parametrize("statement", ["HALF", "HALF ?"])
def test_an_error_after_a_result_set(client: pyodbc.Connection, engine: FakeEngine, statement: str) -> None:
    engine.scripts["HALF"] = script(numbers(1, 2), FAILURE)
    cursor = client.execute(statement, *([1] if "?" in statement else []))
    assert len(cursor.fetchall()) == 2
    with pytest.raises(pyodbc.DataError, match="8134"):
        cursor.nextset()
    assert client.execute("ECHO ?", 1).fetchval() == 1


def test_an_error_between_two_rows(client: pyodbc.Connection, engine: FakeEngine) -> None:
    def rows() -> Iterator[list[object]]:
        yield [1]
        raise FAILURE

    engine.scripts["BREAK"] = script(Result(columns=[NUMBER], rows=rows()))
    cursor = client.execute("BREAK")
    with pytest.raises(pyodbc.DataError, match="8134"):
        cursor.fetchall()
    assert client.execute("ECHO ?", 1).fetchval() == 1


@pytest.mark.parametrize("value", ["x" * 1001, 5, b"x"])
def test_a_value_that_does_not_fit_its_column_is_an_error_and_no_broken_stream(
    client: pyodbc.Connection, engine: FakeEngine, value: object
) -> None:
    engine.scripts["WRONG"] = script(Result(columns=[TEXT], rows=[["fine"], [value]]))
    cursor = client.execute("WRONG")
    with pytest.raises(pyodbc.Error, match="column text is nvarchar and cannot take this"):
        cursor.fetchall()
    assert client.execute("ECHO ?", 1).fetchval() == 1


def test_a_bug_in_the_engine_is_an_error_and_no_broken_connection(
    client: pyodbc.Connection, engine: FakeEngine, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_session: FakeSession, _parameters: Mapping[str, Parameter]) -> Iterator[Result]:
        raise ZeroDivisionError("oops")
        yield

    engine.scripts["BUG"] = broken
    with pytest.raises(pyodbc.Error, match="sandbox failed: ZeroDivisionError: oops"):
        client.execute("BUG")
    assert "a statement broke the stand-in" in caplog.text
    assert client.execute("ECHO ?", 1).fetchval() == 1


class Endless:
    """Rows without end that count themselves."""

    def __init__(self) -> None:
        self.given = 0
        self.let_go = threading.Event()

    def __iter__(self) -> Endless:
        return self

    def __next__(self) -> list[object]:
        self.given += 1
        return [f"{self.given:01000}"]

    def close(self) -> None:
        self.let_go.set()


@pytest.mark.parametrize("encrypt", ["Encrypt=no", "Encrypt=yes;TrustServerCertificate=yes"])
def test_rows_are_made_as_the_client_takes_them(server: TdsServer, engine: FakeEngine, encrypt: str) -> None:
    rows = Endless()
    engine.scripts["ENDLESS"] = script(Result(columns=[TEXT], rows=rows))
    client = connect(server.port, encrypt=encrypt, autocommit=True)
    cursor = client.execute("ENDLESS")
    first = [int(row.text) for row in cursor.fetchmany(1000)]
    assert first == list(range(1, 1001))
    settled = -1
    while rows.given != settled:
        # It stands still once the network's buffers (a few megabytes) are full.
        settled = rows.given
        threading.Event().wait(0.1)
    assert settled < 50_000
    assert int(cursor.fetchone().text) == 1001
    # Closing the cursor cancels the rest.
    cursor.close()
    assert rows.let_go.is_set()
    assert client.execute("ECHO ?", 1).fetchval() == 1
    client.close()


def test_a_client_that_stops_reading_and_dies(server: TdsServer, engine: FakeEngine) -> None:
    rows = Endless()
    engine.scripts["ENDLESS"] = script(Result(columns=[TEXT], rows=rows))
    client = connect(server.port)
    client.execute("ENDLESS").fetchone()
    server.stop()
    wait_until(rows.let_go.is_set)
    assert not engine.open_sessions()


@pytest.mark.parametrize("size", [*range(4070, 4100), 8 * 4088, 9 * 4088])
def test_replies_that_just_fill_their_packets(client: pyodbc.Connection, engine: FakeEngine, size: int) -> None:
    column = Column(name="t", type=SqlType(name="varchar", length=-1))
    engine.scripts["FILL"] = script(Result(columns=[column], rows=[["x" * (size - 60)]]))
    assert len(client.execute("FILL").fetchval()) == size - 60
