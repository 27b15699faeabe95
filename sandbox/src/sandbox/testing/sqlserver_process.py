"""A SQL Server for a test module: the stand-in in a process of its own, or a container with the real one."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pyodbc

from sandbox.odbc import connect
from sandbox.processes import stop_all
from sandbox.services import Place, announced_port, sql_server_settings, start_sql_server
from sandbox.testing.servers import server_kind

PASSWORD = "Fine-for-tests-1"  # noqa: S105 - of a server that lives as long as the tests


@dataclass(frozen=True, kw_only=True)
class SqlServer:
    """A running server."""

    access: Mapping[str, str]
    """The MSSQL_... settings with which it is reached, in a database that is there from the start."""

    def settings(self, database: str | None = None) -> dict[str, str]:
        """The same, for this database of the server."""
        return {**self.access} if database is None else {**self.access, "MSSQL_DATABASE": database}

    def connect(self, database: str | None = None) -> pyodbc.Connection:
        """A connection of one's own, in autocommit; close it."""
        return connect(self.access, database=database)

    def new_database(self) -> str:
        """Make an empty database and give its name."""
        name = f"sandbox_test_{secrets.token_hex(4)}"
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
        from sandbox.testing.urls import sql_server_from_url

        yield SqlServer(access=sql_server_from_url())
        return
    if server_kind() == "containers":
        from sandbox.testing.containers import running_sql_server_container

        with running_sql_server_container() as access:
            yield SqlServer(access=access)
        return
    place = Place(folder=folder, environment=os.environ, durable=False)
    child = start_sql_server(place, port=None, password=PASSWORD)
    try:
        yield SqlServer(access=sql_server_settings(port=announced_port(child), password=PASSWORD))
    finally:
        stop_all([child])
