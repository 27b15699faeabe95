"""A server with a fake engine, in the test's own process."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyodbc
import pytest

from sandbox.sqlserver.certificate import Certificate, ensure_certificate
from sandbox.sqlserver.connections.tds_server import TdsServer
from tests.integration.tds.client import connect
from tests.integration.tds.fake_engine import FakeEngine

# The driver manager would keep closed connections open.
pyodbc.pooling = False


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    folder: Path = tmp_path_factory.mktemp("certificate")
    return ensure_certificate(folder)


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def server(engine: FakeEngine, certificate: Certificate) -> Iterator[TdsServer]:
    server = TdsServer(engine, certificate=certificate)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def client(server: TdsServer) -> Iterator[pyodbc.Connection]:
    """A connection in autocommit mode."""
    connection = connect(server.port, autocommit=True)
    yield connection
    connection.close()
