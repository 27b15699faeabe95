"""A small table, and what tests do on it."""

from __future__ import annotations

import pyodbc
import pytest

from tests.integration.control.client import Connect

INSERT = "INSERT INTO dbo.numbers (id) VALUES (1)"
COUNT = "SELECT COUNT(*) FROM dbo.numbers"
LONG_ROWS = 1000
"""So many rows of the table fill many packets."""


def transaction(client: Connect) -> pyodbc.Connection:
    connection = client()
    connection.autocommit = False
    return connection


def is_cut(connection: pyodbc.Connection, statement: str) -> bool:
    """Whether the connection is gone when the statement is over."""
    with pytest.raises(pyodbc.OperationalError) as raised:
        connection.execute(statement).fetchall()
    return bool(raised.value.args[0] == "08S01")


def fill(connection: pyodbc.Connection) -> None:
    cursor = connection.cursor()
    cursor.fast_executemany = True
    rows = [(number, "x" * 200) for number in range(LONG_ROWS)]
    cursor.executemany("INSERT INTO dbo.numbers (id, words) VALUES (?, ?)", rows)
