"""The real services in containers (TEST_SERVERS=containers). Needs a Docker engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager

import pyodbc
from testcontainers.core.container import DockerContainer
from testcontainers.core.wait_strategies import LogMessageWaitStrategy

from sandbox.errors import ServiceError
from sandbox.odbc import connect, packaged_driver
from sandbox.services import MSSQL_DATABASE, MSSQL_USER
from sandbox.waiting import WaitTimeoutError, wait_until

MSSQL_IMAGE = "mcr.microsoft.com/mssql/server:2022-latest"
MONGO_IMAGE = "mongo:7"
REDIS_IMAGE = "redis:7"
PASSWORD = "Fine-for-tests-1"  # noqa: S105 - of a container that lives as long as the tests
START_SECONDS = 120.0


@contextmanager
def running_containers() -> Iterator[Mapping[str, str]]:
    """SQL Server with an empty database, MongoDB and Redis; gives the settings with which they are reached."""
    with running_sql_server_container() as mssql, ExitStack() as stack:
        mongo = stack.enter_context(_container(MONGO_IMAGE, 27017, ready="Waiting for connections"))
        redis = stack.enter_context(
            _container(REDIS_IMAGE, 6379, ready="Ready to accept connections").with_command(
                "redis-server --maxmemory-policy noeviction"
            )
        )
        yield {
            **mssql,
            "MONGO_URI": f"mongodb://{_address(mongo, 27017, ':')}/",
            "REDIS_HOST": redis.get_container_host_ip(),
            "REDIS_PORT": str(redis.get_exposed_port(6379)),
        }


@contextmanager
def running_sql_server_container() -> Iterator[Mapping[str, str]]:
    """SQL Server with an empty database; gives the MSSQL_... settings with which it is reached."""
    container = _container(MSSQL_IMAGE, 1433, ready="SQL Server is now ready for client connections")
    environment = {"ACCEPT_EULA": "Y", "MSSQL_SA_PASSWORD": PASSWORD, "MSSQL_PID": "Developer"}
    for name, value in environment.items():
        container.with_env(name, value)
    with container as mssql:
        settings = {
            "MSSQL_DRIVER": packaged_driver(),
            "MSSQL_SERVER": _address(mssql, 1433, ","),
            "MSSQL_DATABASE": MSSQL_DATABASE,
            "MSSQL_USER": MSSQL_USER,
            "MSSQL_PASSWORD": PASSWORD,
            "MSSQL_ENCRYPT": "yes",
            "MSSQL_TRUST_SERVER_CERTIFICATE": "true",
        }
        _create_database(settings)
        yield settings


def _address(container: DockerContainer, port: int, separator: str) -> str:
    """Where a container's port can be reached from here."""
    return f"{container.get_container_host_ip()}{separator}{container.get_exposed_port(port)}"


def _container(image: str, port: int, *, ready: str) -> DockerContainer:
    strategy = LogMessageWaitStrategy(ready).with_startup_timeout(int(START_SECONDS))
    return DockerContainer(image).with_exposed_ports(port).waiting_for(strategy)


def _create_database(settings: Mapping[str, str]) -> None:
    problems: list[str] = []

    def created() -> bool:
        try:
            connection = connect(settings, database="master")
        except pyodbc.Error as error:
            # It says that it is ready a moment before the login of sa is.
            problems.append(str(error))
            return False
        with closing(connection):
            connection.execute(f"CREATE DATABASE {settings['MSSQL_DATABASE']}").close()
        return True

    try:
        wait_until(created, START_SECONDS)
    except WaitTimeoutError:
        raise ServiceError(f"SQL Server takes no login within {START_SECONDS:.0f} s: {problems[-1]}") from None
