"""Running services for the contract tests: those of the sandbox, one of each a test process."""

from __future__ import annotations

import importlib.util
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from celery import Celery

from common.config import Settings, load_settings
from common.database.mongo_client import MongoStore
from common.database.mssql_client import MSSQLClient
from relay.celery_app import configuration
from relay.sources import all_sources
from sandbox import services
from sandbox.odbc import find_driver
from sandbox.processes import Child, stop_all
from sandbox.sample import schema
from sandbox.services import HOST, Place

HAS_SQL_SERVER = importlib.util.find_spec("sandbox.sqlserver.__main__") is not None


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    place = Place(folder=tmp_path_factory.mktemp("services"), environment=os.environ, durable=False)
    password = secrets.token_hex(12)
    children: list[Child] = []
    try:
        mongo = services.start_mongo(place, port=None)
        children.append(mongo)
        redis, redis_port = services.start_redis(place, port=None)
        children.append(redis)
        server = "nowhere"
        if HAS_SQL_SERVER:
            mssql = services.start_sql_server(place, port=None, password=password, encrypt="no")
            children.append(mssql)
            server = f"{HOST},{services.announced_port(mssql)}"
        yield load_settings(
            _env_file=None,
            MSSQL_DRIVER=find_driver(),
            MSSQL_SERVER=server,
            MSSQL_DATABASE=services.MSSQL_DATABASE,
            MSSQL_USER=services.MSSQL_USER,
            MSSQL_PASSWORD=password,
            MSSQL_ENCRYPT="no",
            MONGO_URI=f"mongodb://{HOST}:{services.announced_port(mongo)}/",
            REDIS_HOST=HOST,
            REDIS_PORT=redis_port,
        )
    finally:
        stop_all(children)


@pytest.fixture(scope="session")
def migrated(settings: Settings) -> None:
    """The sample's business tables, under change tracking."""
    if not HAS_SQL_SERVER:
        pytest.skip("the SQL Server stand-in cannot be started yet")
    plain = settings.model_dump(mode="json", exclude_none=True)
    environment = {name: str(value) for name, value in plain.items()}
    environment["MSSQL_PASSWORD"] = settings.MSSQL_PASSWORD.get_secret_value()
    environment["MONGO_URI"] = settings.MONGO_URI.get_secret_value()
    schema.create_tables(environment)
    command = [sys.executable, "-m", "alembic", "upgrade", "head"]
    subprocess.run(command, env={**os.environ, **environment}, check=True)


@pytest.fixture
def mssql(settings: Settings, migrated: None) -> Iterator[MSSQLClient]:
    client = MSSQLClient(settings)
    with client.engine.begin() as connection:
        for source in all_sources():
            connection.execute(sa.text(f"DELETE FROM {source.full_name}"))
            connection.execute(sa.text("DELETE FROM dbo.relay_checkpoint WHERE source = :name"), {"name": source.name})
    yield client
    client.close()


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
