"""Services of these tests' own: what is done to them here is not for others."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pyodbc
import pytest

from sandbox import env_file, stack
from sandbox.control import SqlServerControl
from sandbox.odbc import connect
from sandbox.stack import StackOptions
from tests.integration.control.client import Connect


@pytest.fixture(scope="package")
def servers() -> Iterator[Mapping[str, str]]:
    """The stand-ins, whatever TEST_SERVERS says: no other server does what these tests ask for."""
    with stack.running(StackOptions()) as services:
        yield services.settings


@pytest.fixture
def control(servers: Mapping[str, str]) -> Iterator[SqlServerControl]:
    """The stand-in's control call; at the end everything is as it was, but for the data."""
    control = SqlServerControl.at(servers[env_file.CONTROL])
    yield control
    control.clear()
    control.bring_online()
    control.set_real_time()


@pytest.fixture
def client(servers: Mapping[str, str], control: SqlServerControl) -> Iterator[Connect]:
    """Makes connections, and closes them before the server is put in order."""
    made: list[pyodbc.Connection] = []

    def make() -> pyodbc.Connection:
        made.append(connect(servers))
        return made[-1]

    yield make
    for connection in made:
        connection.close()


@pytest.fixture
def numbers(client: Connect, control: SqlServerControl) -> None:
    """The empty table `numbers`."""
    connection = client()
    connection.execute("DROP TABLE IF EXISTS dbo.numbers")
    connection.execute("CREATE TABLE dbo.numbers (id int NOT NULL PRIMARY KEY, words nvarchar(200) NULL)")
