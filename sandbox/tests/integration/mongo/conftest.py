from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.mongo.mongo_server import MongoServer
from tests.integration.mongo_fixtures import Client, connected


@pytest.fixture(scope="module")
def server() -> Iterator[MongoServer]:
    server = MongoServer(data=None)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def client(server: MongoServer) -> Iterator[Client]:
    with connected(server.port) as client:
        yield client


@pytest.fixture
def collection(client: Client) -> Iterator[Any]:
    yield client.test.things
    client.drop_database("test")
