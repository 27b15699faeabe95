"""A client of the SQL Server stand-in's control call: faults, the clock, cleanup, offline, backup and restore."""

from __future__ import annotations

import datetime as dt
import json
import socket
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from sandbox import env_file
from sandbox.services import MSSQL_DATABASE
from sandbox.sqlserver.faults.model import Fault

TIMEOUT_SECONDS = 30.0


class ControlError(Exception):
    """The stand-in refused, or is not there. The message is one line that says why."""


class SqlServerControl:
    """Talks to the stand-in at this address; every call opens a connection. Each raises ControlError."""

    def __init__(self, host: str, port: int, *, database: str = MSSQL_DATABASE) -> None:
        """`database`: the one that is meant where none is named."""
        self._address = (host, port)
        self._database = database

    @classmethod
    def at(cls, address: str, *, database: str = MSSQL_DATABASE) -> SqlServerControl:
        """The one at HOST:PORT. Raises ControlError for any other text."""
        host, _, port = address.rpartition(":")
        if not host or not port.isdecimal():
            raise ControlError(f"{address!r} is no HOST:PORT")
        return cls(host, int(port), database=database)

    @classmethod
    def of(cls, path: Path) -> SqlServerControl:
        """The one of the sandbox that wrote this env file. Raises ControlError when there is none."""
        values = env_file.read(path) if path.is_file() else {}
        if env_file.CONTROL not in values:
            raise ControlError(f"{path} names no {env_file.CONTROL}: is a sandbox up, with this --env-file?")
        return cls.at(values[env_file.CONTROL], database=values.get("MSSQL_DATABASE", MSSQL_DATABASE))

    def arm(self, fault: Fault) -> int:
        """Arm a fault; gives its number."""
        return int(self._call("arm", fault=asdict(fault)))

    def faults(self) -> Mapping[int, Mapping[str, object]]:
        """The faults that are still to come, by number."""
        return {int(number): fault for number, fault in self._call("faults").items()}

    def clear(self, number: int | None = None) -> int:
        """Disarm one fault or all; gives how many that were."""
        return int(self._call("clear", number=number))

    def take_offline(self, database: str | None = None) -> None:
        """Hang up on everybody in the database, and let nobody in."""
        self._call("offline", database=database or self._database)

    def bring_online(self, database: str | None = None) -> None:
        """Let sessions into the database again."""
        self._call("online", database=database or self._database)

    def back_up(self, name: str, database: str | None = None) -> None:
        """Copy the database as it is now, under this name."""
        self._call("backup", database=database or self._database, name=name)

    def restore(self, name: str, database: str | None = None) -> None:
        """Put that copy in the database's place: everybody in it is hung up on, and everything goes back."""
        self._call("restore", database=database or self._database, name=name)

    def count_databases_by_server(self, *views: str) -> None:
        """From now on these of the views `databases` and `change_tracking_databases` give other ids than DB_ID(), as in
        Azure SQL Database; none: no view does."""
        self._call("database_ids", views=views)

    def now(self) -> dt.datetime:
        """The moment on the server's clock: UTC, naive."""
        return dt.datetime.fromisoformat(self._call("clock")["now"])

    def ahead(self) -> dt.timedelta:
        """How far its clock is before the real time."""
        return dt.timedelta(seconds=self._call("clock")["ahead"])

    def put_clock_forward(self, by: dt.timedelta) -> None:
        """Move its clock on. What change tracking has kept long enough by it is forgotten at once, unless somebody
        reads a snapshot."""
        self._call("forward", seconds=by.total_seconds())

    def set_real_time(self) -> None:
        """Set its clock back to the real time."""
        self._call("real")

    def clean_up(self) -> Mapping[str, int]:
        """Have it forget what is older than its retention, even under a reader. Returns the versions by database."""
        found: dict[str, int] = self._call("cleanup")
        return found

    def _call(self, command: str, **arguments: object) -> Any:
        request = json.dumps({"command": command, **arguments}).encode() + b"\n"
        try:
            with socket.create_connection(self._address, timeout=TIMEOUT_SECONDS) as connection:
                connection.sendall(request)
                with connection.makefile("rb") as replies:
                    reply = replies.readline()
        except OSError as error:
            host, port = self._address
            raise ControlError(f"nobody takes commands at {host}:{port} ({error}): is the sandbox up?") from None
        return _result(reply)


def _result(reply: bytes) -> Any:
    if not reply:
        raise ControlError("the stand-in ended before it answered")
    answer = json.loads(reply)
    if "error" in answer:
        raise ControlError(answer["error"])
    return answer["result"]
