"""SQL Server, MongoDB and Redis on this machine, from nothing to three services that answer."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sandbox import data_folder, env_file, services
from sandbox.init_scripts import run_scripts
from sandbox.processes import Child, stop_all
from sandbox.services import HOST, MSSQL_DATABASE, Encrypt, Place, Ports
from sandbox.sqlserver.certificate import CERTIFICATE_FILE


@dataclass(frozen=True, kw_only=True, slots=True)
class StackOptions:
    """How the sandbox was asked to be."""

    data: Path | None = None
    """Folder that keeps everything; None: a temporary one."""
    ports: Ports = field(default_factory=Ports)
    encrypt: Encrypt = "no"
    database: str = MSSQL_DATABASE
    """Name of SQL Server's database beside master."""
    init: Sequence[Path] = ()
    """Files of T-SQL that are run in that database once it answers, at every start."""


@dataclass(frozen=True, kw_only=True)
class Stack:
    """The three services while they run, and the settings with which they are reached: those of `env_file.NAMES`."""

    children: Mapping[str, Child]
    settings: Mapping[str, str]

    def check(self) -> None:
        """Raise ChildDiedError when one of the three has ended."""
        for child in self.children.values():
            child.check()


@contextmanager
def running(options: StackOptions) -> Iterator[Stack]:
    """The three services, once all answer and the scripts have run, until the block is left.

    Raises ServiceError when this machine lacks something, a port is taken or a script fails, ChildError when a service
    does not start.
    """
    _check_ports(options.ports)
    with data_folder.given_or_temporary(options.data) as folder, data_folder.locked(folder) as lock:
        place = Place(folder=folder, environment=os.environ, keep_open=(lock,), durable=options.data is not None)
        children: dict[str, Child] = {}
        try:
            settings = _start(place, options, children)
            services.await_answers(children, settings)
            run_scripts(settings, options.init)
            yield Stack(children=children, settings=settings)
        finally:
            stop_all(children.values())


def _start(place: Place, options: StackOptions, children: dict[str, Child]) -> dict[str, str]:
    """Start the three, which are put into `children` one by one; gives the settings with which they are reached."""
    password, encrypt, database = data_folder.kept_password(place.folder), options.encrypt, options.database
    children["sqlserver"] = services.start_sql_server(
        place, port=options.ports.mssql, password=password, encrypt=encrypt, database=database
    )
    children["mongo"] = services.start_mongo(place, port=options.ports.mongo)
    children["redis"], redis_port = services.start_redis(place, port=options.ports.redis)
    mssql_port = services.announced_port(children["sqlserver"])
    return {
        **services.sql_server_settings(port=mssql_port, password=password, encrypt=encrypt, database=database),
        **_certificate(options, place.folder),
        "MONGO_URI": services.mongo_uri(services.announced_port(children["mongo"])),
        "REDIS_HOST": HOST,
        "REDIS_PORT": str(redis_port),
        env_file.CONTROL: services.announced_control(children["sqlserver"]),
    }


def _check_ports(ports: Ports) -> None:
    services.check_port("SQL Server", "--mssql-port", ports.mssql)
    services.check_port("MongoDB", "--mongo-port", ports.mongo)
    services.check_port("Redis", "--redis-port", ports.redis)


def _certificate(options: StackOptions, folder: Path) -> dict[str, str]:
    """Strict encryption accepts no unknown certificate: the driver has to be shown the stand-in's."""
    if options.encrypt != "strict":
        return {}
    return {"MSSQL_SERVER_CERTIFICATE": str(services.sql_server_folder(folder).absolute() / CERTIFICATE_FILE)}
