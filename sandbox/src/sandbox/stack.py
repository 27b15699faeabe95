"""SQL Server, MongoDB and Redis on this machine, from nothing to three services that answer."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from examples.pharmacy import schema
from sandbox import data_folder, env_file, services
from sandbox.odbc import OdbcMissingError, find_driver
from sandbox.processes import Child, stop_all
from sandbox.services import HOST, MSSQL_DATABASE, MSSQL_USER, Encrypt, Place, Ports, ServiceError
from sandbox.sqlserver.certificate import CERTIFICATE_FILE

MONGO_DATABASE = "relay"


@dataclass(frozen=True, kw_only=True, slots=True)
class StackOptions:
    """How the sandbox was asked to be."""

    data: Path | None = None
    """Folder that keeps everything; None: a temporary one."""
    ports: Ports = field(default_factory=Ports)
    encrypt: Encrypt = "no"


@dataclass(frozen=True, kw_only=True)
class Stack:
    """The three services while they run, and the settings with which relay reaches them."""

    children: Mapping[str, Child]
    settings: Mapping[str, str]

    def check(self) -> None:
        """Raise ChildDiedError when one of the three has ended."""
        for child in self.children.values():
            child.check()


@contextmanager
def running(options: StackOptions) -> Iterator[Stack]:
    """The three services, with the sample tables in the database, until the block is left.

    Raises ServiceError when this machine lacks something or a port is taken, ChildError when a service does
    not start.
    """
    driver = _driver()
    _check_ports(options.ports)
    with data_folder.given_or_temporary(options.data) as folder, data_folder.locked(folder) as lock:
        place = Place(folder=folder, environment=os.environ, keep_open=(lock,), durable=options.data is not None)
        password = data_folder.kept_password(folder)
        children: dict[str, Child] = {}
        try:
            children["sqlserver"] = services.start_sql_server(
                place, port=options.ports.mssql, password=password, encrypt=options.encrypt
            )
            children["mongo"] = services.start_mongo(place, port=options.ports.mongo)
            children["redis"], redis_port = services.start_redis(place, port=options.ports.redis)
            settings = {
                **_sql_server_settings(children["sqlserver"], options, driver=driver, password=password),
                **_certificate(options, folder),
                "MONGO_URI": f"mongodb://{HOST}:{services.announced_port(children['mongo'])}/",
                "MONGO_DB_NAME": MONGO_DATABASE,
                "REDIS_HOST": HOST,
                "REDIS_PORT": str(redis_port),
                env_file.CONTROL: services.announced_control(children["sqlserver"]),
            }
            services.await_answers(children, settings)
            schema.create_tables(settings)
            yield Stack(children=children, settings=settings)
        finally:
            stop_all(children.values())


def _driver() -> str:
    try:
        return find_driver()
    except OdbcMissingError as error:
        raise ServiceError(str(error)) from None


def _check_ports(ports: Ports) -> None:
    services.check_port("SQL Server", "--mssql-port", ports.mssql)
    services.check_port("MongoDB", "--mongo-port", ports.mongo)
    services.check_port("Redis", "--redis-port", ports.redis)


def _sql_server_settings(child: Child, options: StackOptions, *, driver: str, password: str) -> dict[str, str]:
    return {
        "MSSQL_DRIVER": driver,
        "MSSQL_SERVER": f"{HOST},{services.announced_port(child)}",
        "MSSQL_DATABASE": MSSQL_DATABASE,
        "MSSQL_USER": MSSQL_USER,
        "MSSQL_PASSWORD": password,
        "MSSQL_ENCRYPT": options.encrypt,
        "MSSQL_TRUST_SERVER_CERTIFICATE": "true" if options.encrypt == "yes" else "false",
    }


def _certificate(options: StackOptions, folder: Path) -> dict[str, str]:
    """Strict encryption accepts no unknown certificate: the driver has to be shown the stand-in's."""
    if options.encrypt != "strict":
        return {}
    return {"MSSQL_SERVER_CERTIFICATE": str(services.sql_server_folder(folder).absolute() / CERTIFICATE_FILE)}
