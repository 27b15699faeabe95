"""The stand-in through FreeTDS: another reading of the same protocol than Microsoft's."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pyodbc
import pytest

from tests.integration.drivers import cases
from tests.integration.drivers.freetds import connect
from tests.integration.drivers.server import Server, new_name

VERSIONS = ["7.3", "7.4", "auto"]
ENCRYPTIONS = ["off", "request", "require"]


@pytest.fixture
def client(server: Server) -> Iterator[pyodbc.Connection]:
    """A connection in autocommit mode."""
    connection = connect(server, autocommit=True)
    yield connection
    connection.close()


@pytest.fixture
def other(server: Server) -> Iterator[pyodbc.Connection]:
    """Another one."""
    connection = connect(server, autocommit=True)
    yield connection
    connection.close()


def all_results(cursor: pyodbc.Cursor) -> list[list[tuple[object, ...]]]:
    """The rows of each result, from the one where the cursor stands. Raises what comes in between."""
    found = []
    while True:
        if cursor.description:
            found.append([tuple(row) for row in cursor.fetchall()])
        if not cursor.nextset():
            return found


@pytest.mark.parametrize("encryption", ENCRYPTIONS)
@pytest.mark.parametrize("version", VERSIONS)
def test_a_client_of_each_version_is_served_plain_and_encrypted(server: Server, version: str, encryption: str) -> None:
    connection = connect(server, version=version, encryption=encryption)
    assert connection.getinfo(pyodbc.SQL_DBMS_VER).startswith("16.00")
    assert connection.execute("SELECT @@VERSION").fetchval().startswith("Microsoft SQL Server")
    text = "Hóa đơn " * 10_000
    assert tuple(connection.execute("SELECT ?, ?", text, 7).fetchone()) == (text, 7)
    connection.close()


@pytest.mark.parametrize("version", ["7.1", "7.2"])
def test_an_old_client_is_told_that_it_is_too_old(server: Server, version: str) -> None:
    with pytest.raises(pyodbc.Error, match=f"sandbox does not support: TDS {version}"):
        connect(server, version=version)


def test_a_wrong_password_is_refused(server: Server) -> None:
    with pytest.raises(pyodbc.Error, match="18456"):
        connect(server, password="wrong")


@pytest.mark.parametrize("version", ["7.3", "7.4"])
@pytest.mark.parametrize(("sql_type", "value"), cases.TYPES, ids=lambda value: str(value)[:20])
def test_a_value_comes_back_as_it_went_in(server: Server, sql_type: str, value: object, version: str) -> None:
    client, name = connect(server, version=version, autocommit=True), new_name()
    client.execute(f"CREATE TABLE {name} (id INT PRIMARY KEY, value {sql_type})")
    client.execute(f"INSERT INTO {name} VALUES (1, ?)", value)
    client.execute(f"INSERT INTO {name} VALUES (2, ?)", None)
    found = [row.value for row in client.execute(f"SELECT value FROM {name} ORDER BY id")]
    assert found == [str(value).upper() if sql_type == "uniqueidentifier" else value, None]
    client.close()


@pytest.mark.parametrize(("sql_type", "value"), cases.BINARY_TYPES, ids=lambda value: str(value)[:20])
def test_binary_values_come_back_as_they_went_in(client: pyodbc.Connection, sql_type: str, value: bytes) -> None:
    name = new_name()
    client.execute(f"CREATE TABLE {name} (id INT PRIMARY KEY, value {sql_type})")
    client.execute(f"INSERT INTO {name} VALUES (1, ?), (2, NULL)", value)
    assert [row.value for row in client.execute(f"SELECT value FROM {name} ORDER BY id")] == [value, None]
    with pytest.raises(pyodbc.Error, match="257"):
        client.execute(f"INSERT INTO {name} VALUES (3, ?)", None)


def test_a_statement_is_prepared_again_and_again(client: pyodbc.Connection) -> None:
    cursor = client.cursor()
    assert [cursor.execute("SELECT ? + 1", number).fetchval() for number in range(5)] == [1, 2, 3, 4, 5]


def test_a_batch_gives_several_results(client: pyodbc.Connection) -> None:
    assert all_results(client.execute(cases.SEVERAL)) == cases.ROWS_OF_SEVERAL


def test_what_is_printed_and_counted_arrives(client: pyodbc.Connection) -> None:
    name = new_name()
    cursor = client.execute(f"CREATE TABLE {name} (id INT); PRINT 'made'; INSERT INTO {name} VALUES (1), (2)")
    texts = [text for _, text in cursor.messages]
    while cursor.rowcount != 2:
        assert cursor.nextset()
        texts += [text for _, text in cursor.messages]
    assert [text.endswith("made") for text in texts] == [True]


@pytest.mark.parametrize("parameters", [(), (1,)], ids=["as a batch", "by sp_prepexec"])
@pytest.mark.parametrize(("sql", "number", "state"), cases.ERRORS, ids=lambda value: str(value)[:30])
def test_an_error_arrives_by_its_number(
    client: pyodbc.Connection, sql: str, number: int, state: str, parameters: tuple[int, ...]
) -> None:
    with pytest.raises(pyodbc.Error, match=rf"\({number}\)") as raised:
        client.execute(f"{'DECLARE @unused INT = ? ' if parameters else ''}{sql}", *parameters).fetchall()
    assert raised.value.args[0] == state
    assert client.execute("SELECT 1").fetchval() == 1


def test_an_error_after_a_result_arrives_where_it_happened(client: pyodbc.Connection) -> None:
    cursor = client.execute("SELECT 1; SELECT 1 / 0")
    assert cursor.fetchval() == 1
    with pytest.raises(pyodbc.DataError, match="8134"):
        all_results(cursor)


def test_transactions_are_committed_and_rolled_back(server: Server, other: pyodbc.Connection) -> None:
    name = new_name()
    other.execute(f"CREATE TABLE {name} (id INT PRIMARY KEY)")
    client = connect(server)
    client.execute(f"INSERT INTO {name} VALUES (1)")
    assert client.execute("SELECT @@TRANCOUNT").fetchval() == 1
    client.rollback()
    client.execute(f"INSERT INTO {name} VALUES (?)", 2)
    client.commit()
    client.autocommit = True
    client.execute(f"INSERT INTO {name} VALUES (3)")
    assert client.execute("SELECT @@TRANCOUNT").fetchval() == 0
    assert [row.id for row in other.execute(f"SELECT id FROM {name} ORDER BY id")] == [2, 3]
    client.close()


def test_a_connection_that_is_closed_rolls_back(server: Server, other: pyodbc.Connection) -> None:
    name = new_name()
    other.execute(f"CREATE TABLE {name} (id INT PRIMARY KEY)")
    client = connect(server)
    client.execute(f"INSERT INTO {name} VALUES (1)")
    client.close()
    other.execute("SET LOCK_TIMEOUT 5000")
    other.execute(f"INSERT INTO {name} VALUES (1)")


def test_a_statement_that_takes_too_long_is_given_up(client: pyodbc.Connection) -> None:
    client.timeout = 1
    with pytest.raises(pyodbc.OperationalError, match="Timeout expired"):
        client.execute(cases.ENDLESS)
    assert [client.execute("SELECT ?", number).fetchval() for number in range(3)] == [0, 1, 2]


def test_a_statement_is_cancelled_from_another_thread(client: pyodbc.Connection) -> None:
    cursor, over = client.cursor(), threading.Event()

    def cancel() -> None:
        # Resend and again: one that comes before the statement would not count.
        while not over.wait(0.1):
            cursor.cancel()

    thread = threading.Thread(target=cancel)
    thread.start()
    with pytest.raises(pyodbc.Error, match="cancel"):
        cursor.execute(cases.ENDLESS)
    over.set()
    thread.join()
    assert [client.execute("SELECT ?", number).fetchval() for number in range(3)] == [0, 1, 2]


def test_many_rows_go_both_ways(client: pyodbc.Connection) -> None:
    name, count = new_name(), 300
    client.execute(f"CREATE TABLE {name} (id INT PRIMARY KEY, note NVARCHAR(20))")
    cursor = client.cursor()
    cursor.executemany(f"INSERT INTO {name} VALUES (?, ?)", [(number, f"n{number}") for number in range(count)])
    pairs = f"SELECT x.id, y.note FROM {name} AS x CROSS JOIN {name} AS y"
    assert len(cursor.execute(pairs).fetchall()) == count**2
    # The rest of a result that nobody wants does not stand in the way of the next statement.
    cursor.execute(pairs).fetchmany(10)
    cursor.close()
    assert client.execute(f"UPDATE {name} SET note = '' WHERE id < 10").rowcount == 10


def test_changes_are_tracked(client: pyodbc.Connection) -> None:
    name = new_name()
    client.execute("ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS)")
    try:
        client.execute(f"CREATE TABLE {name} (id INT PRIMARY KEY, note NVARCHAR(20))")
        client.execute(f"ALTER TABLE {name} ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)")
        before = client.execute("SELECT CHANGE_TRACKING_CURRENT_VERSION()").fetchval()
        client.execute(f"INSERT INTO {name} VALUES (?, ?), (?, ?)", 1, "a", 2, "b")
        client.execute(f"DELETE FROM {name} WHERE id = ?", 2)
        query = (
            "SELECT c.id, c.SYS_CHANGE_OPERATION, c.SYS_CHANGE_VERSION, t.note "
            f"FROM CHANGETABLE(CHANGES {name}, ?) AS c LEFT JOIN {name} AS t ON t.id = c.id ORDER BY c.id"
        )
        changes = [tuple(row) for row in client.execute(query, before)]
        assert changes == [(1, "I", before + 1, "a"), (2, "D", before + 2, None)]
        client.execute(f"ALTER TABLE {name} DISABLE CHANGE_TRACKING")
    finally:
        client.execute("ALTER DATABASE CURRENT SET CHANGE_TRACKING = OFF")


def test_a_snapshot_stays_and_an_update_conflict_ends_it(server: Server, other: pyodbc.Connection) -> None:
    name = new_name()
    other.execute("ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON")
    other.execute(f"CREATE TABLE {name} (id INT PRIMARY KEY, note NVARCHAR(20))")
    other.execute(f"INSERT INTO {name} VALUES (1, 'a')")
    client = connect(server)
    client.execute("SET TRANSACTION ISOLATION LEVEL SNAPSHOT")
    client.commit()
    query = f"SELECT note FROM {name}"
    assert client.execute(query).fetchval() == "a"
    other.execute(f"UPDATE {name} SET note = 'b'")
    assert client.execute(query).fetchval() == "a"
    with pytest.raises(pyodbc.Error, match="3960"):
        client.execute(f"UPDATE {name} SET note = 'c'")
    assert client.execute(query).fetchval() == "b"
    client.close()


@pytest.mark.parametrize(
    ("question", "procedure"),
    [("columns", "sp_columns"), ("tables", "sp_tables"), ("primaryKeys", "sp_pkeys"), ("statistics", "sp_statistics")],
)
def test_a_question_about_the_catalog_is_refused_by_name(
    client: pyodbc.Connection, question: str, procedure: str
) -> None:
    with pytest.raises(pyodbc.Error, match=f"sandbox does not support: the procedure {procedure} "):
        getattr(client.cursor(), question)(table="t")
    assert client.execute("SELECT 1").fetchval() == 1


def test_the_types_of_the_server_are_listed(client: pyodbc.Connection) -> None:
    assert {row.type_name for row in client.cursor().getTypeInfo(pyodbc.SQL_TYPE_TIMESTAMP)} == {
        "datetime",
        "datetime2",
    }
