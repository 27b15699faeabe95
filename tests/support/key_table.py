"""dbo.KeyTest: a table with whatever key and status column a test wants, and a source for it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext

import pyodbc
import pytest
from celery import Celery
from sandbox.testing.real_server_decides import STAND_IN

from common.database.mssql_client import MSSQLClient
from examples.pharmacy.connection import connect
from relay.sources.source import Source
from relay.tracking import enabling
from tests.support.queues import redis_of

SOURCE = Source(name="keys", table="KeyTest", args=("name",), task="keys.process_keys", queue="relay_test_keys")


@contextmanager
def key_table(
    environment: Mapping[str, str], mssql: MSSQLClient, columns: str, *, status: str = "varchar(20)"
) -> Iterator[pyodbc.Connection]:
    """dbo.KeyTest with these columns for its key, tracked, and who writes it."""
    connection = connect(environment)
    try:
        connection.execute(
            f"CREATE TABLE dbo.KeyTest ({columns}, name nvarchar(90) NOT NULL, status {status} NOT NULL)"
        )
        enabling.enable(mssql.engine, [SOURCE])
        yield connection
    finally:
        connection.execute("DROP TABLE IF EXISTS dbo.KeyTest")
        connection.execute("DELETE FROM dbo.relay_fence WHERE source IN ('keys', '$table:dbo.KeyTest')")
        connection.close()


def refused_by_the_stand_in(mssql: MSSQLClient) -> AbstractContextManager[object]:
    """The stand-in says that it does not know what the block asks for; a real server does it."""
    with mssql.engine.connect() as connection:
        is_stand_in = STAND_IN in connection.exec_driver_sql("SELECT @@VERSION").scalar_one()
    if is_stand_in:
        return pytest.raises(pyodbc.ProgrammingError, match="sandbox does not support")
    return nullcontext()


def lose_all(app: Celery) -> None:
    """Redis forgets everything."""
    with redis_of(app) as client:
        client.flushall()
