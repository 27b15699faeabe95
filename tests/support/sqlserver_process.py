"""A SQL Server for a test module: the stand-in in a process of its own, or a container with the real one."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyodbc
from sandbox.odbc import find_driver
from sandbox.processes import stop_all
from sandbox.services import HOST, MSSQL_DATABASE, MSSQL_USER, Place, announced_port, start_sql_server

from common.config import load_settings
from tests.support.servers import server_kind

PASSWORD = "Fine-for-tests-1"


@dataclass(frozen=True, kw_only=True)
class SqlServer:
    """A running server."""

    access: Mapping[str, str]
    """Relay's MSSQL settings for it."""

    def settings(self, database: str = MSSQL_DATABASE) -> dict[str, str]:
        """Relay's settings for a database of this server, as environment variables. There is no MongoDB behind them."""
        return {**self.access, "MSSQL_DATABASE": database, "MONGO_URI": f"mongodb://{HOST}:1"}

    def connect(self, database: str = MSSQL_DATABASE) -> pyodbc.Connection:
        """A connection of one's own, in autocommit; close it."""
        settings = load_settings(_env_file=None, **self.settings(database))
        return pyodbc.connect(settings.odbc_connection_string, autocommit=True, timeout=10)

    def new_database(self) -> str:
        """Make an empty database and give its name."""
        name = f"relay_test_{secrets.token_hex(4)}"
        connection = self.connect("master")
        try:
            connection.execute(f"CREATE DATABASE {name}")
        finally:
            connection.close()
        return name


@contextmanager
def running_sql_server(folder: Path) -> Iterator[SqlServer]:
    """Start a server, a stand-in with its files in `folder`, and stop it at the end.

    Raises ChildDiedError or NotReadyError, with the end of its log, when it does not come up.
    """
    if server_kind() == "urls":
        from tests.support.urls import sql_server_from_url

        yield SqlServer(access=sql_server_from_url())
        return
    if server_kind() == "containers":
        from tests.support.containers import running_sql_server_container

        with running_sql_server_container() as access:
            yield SqlServer(access=access)
        return
    place = Place(folder=folder, environment=os.environ, durable=False)
    child = start_sql_server(place, port=None, password=PASSWORD, encrypt="no")
    try:
        access = {
            "MSSQL_DRIVER": find_driver(),
            "MSSQL_SERVER": f"{HOST},{announced_port(child)}",
            "MSSQL_USER": MSSQL_USER,
            "MSSQL_PASSWORD": PASSWORD,
            "MSSQL_ENCRYPT": "no",
        }
        yield SqlServer(access=access)
    finally:
        stop_all([child])
