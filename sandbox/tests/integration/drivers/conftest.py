"""A stand-in for SQL Server in a process of its own, which leaves encryption to its clients."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from sandbox.processes import stop_all
from sandbox.services import Place, announced_port, sql_server_folder, start_sql_server
from sandbox.sqlserver.certificate import ensure_certificate
from tests.integration.drivers.server import PASSWORD, Server


@pytest.fixture(scope="package")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    place = Place(folder=tmp_path_factory.mktemp("drivers"), environment=os.environ, durable=False)
    child = start_sql_server(place, port=None, password=PASSWORD, encrypt="optional")
    try:
        port = announced_port(child)
        yield Server(port=port, certificate=ensure_certificate(sql_server_folder(place.folder)).certificate)
    finally:
        stop_all([child])
