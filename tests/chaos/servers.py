"""The three services on data that survives them: each can be killed, and started again where it was."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from sandbox import data_folder, env_file, services
from sandbox.processes import Child, stop_all
from sandbox.services import HOST, Place
from sandbox.testing.redis_process import cut_append_only_file

from common.config import Settings
from examples.pharmacy import schema


class Servers:
    """SQL Server and MongoDB (stand-ins), and Redis."""

    def __init__(self, folder: Path) -> None:
        self._place = Place(folder=folder, environment=_environment(), durable=True)
        self._password = data_folder.kept_password(folder)
        self._children: dict[str, Child] = {}
        self._ports = {name: services.free_port() for name in ("mssql", "mongo", "redis")}
        self._start: dict[str, Callable[[], Child]] = {
            "mssql": self._start_sql_server,
            "mongo": self._start_mongo,
            "redis": self._start_redis,
        }

    def start_all(self) -> None:
        """Start them, and make the sample's tables."""
        for name in self._start:
            self.start(name)
        schema.create_tables(self.settings)

    @property
    def settings(self) -> dict[str, str]:
        """Relay's settings for a direct way to them."""
        return {
            **services.sql_server_settings(port=self._ports["mssql"], password=self._password),
            "MONGO_URI": services.mongo_uri(self._ports["mongo"]),
            "MONGO_DB_NAME": "chaos",
            "REDIS_HOST": HOST,
            "REDIS_PORT": str(self._ports["redis"]),
            env_file.CONTROL: services.announced_control(self._children["mssql"]),
        }

    def address(self, name: str) -> tuple[str, int]:
        """Where it listens: mssql, mongo or redis."""
        return HOST, self._ports[name]

    def start(self, name: str) -> None:
        """Start it, on its data and its port, and wait until it listens."""
        self._children[name] = self._start[name]()

    def kill(self, name: str) -> None:
        """kill -9."""
        self._children[name].kill_group()

    def cut_append_only_file(self, count: int) -> None:
        """Cut so many bytes off the end of Redis's file, as a machine that lost its power does."""
        cut_append_only_file(self._place.folder, count)

    def stop(self) -> None:
        """Stop what runs."""
        stop_all(self._children.values())

    def _start_sql_server(self) -> Child:
        child = services.start_sql_server(self._place, port=self._ports["mssql"], password=self._password)
        services.announced_port(child)
        return child

    def _start_mongo(self) -> Child:
        child = services.start_mongo(self._place, port=self._ports["mongo"])
        services.announced_port(child)
        return child

    def _start_redis(self) -> Child:
        return services.start_redis(self._place, port=self._ports["redis"])[0]


def _environment() -> dict[str, str]:
    """This process's, without any setting of relay's."""
    return {name: value for name, value in os.environ.items() if name not in Settings.model_fields}
