"""Locks at READ COMMITTED through Microsoft's driver; what is asked here a real server answers alike."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pyodbc
import pytest

from sandbox.testing.sqlserver_process import SqlServer

TABLES = ("Sales", "Receipts")


@pytest.fixture
def database(server: SqlServer) -> str:
    """A database with two tables of Vietnamese documents."""
    name = server.new_database()
    connection = server.connect(name)
    connection.execute(f"ALTER DATABASE [{name}] SET ALLOW_SNAPSHOT_ISOLATION ON")
    for table in TABLES:
        connection.execute(f"CREATE TABLE dbo.{table} (id nvarchar(20) NOT NULL PRIMARY KEY, status nvarchar(20) NULL)")
        connection.execute(f"INSERT INTO dbo.{table} VALUES (N'HĐ-1', N'Nháp'), (N'HĐ-2', N'Nháp')")
    connection.close()
    return name


@pytest.fixture
def writer(server: SqlServer, database: str) -> Iterator[pyodbc.Connection]:
    connection = server.connect(database)
    yield connection
    connection.close()


@pytest.fixture
def other(server: SqlServer, database: str) -> Iterator[pyodbc.Connection]:
    connection = server.connect(database)
    yield connection
    connection.close()


def number_of(error: pyodbc.Error) -> int:
    return int(str(error.args[1]).rsplit("(", 2)[1].split(")")[0])


def change(connection: pyodbc.Connection, table: str = "Sales", key: str = "HĐ-1") -> None:
    connection.execute("BEGIN TRANSACTION")
    connection.execute(f"UPDATE dbo.{table} SET status = N'Chờ gửi' WHERE id = ?", key)


READ = "SELECT status FROM dbo.Sales WHERE id = N'HĐ-1'"


def test_1222_after_lock_timeout(writer: pyodbc.Connection, other: pyodbc.Connection) -> None:
    change(writer)
    other.execute("SET LOCK_TIMEOUT 50")
    with pytest.raises(pyodbc.Error) as caught:
        other.execute(READ).fetchval()
    assert number_of(caught.value) == 1222
    assert other.execute("SELECT status FROM dbo.Sales WHERE id = N'HĐ-2'").fetchval() == "Nháp"


def test_hints_and_snapshots_do_not_wait(writer: pyodbc.Connection, other: pyodbc.Connection) -> None:
    change(writer)
    assert other.execute("SELECT status FROM dbo.Sales WITH (NOLOCK) WHERE id = N'HĐ-1'").fetchval() == "Chờ gửi"
    assert other.execute("SELECT id FROM dbo.Sales WITH (READPAST)").fetchval() == "HĐ-2"
    other.execute("SET TRANSACTION ISOLATION LEVEL SNAPSHOT")
    assert other.execute(READ).fetchval() == "Nháp"


def test_a_query_timeout_ends_a_wait(writer: pyodbc.Connection, other: pyodbc.Connection) -> None:
    change(writer)
    other.timeout = 1
    with pytest.raises(pyodbc.OperationalError) as caught:
        other.execute(READ).fetchval()
    assert caught.value.args[0] == "HYT00"
    writer.execute("COMMIT")
    assert other.execute(READ).fetchval() == "Chờ gửi"


def test_a_cancel_ends_a_wait(writer: pyodbc.Connection, other: pyodbc.Connection) -> None:
    change(writer)
    cursor = other.cursor()
    timer = threading.Timer(0.3, cursor.cancel)
    timer.start()
    with pytest.raises(pyodbc.Error):
        cursor.execute(READ).fetchval()
    timer.join()
    writer.execute("ROLLBACK")
    assert other.execute(READ).fetchval() == "Nháp"


@pytest.mark.parametrize("second", ["SELECT id FROM dbo.{}", "UPDATE dbo.{} SET status = N'Đã gửi'"])
def test_opposite_orders_give_1205_to_one(writer: pyodbc.Connection, other: pyodbc.Connection, second: str) -> None:
    change(writer, "Sales")
    change(other, "Receipts")

    def finish(connection: pyodbc.Connection, table: str) -> int:
        try:
            cursor = connection.execute(second.format(table))
            if cursor.description:
                cursor.fetchall()
            connection.execute("COMMIT")
        except pyodbc.Error as error:
            assert connection.execute("SELECT @@TRANCOUNT").fetchval() == 0
            return number_of(error)
        return 0

    with ThreadPoolExecutor(2) as pool:
        ends = [pool.submit(finish, writer, "Receipts"), pool.submit(finish, other, "Sales")]
        numbers = [end.result(30) for end in ends]
    assert sorted(numbers) == [0, 1205]
    changed = [writer.execute(f"SELECT status FROM dbo.{table} WHERE id = N'HĐ-1'").fetchval() for table in TABLES]
    assert ("Nháp" in changed) == ("SELECT" in second)
