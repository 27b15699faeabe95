"""One SQL Server for the tests that want databases of their own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from sandbox.testing.sqlserver_process import SqlServer, running_sql_server


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SqlServer]:
    with running_sql_server(tmp_path_factory.mktemp("sqlserver")) as server:
        yield server
