"""Every fault on demand, as Microsoft's driver meets it."""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Mapping

import pyodbc
import pytest

from sandbox.control import ControlError, SqlServerControl
from sandbox.odbc import connect
from sandbox.sqlserver.faults.model import DelayFault, ErrorFault, LoginFault
from sandbox.waiting import wait_until
from tests.integration.control.client import Connect
from tests.integration.control.steps import COUNT, INSERT, is_cut, transaction

pytestmark = pytest.mark.usefixtures("numbers")


# Errors


def test_a_deadlock_victim_loses_its_transaction(client: Connect, control: SqlServerControl) -> None:
    connection = transaction(client)
    connection.execute(INSERT)
    control.arm(ErrorFault(number=1205))
    with pytest.raises(pyodbc.Error, match=r"chosen as the deadlock victim. Rerun the transaction. \(1205\)") as raised:
        connection.execute(COUNT)
    assert raised.value.args[0] == "40001"
    assert connection.execute("SELECT @@TRANCOUNT").fetchval() == 1, "the driver's next one"
    connection.commit()
    assert connection.execute(COUNT).fetchval() == 0
    assert control.faults() == {}


def test_a_lock_timeout_leaves_the_transaction_alone(client: Connect, control: SqlServerControl) -> None:
    connection = transaction(client)
    connection.execute(INSERT)
    control.arm(ErrorFault(number=1222))
    with pytest.raises(pyodbc.ProgrammingError, match=r"Lock request time out period exceeded. \(1222\)"):
        connection.execute(COUNT)
    connection.commit()
    assert connection.execute(COUNT).fetchval() == 1


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (3960, "due to update conflict. You cannot use snapshot isolation to access table 'dbo.numbers' directly"),
        (
            3961,
            "in database 'sandbox' because the object accessed by the statement has been modified by a DDL statement",
        ),
    ],
)
def test_a_snapshot_that_the_server_gives_up(
    client: Connect, control: SqlServerControl, number: int, text: str
) -> None:
    connection = transaction(client)
    connection.execute(INSERT)
    control.arm(ErrorFault(number=number))
    with pytest.raises(pyodbc.ProgrammingError, match=text):
        connection.execute("UPDATE dbo.numbers SET words = 'x'")
    connection.commit()
    assert connection.execute(COUNT).fetchval() == 0


def test_an_error_without_a_known_text_is_refused(control: SqlServerControl) -> None:
    with pytest.raises(ControlError, match="sandbox does not support: error 547 on demand; it has 1205"):
        control.arm(ErrorFault(number=547))


# Whom a fault meets


def test_the_nth_statement_from_now(client: Connect, control: SqlServerControl) -> None:
    connection = client()
    control.arm(ErrorFault(number=1222, skip=2, times=2))
    outcomes = [_fails(connection, "SELECT 1") for _ in range(6)]
    assert outcomes == [False, False, True, True, False, False]


def test_until_it_is_cleared(client: Connect, control: SqlServerControl) -> None:
    connection = client()
    number = control.arm(ErrorFault(number=1222, times=None))
    assert [_fails(connection, "SELECT 1") for _ in range(5)] == [True] * 5
    assert list(control.faults()) == [number]
    assert control.clear(number) == 1
    assert not _fails(connection, "SELECT 1")
    assert control.clear(number) == 0


def test_only_statements_with_a_text(client: Connect, control: SqlServerControl) -> None:
    connection = client()
    control.arm(ErrorFault(number=1222, text="From DBO.numbers"))
    assert not _fails(connection, "SELECT 1")
    assert _fails(connection, COUNT)


def test_prepared_statements_are_met_too(client: Connect, control: SqlServerControl) -> None:
    connection = client()
    control.arm(ErrorFault(number=1222, text="WHERE id = @P1"))
    with pytest.raises(pyodbc.Error, match="1222"):
        connection.execute("SELECT words FROM dbo.numbers WHERE id = ?", 1)
    assert connection.execute("SELECT words FROM dbo.numbers WHERE id = ?", 1).fetchall() == []


def test_only_an_application_or_a_login(client: Connect, control: SqlServerControl) -> None:
    connection = client()  # It calls itself sandbox, as all that comes from sandbox.odbc.
    control.arm(ErrorFault(number=1222, application="somebody else", times=None))
    control.arm(ErrorFault(number=1222, login="somebody", times=None))
    assert not _fails(connection, "SELECT 1")
    control.arm(ErrorFault(number=1222, application="SANDBOX", login="SA"))
    assert _fails(connection, "SELECT 1")


