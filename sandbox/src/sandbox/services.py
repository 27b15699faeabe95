"""How each of the three services is started, and how to tell that it answers."""

from __future__ import annotations

import re
import shutil
import socket
import sys
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

import pymongo
import pyodbc
import redis
from pymongo.errors import PyMongoError

from sandbox.errors import ServiceError
from sandbox.odbc import connect, packaged_driver
from sandbox.processes import Child, NotReadyError
from sandbox.waiting import WaitTimeoutError, wait_until

HOST = "127.0.0.1"
MSSQL_USER = "sa"
MONGO_REPLICA_SET = "sandbox"
MSSQL_DATABASE = "sandbox"
PASSWORD_VARIABLE = "MSSQL_SA_PASSWORD"  # noqa: S105 - the name of a variable
READY_SECONDS = 30.0
PROBE_SECONDS = 5
REDIS_TRIES = 3
"""Between the choice of a free port and the start somebody else may take it."""

Encrypt = Literal["no", "yes", "strict"]
"""What MSSQL_ENCRYPT may be, and so what the stand-in demands."""

_READY = re.compile(r"^ready (\S+) (\d+)(?: control (\d+))?\s*$", re.MULTILINE)


@dataclass(frozen=True, kw_only=True, slots=True)
class Ports:
    """The ports that were asked for; None: any free one."""

    mssql: int | None = None
    mongo: int | None = None
    redis: int | None = None


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a service keeps its files, and what else its process is given."""

    folder: Path
    environment: Mapping[str, str]
    keep_open: Collection[int] = ()
    durable: bool
    """Whether its data has to survive the process."""

    def start(self, name: str, command: list[str], **environment: str) -> Child:
        """Start a service whose log is in the folder."""
        return Child.start(
            name,
            command,
            log=self.folder / f"{name}.log",
            env={**self.environment, **environment},
            keep_open=self.keep_open,
        )


def check_port(service: str, option: str, port: int | None) -> None:
    """Raise ServiceError when somebody else listens on the port that was asked for."""
    if port is None:
        return
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError as error:
            raise ServiceError(
                f"port {port} for {service} cannot be used ({error.strerror}): stop what uses it, "
                f"or choose another with {option}"
            ) from None


def sql_server_folder(folder: Path) -> Path:
    """Where the SQL Server stand-in keeps its files, within the sandbox's folder."""
    return folder / "sqlserver"


def start_sql_server(
    place: Place,
    *,
    port: int | None,
    password: str,
    encrypt: Encrypt | Literal["optional"] = "no",
    database: str = MSSQL_DATABASE,
) -> Child:
    """Start the SQL Server stand-in; see `python -m sandbox.sqlserver --help`."""
    command = [sys.executable, "-m", "sandbox.sqlserver", "--data", str(sql_server_folder(place.folder))]
    command += ["--port", str(port or 0), "--user", MSSQL_USER, "--password-env", PASSWORD_VARIABLE]
    command += ["--database", database, "--encrypt", encrypt, "--control-port", "0"]
    return place.start("sqlserver", command, **{PASSWORD_VARIABLE: password})


def sql_server_settings(
    *, port: int, password: str, encrypt: Encrypt = "no", database: str = MSSQL_DATABASE
) -> dict[str, str]:
    """The MSSQL_... settings with which a stand-in on this machine is reached. Raises ServiceError without a driver."""
    return {
        "MSSQL_DRIVER": packaged_driver(),
        "MSSQL_SERVER": f"{HOST},{port}",
        "MSSQL_DATABASE": database,
        "MSSQL_USER": MSSQL_USER,
        "MSSQL_PASSWORD": password,
        "MSSQL_ENCRYPT": encrypt,
        "MSSQL_TRUST_SERVER_CERTIFICATE": "true" if encrypt == "yes" else "false",
    }


def mongo_uri(port: int) -> str:
    """MONGO_URI of a stand-in on this machine."""
    return f"mongodb://{HOST}:{port}/"


def start_mongo(place: Place, *, port: int | None) -> Child:
    """Start the MongoDB stand-in; see `python -m sandbox.mongo --help`."""
    command = [sys.executable, "-m", "sandbox.mongo", "--data", str(place.folder / "mongo")]
    return place.start("mongo", [*command, "--port", str(port or 0), "--replica-set", MONGO_REPLICA_SET])


