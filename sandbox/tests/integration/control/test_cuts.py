"""Connections that are cut: before a statement, after it, and in the midst of a reply."""

from __future__ import annotations

import pyodbc
import pytest

from sandbox.control import SqlServerControl
from sandbox.sqlserver.faults.model import CutFault, Moment
from tests.integration.control.client import Connect
from tests.integration.control.steps import COUNT, INSERT, LONG_ROWS, fill, is_cut, transaction

pytestmark = pytest.mark.usefixtures("numbers")


def test_a_cut_before_the_statement(client: Connect, control: SqlServerControl) -> None:
    connection = client()
    control.arm(CutFault(moment=Moment.BEFORE, text="INSERT"))
    assert is_cut(connection, INSERT)
    assert client().execute(COUNT).fetchval() == 0


def test_a_cut_after_the_statement(client: Connect, control: SqlServerControl) -> None:
    connection = client()
    control.arm(CutFault(text="INSERT"))
    assert is_cut(connection, INSERT)
    assert is_cut(connection, "SELECT 1"), "it stays cut"
    assert client().execute(COUNT).fetchval() == 1


@pytest.mark.parametrize(("moment", "rows"), [(Moment.BEFORE, 0), (Moment.AFTER, 1)])
def test_a_commit_whose_reply_is_lost(client: Connect, control: SqlServerControl, moment: Moment, rows: int) -> None:
    connection = transaction(client)
    connection.execute(INSERT)
    control.arm(CutFault(moment=moment, text="COMMIT"))
    with pytest.raises(pyodbc.Error):
        connection.commit()
    assert client().execute(COUNT).fetchval() == rows


def test_a_transaction_that_was_open_is_rolled_back(client: Connect, control: SqlServerControl) -> None:
    connection = transaction(client)
    connection.execute(INSERT)
    control.arm(CutFault(moment=Moment.AFTER, text=COUNT))
    assert is_cut(connection, COUNT)
    assert client().execute(COUNT).fetchval() == 0


def test_a_reply_that_is_cut_in_its_middle(client: Connect, control: SqlServerControl) -> None:
    connection = client()
    fill(connection)
    control.arm(CutFault(rows=LONG_ROWS // 2, text="words"))
    cursor = connection.execute("SELECT id, words FROM dbo.numbers ORDER BY id")
    found: list[int] = []
    with pytest.raises(pyodbc.OperationalError, match="08S01"):
        found.extend(row.id for row in cursor)
    assert found == list(range(len(found)))
    assert 0 < len(found) <= LONG_ROWS // 2


def test_nothing_runs_behind_a_cut(client: Connect, control: SqlServerControl) -> None:
    connection = client()
    fill(connection)
    control.arm(CutFault(rows=1, text="words"))
    assert is_cut(connection, "SELECT words FROM dbo.numbers; DELETE FROM dbo.numbers")
    assert client().execute(COUNT).fetchval() == LONG_ROWS


def test_a_short_reply_is_cut_at_its_end(client: Connect, control: SqlServerControl) -> None:
    connection = client()
    control.arm(CutFault(rows=10, text=COUNT))
    assert is_cut(connection, COUNT)


def test_an_errors_reply_is_lost_too(client: Connect, control: SqlServerControl) -> None:
    connection = client()
    control.arm(CutFault(text="nothing"))
    assert is_cut(connection, "SELECT * FROM dbo.nothing")
