"""What tests share: three services for a whole run, and a clean place on them for each test.

The services are the sandbox's, real ones in containers (TEST_SERVERS=containers), or those that run already
(TEST_SERVERS=urls). A service that does not come up fails the tests that need it. Only RabbitMQ, which those tests
start that need it, may be missing on a developer's machine: they are skipped there, and fail in CI.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import closing

import pymongo
import pytest
import redis
import sqlalchemy as sa
from celery import Celery
from kombu import pools

from common.config import Settings, get_settings, load_settings
from common.database.mongo_client import MongoStore
from common.database.mssql_client import MSSQLClient
from common.task_log import TaskLog
from relay import wiring
from relay.celery_app import configuration
from relay.sources.registry import all_sources
from relay.wiring import Relay
from tests.support import canaries
from tests.support.alembic_process import upgrade
from tests.support.pharmacy import Desk, desk
from tests.support.queues import Queued, business_ids_in_redis
from tests.support.rabbitmq_process import RabbitMQProcess, running_rabbitmq
from tests.support.servers import running_servers

pytest_plugins = ["sandbox.testing.plugin", "sandbox.testing.real_server_decides", "tests.support.canary_plugin"]

EMPTY_DATABASES = {"admin", "config", "local"}
KEYS_OF_RELAY = ("relay", "sale_queue", "import_queue", "cancellation_queue", "_kombu", "unacked", "celery")
"""How the names of keys begin that relay and Celery may leave in Redis."""


@pytest.fixture(scope="session")
def servers() -> Iterator[Mapping[str, str]]:
    """Relay's settings for three running services with the sample's business tables, change tracking off."""
    with running_servers() as settings:
        canaries.watch(settings["MSSQL_PASSWORD"])
        yield settings


@pytest.fixture(scope="session")
def migrated(servers: Mapping[str, str]) -> None:
    """`alembic upgrade head`, as anybody would type it."""
    upgrade(servers)


@pytest.fixture
def environment(servers: Mapping[str, str]) -> Iterator[dict[str, str]]:
    """Settings for this test alone, as environment variables: a MongoDB database of its own, an empty Redis."""
    values = {**servers, "MONGO_DB_NAME": f"test_{secrets.token_hex(6)}"}
    _empty_redis(values)
    yield values
    _check_redis(values)
    _empty_redis(values)
    _drop_database(values)


@pytest.fixture
def settings(environment: dict[str, str]) -> Settings:
    """The same as Settings."""
    return load_settings(_env_file=None, **environment)


@pytest.fixture
def mssql(settings: Settings, migrated: None) -> Iterator[MSSQLClient]:
    """The database under change tracking: empty business tables, and no fences."""
    client = MSSQLClient(settings)
    with client.engine.begin() as connection:
        for source in all_sources():
            connection.execute(sa.text(f"DELETE FROM {source.full_name}"))
            connection.execute(sa.text("DELETE FROM dbo.relay_fence WHERE source = :name"), {"name": source.name})
    yield client
    client.close()


@pytest.fixture
def mongo_store(settings: Settings) -> Iterator[MongoStore]:
    """An empty MongoDB database."""
    store = MongoStore(settings)
    yield store
    store.close()


@pytest.fixture
def task_log(settings: Settings, mongo_store: MongoStore) -> Iterator[TaskLog]:
    """The task log as a worker service has it."""
    with closing(TaskLog(settings.MONGO_URI.get_secret_value(), settings.MONGO_DB_NAME)) as log:
        yield log


@pytest.fixture
def celery_app(settings: Settings) -> Iterator[Celery]:
    """A Celery app as relay configures it."""
    app = Celery("test", set_as_current=False)
    app.conf.update(configuration(settings))
    yield app
    _close(app)


@pytest.fixture(scope="session")
def rabbitmq(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RabbitMQProcess]:
    """A RabbitMQ for a whole run."""
    with running_rabbitmq(tmp_path_factory.mktemp("rabbitmq")) as server:
        yield server


@pytest.fixture
def rabbitmq_app(rabbitmq: RabbitMQProcess, environment: dict[str, str]) -> Iterator[Celery]:
    """A Celery app as relay configures it for RabbitMQ. Its queues are those of every other test: see `declare`."""
    app = Celery("rabbitmq", set_as_current=False)
    app.conf.update(configuration(load_settings(_env_file=None, **{**environment, "BROKER_URL": rabbitmq.url})))
    yield app
    _close(app)


@pytest.fixture
def relay(settings: Settings, mssql: MSSQLClient, celery_app: Celery) -> Iterator[Relay]:
    """A relay in this process, on the real drivers, wired as its workers wire it."""
    relay = wiring.build(settings, celery_app)
    yield relay
    relay.close()


@pytest.fixture
def pharmacy(mssql: MSSQLClient, environment: dict[str, str]) -> Iterator[Desk]:
    """Writes sales invoices, as a program that knows nothing of relay."""
    with desk(environment) as pharmacy:
        yield pharmacy


@pytest.fixture
def sale_queue(celery_app: Celery) -> Queued:
    """Gives the invoices whose messages wait in `sale_queue`, the oldest first."""
    return lambda: business_ids_in_redis(celery_app, "sale_queue")


@pytest.fixture(autouse=True)
def no_settings_of_the_developer(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The built-in sources. Settings are read once a process: what one test has read is nothing to the next."""
    monkeypatch.setenv("RELAY_SOURCES", "")
    get_settings.cache_clear()
    all_sources.cache_clear()
    yield
    get_settings.cache_clear()
    all_sources.cache_clear()


def _close(app: Celery) -> None:
    """Close every connection of the app; its own close() leaves some to the end of the process."""
    pools.reset()
    app.close()


def _redis(values: Mapping[str, str]) -> redis.Redis:
    return redis.Redis(values["REDIS_HOST"], int(values["REDIS_PORT"]), decode_responses=True)


def _empty_redis(values: Mapping[str, str]) -> None:
    with _redis(values) as client:
        client.flushdb()


def _check_redis(values: Mapping[str, str]) -> None:
    with _redis(values) as client:
        foreign = [key for key in client.scan_iter() if not key.startswith(KEYS_OF_RELAY)]
    assert not foreign, f"keys left in Redis: {foreign}"


def _drop_database(values: Mapping[str, str]) -> None:
    with pymongo.MongoClient[dict[str, object]](values["MONGO_URI"]) as client:
        client.drop_database(values["MONGO_DB_NAME"])
        left = set(client.list_database_names()) - EMPTY_DATABASES
    assert not left, f"documents left in MongoDB, in {sorted(left)}"