def start_redis(place: Place, *, port: int | None) -> tuple[Child, int]:
    """Start the real redis-server; gives its process and its port.

    It does not evict. When its data has to survive, every write is on disk before it is answered.

    Raises ServiceError when it is not installed, ChildDiedError when it ends at once.
    """
    program = shutil.which("redis-server")
    if program is None:
        raise ServiceError("redis-server is not installed: sudo apt-get install redis-server")
    folder = place.folder / "redis"
    folder.mkdir(exist_ok=True)
    command = [program, "--bind", HOST, "--dir", str(folder), "--save", "", "--maxmemory-policy", "noeviction"]
    command += ["--appendfsync", "always", "--appendonly", "yes" if place.durable else "no"]
    for _ in range(REDIS_TRIES):
        chosen = port or free_port()
        child = place.start("redis", [*command, "--port", str(chosen)])
        with suppress(WaitTimeoutError):
            wait_until(partial(_redis_has_settled, child), READY_SECONDS)
        if child.exit_code is None or port is not None:
            break
    child.check()
    return child, chosen


def _redis_has_settled(child: Child) -> bool:
    return child.exit_code is not None or "Ready to accept connections" in child.log.read_text(errors="replace")


def free_port() -> int:
    """A port on which nobody listens at the moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


def announced_port(child: Child) -> int:
    """Wait until one of the stand-ins says on which port it listens. Raises ChildDiedError and NotReadyError."""
    return int(_announcement(child)[2])


def announced_control(child: Child) -> str:
    """Wait until the SQL Server stand-in says where it takes commands: HOST:PORT. Raises as `announced_port`."""
    return f"{HOST}:{_announcement(child)[3]}"


def _announcement(child: Child) -> re.Match[str]:
    """The line `ready HOST PORT`, at the SQL Server stand-in followed by `control PORT`.

    Raises ChildDiedError when it ends before, NotReadyError when it says nothing within READY_SECONDS.
    """

    def announced() -> re.Match[str] | None:
        child.check()
        return _READY.search(child.log.read_text(encoding="utf-8", errors="replace")[-4096:])

    try:
        return wait_until(announced, READY_SECONDS)
    except WaitTimeoutError:
        raise NotReadyError(child, READY_SECONDS) from None


def await_answers(children: Mapping[str, Child], settings: Mapping[str, str]) -> None:
    """Ask each of the three until it answers: SELECT 1, ping and PING.

    Raises ChildDiedError when one ends meanwhile, NotReadyError when one does not answer within READY_SECONDS.
    """
    probes = {"sqlserver": _ask_sql_server, "mongo": _ask_mongo, "redis": _ask_redis}
    for name, child in children.items():
        problems: list[Exception] = []

        def answers(name: str = name, child: Child = child, problems: list[Exception] = problems) -> bool:
            child.check()
            try:
                probes[name](settings, child)
            except (pyodbc.Error, PyMongoError, redis.RedisError) as error:
                problems.append(error)
                return False
            return True

        try:
            wait_until(answers, READY_SECONDS)
        except WaitTimeoutError:
            raise NotReadyError(child, READY_SECONDS, f"does not answer ({problems[-1]})") from None


def _ask_sql_server(settings: Mapping[str, str], _child: Child) -> None:
    connection = connect(settings, seconds=PROBE_SECONDS)
    try:
        connection.execute("SELECT 1").fetchone()
    finally:
        connection.close()


def _ask_mongo(settings: Mapping[str, str], _child: Child) -> None:
    with pymongo.MongoClient[dict[str, object]](
        settings["MONGO_URI"], serverSelectionTimeoutMS=PROBE_SECONDS * 1000
    ) as client:
        client.admin.command("ping")


def _ask_redis(settings: Mapping[str, str], child: Child) -> None:
    port = int(settings["REDIS_PORT"])
    with redis.Redis(HOST, port, socket_timeout=PROBE_SECONDS) as client:
        client.ping()
        # Another Redis may have taken the port between our look at it and our server's start.
        if client.info("server")["process_id"] != child.pid:
            raise redis.RedisError(f"port {port} belongs to another Redis")
