"""The stand-in through python-tds, which calls sp_executesql and speaks TLS by itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytds
import pytest
from pytds import tds_base
from pytds.connection import Connection
from pytds.extensions import ISOLATION_LEVEL_SNAPSHOT

from tests.integration.drivers import cases
from tests.integration.drivers.python_tds import connect, encrypted, query
from tests.integration.drivers.server import Server, new_name

ENCRYPTIONS = ["plain", "login only", "all"]


@pytest.fixture
def client(server: Server) -> Iterator[Connection]:
    """A connection in autocommit mode."""
    connection = connect(server, autocommit=True)
    yield connection
    connection.close()


@pytest.fixture
def other(server: Server) -> Iterator[Connection]:
    """Another one."""
    connection = connect(server, autocommit=True)
    yield connection
    connection.close()


@pytest.mark.parametrize("encryption", ENCRYPTIONS)
@pytest.mark.parametrize("version", [tds_base.TDS73A, tds_base.TDS73B, tds_base.TDS74], ids=hex)
def test_a_client_of_each_version_is_served_plain_and_encrypted(server: Server, version: int, encryption: str) -> None:
    tls: dict[str, Any] = {} if encryption == "plain" else encrypted(server)
    connection = connect(server, tds_version=version, enc_login_only=encryption == "login only", **tls)
    assert connection.tds_version == version
    assert connection.product_version >> 24 == 16
    text = "Hóa đơn " * 10_000
    assert query(connection, "SELECT %s, %s", text, 7) == [(text, 7)]
    connection.close()


@pytest.mark.parametrize("size", [512, 32767])
def test_packets_are_as_large_as_the_client_wants(server: Server, size: int) -> None:
    connection = connect(server, blocksize=size)
    text = "Hóa đơn " * 10_000
    assert query(connection, "SELECT %s", text) == [(text,)]
    connection.close()


def test_an_old_client_is_told_that_it_is_too_old(server: Server) -> None:
    with pytest.raises(TimeoutError) as raised:
        connect(server, tds_version=tds_base.TDS72, login_timeout=0.5)
    assert "sandbox does not support: TDS 7.2" in str(raised.value.__cause__)


def test_a_wrong_password_is_refused(server: Server) -> None:
    with pytest.raises(pytds.OperationalError) as raised:
        connect(server, password="wrong")
    assert raised.value.number == 18456


@pytest.mark.parametrize(("sql_type", "value"), cases.TYPES, ids=lambda value: str(value)[:20])
def test_a_value_comes_back_as_it_went_in(client: Connection, sql_type: str, value: object) -> None:
    name = new_name()
    query(client, f"CREATE TABLE {name} (id INT PRIMARY KEY, value {sql_type})")
    query(client, f"INSERT INTO {name} VALUES (1, %s)", value)
    query(client, f"INSERT INTO {name} VALUES (%s, %s)", 2, None)
    assert query(client, f"SELECT value FROM {name} ORDER BY id") == [(value,), (None,)]


@pytest.mark.parametrize(("sql_type", "value"), cases.BINARY_TYPES, ids=lambda value: str(value)[:20])
def test_binary_values_come_back_as_they_went_in(client: Connection, sql_type: str, value: bytes) -> None:
    name = new_name()
    query(client, f"CREATE TABLE {name} (id INT PRIMARY KEY, value {sql_type})")
    query(client, f"INSERT INTO {name} VALUES (1, %s), (2, NULL)", pytds.Binary(value))
    assert query(client, f"SELECT value FROM {name} ORDER BY id") == [(value,), (None,)]


def test_a_batch_gives_several_results(client: Connection) -> None:
    with client.cursor() as cursor:
        cursor.execute(cases.SEVERAL)
        found = [cursor.fetchall()]
        while cursor.nextset():
            found.append(cursor.fetchall())
    assert found == cases.ROWS_OF_SEVERAL


def test_what_is_printed_and_counted_arrives(client: Connection) -> None:
    name = new_name()
    with client.cursor() as cursor:
        cursor.execute(f"CREATE TABLE {name} (id INT); PRINT 'made'; INSERT INTO {name} VALUES (1), (2)")
        texts = [str(message) for _, message in cursor.messages]
        while cursor.rowcount != 2:
            assert cursor.nextset()
            texts += [str(message) for _, message in cursor.messages]
    assert ["made" in text for text in texts] == [True]


@pytest.mark.parametrize("values", [(), (1,)], ids=["as a batch", "by sp_executesql"])
@pytest.mark.parametrize(("sql", "number", "state"), cases.ERRORS, ids=lambda value: str(value)[:30])
def test_an_error_arrives_by_its_number(
    client: Connection, sql: str, number: int, state: str, values: tuple[int, ...]
) -> None:
    with pytest.raises(pytds.DatabaseError) as raised:
        query(client, f"{'DECLARE @unused INT = %s ' if values else ''}{sql}", *values)
    assert raised.value.number == number
    assert query(client, "SELECT 1") == [(1,)]


def test_transactions_are_committed_and_rolled_back(server: Server, other: Connection) -> None:
    name = new_name()
    query(other, f"CREATE TABLE {name} (id INT PRIMARY KEY)")
    client = connect(server)
    query(client, f"INSERT INTO {name} VALUES (1)")
    assert query(client, "SELECT @@TRANCOUNT") == [(1,)]
    client.rollback()
    query(client, f"INSERT INTO {name} VALUES (%s)", 2)
    client.commit()
    client.autocommit = True
    query(client, f"INSERT INTO {name} VALUES (3)")
    assert query(client, "SELECT @@TRANCOUNT") == [(0,)]
    assert query(other, f"SELECT id FROM {name} ORDER BY id") == [(2,), (3,)]
    client.close()


def test_a_statement_that_takes_too_long_is_given_up(server: Server) -> None:
    client = connect(server, autocommit=True, timeout=1)
    with pytest.raises(TimeoutError):
        query(client, cases.ENDLESS)
    assert [query(client, "SELECT %s", number) for number in range(3)] == [[(0,)], [(1,)], [(2,)]]
    client.close()


def test_many_rows_go_both_ways(client: Connection) -> None:
    name, count = new_name(), 300
    query(client, f"CREATE TABLE {name} (id INT PRIMARY KEY, note NVARCHAR(20))")
    with client.cursor() as cursor:
        cursor.executemany(f"INSERT INTO {name} VALUES (%s, %s)", [(number, f"n{number}") for number in range(count)])
    pairs = f"SELECT x.id, y.note FROM {name} AS x CROSS JOIN {name} AS y"
    assert len(query(client, pairs)) == count**2
    with client.cursor() as cursor:
        # The rest of a result that nobody wants is cancelled.
        cursor.execute(pairs)
        assert len(cursor.fetchmany(10)) == 10
        cursor.cancel()
    with client.cursor() as cursor:
        cursor.execute(f"UPDATE {name} SET note = '' WHERE id < 10")
        assert cursor.rowcount == 10


def test_changes_are_tracked(client: Connection) -> None:
    name = new_name()
    query(client, "ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS)")
    try:
        query(client, f"CREATE TABLE {name} (id INT PRIMARY KEY, note NVARCHAR(20))")
        query(client, f"ALTER TABLE {name} ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)")
        ((before,),) = query(client, "SELECT CHANGE_TRACKING_CURRENT_VERSION()")
        assert isinstance(before, int)
        query(client, f"INSERT INTO {name} VALUES (%s, %s), (%s, %s)", 1, "a", 2, "b")
        query(client, f"DELETE FROM {name} WHERE id = %s", 2)
        changes = (
            "SELECT c.id, c.SYS_CHANGE_OPERATION, c.SYS_CHANGE_VERSION, t.note "
            f"FROM CHANGETABLE(CHANGES {name}, %s) AS c LEFT JOIN {name} AS t ON t.id = c.id ORDER BY c.id"
        )
        assert query(client, changes, before) == [(1, "I", before + 1, "a"), (2, "D", before + 2, None)]
        query(client, f"ALTER TABLE {name} DISABLE CHANGE_TRACKING")
    finally:
        query(client, "ALTER DATABASE CURRENT SET CHANGE_TRACKING = OFF")


def test_a_snapshot_stays_and_an_update_conflict_ends_it(server: Server, other: Connection) -> None:
    name = new_name()
    query(other, "ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON")
    query(other, f"CREATE TABLE {name} (id INT PRIMARY KEY, note NVARCHAR(20))")
    query(other, f"INSERT INTO {name} VALUES (1, 'a')")
    client = connect(server, isolation_level=ISOLATION_LEVEL_SNAPSHOT)
    notes = f"SELECT note FROM {name}"
    assert query(client, notes) == [("a",)]
    query(other, f"UPDATE {name} SET note = 'b'")
    assert query(client, notes) == [("a",)]
    with pytest.raises(pytds.DatabaseError) as raised:
        query(client, f"UPDATE {name} SET note = 'c'")
    assert raised.value.number == 3960
    client.rollback()
    assert query(client, notes) == [("b",)]
    client.close()


def test_a_system_procedure_is_called_by_its_name(client: Connection) -> None:
    with client.cursor() as cursor:
        cursor.callproc("sp_datatype_info", (12,))
        assert [row[0] for row in cursor.fetchall()] == ["varchar"]


@pytest.mark.parametrize(
    ("procedure", "arguments", "refused"),
    [
        ("sp_tables", (), "the procedure sp_tables"),
        ("sp_reset_connection", (), "the procedure sp_reset_connection"),
        ("sp_cursoropen", (1, "SELECT 1"), "the procedure sp_cursoropen"),
        ("sp_executesql", ("SELECT @a", "@a INT", pytds.output(param_type="int", value=1)), "the OUTPUT parameter @a"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_is_not_there_is_refused_by_name(
    client: Connection, procedure: str, arguments: tuple[object, ...], refused: str
) -> None:
    with client.cursor() as cursor, pytest.raises(pytds.DatabaseError, match=f"sandbox does not support: {refused}"):
        cursor.callproc(procedure, arguments)
    assert query(client, "SELECT 1") == [(1,)]


def test_a_bulk_load_is_refused_by_name(client: Connection) -> None:
    with client.cursor() as cursor, pytest.raises(pytds.DatabaseError, match="sandbox does not support: INSERT BULK"):
        cursor.copy_to(data=[(1,)], table_or_view="Things", schema="dbo", columns=["id"])
    assert query(client, "SELECT 1") == [(1,)]
