"""Running services for the contract tests: MongoDB and Redis of the sandbox, one of each a test process."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery

from common.config import Settings, load_settings
from common.database.mongo_client import MongoStore
from relay.celery_app import configuration
from sandbox import services
from sandbox.processes import stop_all
from sandbox.services import HOST, Place


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    folder: Path = tmp_path_factory.mktemp("services")
    place = Place(folder=folder, environment=os.environ, durable=False)
    mongo = services.start_mongo(place, port=None)
    redis, redis_port = services.start_redis(place, port=None)
    try:
        yield load_settings(
            _env_file=None,
            MSSQL_SERVER="nowhere",
            MSSQL_DATABASE="none",
            MSSQL_USER="nobody",
            MSSQL_PASSWORD="none",
            MONGO_URI=f"mongodb://{HOST}:{services.announced_port(mongo)}/",
            REDIS_HOST=HOST,
            REDIS_PORT=redis_port,
        )
    finally:
        stop_all([mongo, redis])


@pytest.fixture
def mongo_store(settings: Settings) -> Iterator[MongoStore]:
    name = f"test_{secrets.token_hex(6)}"
    store = MongoStore(settings.model_copy(update={"MONGO_DB_NAME": name}))
    yield store
    store.client.drop_database(name)
    store.close()


@pytest.fixture
def celery_app(settings: Settings) -> Iterator[Celery]:
    app = Celery("test", set_as_current=False)
    app.conf.update(configuration(settings))
    with app.connection_for_write() as connection:
        connection.default_channel.client.flushdb()
    yield app
    app.close()
