"""The real services in containers (RELAY_TEST_SERVERS=containers). Needs a Docker engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager

import pyodbc
from sandbox.odbc import find_driver
from sandbox.services import MSSQL_DATABASE, MSSQL_USER
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from common.config import load_settings
from examples.pharmacy import schema
from tests.support.wait import wait_until

MSSQL_IMAGE = "mcr.microsoft.com/mssql/server:2022-latest"
MONGO_IMAGE = "mongo:7"
REDIS_IMAGE = "redis:7"
PASSWORD = "Fine-for-tests-1"
START_SECONDS = 120.0


@contextmanager
def running_containers() -> Iterator[Mapping[str, str]]:
    """SQL Server, MongoDB and Redis with the sample's business tables; gives relay's settings for them."""
    with running_sql_server_container() as mssql, ExitStack() as stack:
        mongo = stack.enter_context(_container(MONGO_IMAGE, 27017, ready="Waiting for connections"))
        redis = stack.enter_context(
            _container(REDIS_IMAGE, 6379, ready="Ready to accept connections").with_command(
                "redis-server --maxmemory-policy noeviction"
            )
        )
        settings = {
            **mssql,
            "MONGO_URI": f"mongodb://{address(mongo, 27017, ':')}/",
            "MONGO_DB_NAME": "relay",
            "REDIS_HOST": redis.get_container_host_ip(),
            "REDIS_PORT": str(redis.get_exposed_port(6379)),
        }
        schema.create_tables(settings)
        yield settings


@contextmanager
def running_sql_server_container() -> Iterator[Mapping[str, str]]:
    """SQL Server with an empty database; gives relay's MSSQL settings for it."""
    container = _container(MSSQL_IMAGE, 1433, ready="SQL Server is now ready for client connections")
    environment = {"ACCEPT_EULA": "Y", "MSSQL_SA_PASSWORD": PASSWORD, "MSSQL_PID": "Developer"}
    for name, value in environment.items():
        container.with_env(name, value)
    with container as mssql:
        settings = {
            "MSSQL_DRIVER": find_driver(),
            "MSSQL_SERVER": address(mssql, 1433, ","),
            "MSSQL_DATABASE": MSSQL_DATABASE,
            "MSSQL_USER": MSSQL_USER,
            "MSSQL_PASSWORD": PASSWORD,
            "MSSQL_ENCRYPT": "yes",
            "MSSQL_TRUST_SERVER_CERTIFICATE": "true",
        }
        _create_database(settings)
        yield settings


def address(container: DockerContainer, port: int, separator: str) -> str:
    """Where a container's port can be reached from here."""
    return f"{container.get_container_host_ip()}{separator}{container.get_exposed_port(port)}"


def _container(image: str, port: int, *, ready: str) -> DockerContainer:
    strategy = LogMessageWaitStrategy(ready).with_startup_timeout(int(START_SECONDS))
    return DockerContainer(image).with_exposed_ports(port).waiting_for(strategy)


def _create_database(settings: Mapping[str, str]) -> None:
    in_master = {**settings, "MSSQL_DATABASE": "master", "MONGO_URI": "mongodb://127.0.0.1:1"}
    dsn = load_settings(_env_file=None, **in_master).odbc_connection_string
    problems: list[str] = []

    def created() -> bool:
        try:
            connection = pyodbc.connect(dsn, autocommit=True, timeout=5)
        except pyodbc.Error as error:
            # It says that it is ready a moment before the login of sa is.
            problems.append(str(error))
            return False
        connection.execute(f"CREATE DATABASE {settings['MSSQL_DATABASE']}").close()
        connection.close()
        return True

    wait_until(created, timeout=START_SECONDS, message=f"SQL Server takes no login: {problems[-1:]}")