def test_the_drivers_own_requests_only_by_name(client: Connect, control: SqlServerControl) -> None:
    connection = transaction(client)
    connection.execute(INSERT)
    control.arm(ErrorFault(number=1205))
    connection.commit()
    assert _fails(connection, COUNT)
    connection.rollback()
    control.arm(ErrorFault(number=1205, text="commit"))
    connection.execute("DELETE FROM dbo.numbers")
    with pytest.raises(pyodbc.Error, match="1205"):
        connection.commit()
    assert connection.execute(COUNT).fetchval() == 1


# Slow answers


def test_a_slow_answer(client: Connect, control: SqlServerControl) -> None:
    connection = client()
    control.arm(DelayFault(milliseconds=100))
    control.arm(DelayFault(milliseconds=200))
    begin = time.monotonic()
    assert connection.execute("SELECT 1").fetchval() == 1
    assert time.monotonic() - begin >= 0.3


def test_a_slow_answer_can_be_cancelled(client: Connect, control: SqlServerControl) -> None:
    connection = transaction(client)
    connection.execute(INSERT)
    control.arm(DelayFault(milliseconds=60_000, text=COUNT))
    cursor = connection.cursor()
    canceller = threading.Timer(0.2, cursor.cancel)
    begin = time.monotonic()
    canceller.start()
    with pytest.raises(pyodbc.Error, match="HY008"):
        cursor.execute(COUNT)
    canceller.join()
    assert time.monotonic() - begin < 10
    connection.commit()
    assert connection.execute(COUNT).fetchval() == 1, "a cancel leaves the transaction open"


def test_a_slow_answer_meets_the_drivers_time_limit(client: Connect, control: SqlServerControl) -> None:
    connection = client()
    connection.timeout = 1
    control.arm(DelayFault(milliseconds=60_000))
    with pytest.raises(pyodbc.OperationalError, match="HYT00"):
        connection.execute("SELECT 1")
    assert connection.execute("SELECT 1").fetchval() == 1


# Logins


def test_refused_logins(servers: Mapping[str, str], client: Connect, control: SqlServerControl) -> None:
    inside = client()
    control.arm(LoginFault(times=2))
    for _ in range(2):
        with pytest.raises(pyodbc.InterfaceError, match=r"Login failed for user 'sa'. \(18456\)"):
            connect(servers)
    assert inside.execute("SELECT 1").fetchval() == 1
    assert client().execute("SELECT 1").fetchval() == 1


def test_logins_of_one_application_are_refused(
    servers: Mapping[str, str], client: Connect, control: SqlServerControl
) -> None:
    control.arm(LoginFault(application="somebody else", times=None))
    assert client().execute("SELECT 1").fetchval() == 1
    control.arm(LoginFault(application="sandbox", times=None))
    with pytest.raises(pyodbc.InterfaceError, match="18456"):
        connect(servers)


# A database that is offline


def test_an_offline_database(servers: Mapping[str, str], client: Connect, control: SqlServerControl) -> None:
    inside, writing = client(), transaction(client)
    writing.execute(INSERT)
    in_master = client()
    in_master.execute("USE master")
    control.take_offline()
    assert is_cut(inside, "SELECT 1")
    assert is_cut(writing, "SELECT 1")
    with pytest.raises(pyodbc.ProgrammingError, match=r'Cannot open database "sandbox".*login failed. \(4060\)'):
        connect(servers)
    with pytest.raises(pyodbc.ProgrammingError, match=r"'sandbox' cannot be opened because it is offline. \(942\)"):
        in_master.execute("USE sandbox")
    state = in_master.execute("SELECT state_desc FROM sys.databases WHERE name = 'sandbox'").fetchval()
    assert state == "OFFLINE"
    control.bring_online()
    assert client().execute(COUNT).fetchval() == 0
    in_master.execute("USE sandbox")


def test_what_runs_is_ended_when_its_database_goes_offline(client: Connect, control: SqlServerControl) -> None:
    connection = client()
    control.arm(DelayFault(milliseconds=60_000))
    errors: list[pyodbc.Error] = []

    def run() -> None:
        try:
            connection.execute(INSERT)
        except pyodbc.Error as error:
            errors.append(error)

    running = threading.Thread(target=run)
    running.start()
    wait_until(lambda: not control.faults())
    control.take_offline()
    running.join(10)
    assert [error.args[0] for error in errors] == ["08S01"]


# Copies


def test_a_restore_cuts_everybody_and_goes_back(client: Connect, control: SqlServerControl) -> None:
    name = f"copy-{secrets.token_hex(4)}"
    connection = client()
    connection.execute(INSERT)
    control.back_up(name)
    connection.execute("INSERT INTO dbo.numbers (id) VALUES (2)")
    control.restore(name)
    assert is_cut(connection, COUNT)
    assert client().execute(COUNT).fetchval() == 1


def _fails(connection: pyodbc.Connection, statement: str) -> bool:
    try:
        connection.execute(statement).fetchall()
    except pyodbc.Error:
        return True
    return False
