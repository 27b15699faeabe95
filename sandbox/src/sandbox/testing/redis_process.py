"""A redis-server of a test's own, on data that survives it: killed, cut short, started again."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import redis

from sandbox import services
from sandbox.processes import Child, stop_all
from sandbox.services import HOST, Place


class RedisProcess:
    """One server, with an append-only file."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        self._place = Place(folder=folder, environment=dict(os.environ), durable=True)
        self.port = services.free_port()
        self._child = self._start()

    @property
    def address(self) -> tuple[str, int]:
        """Where it listens."""
        return HOST, self.port

    def client(self) -> redis.Redis:
        """A plain client, to be closed by the caller."""
        return redis.Redis(*self.address, decode_responses=True)

    def kill(self) -> None:
        """kill -9."""
        self._child.kill_group()

    def start(self) -> None:
        """Start it again on its data."""
        self._child = self._start()

    def cut_end(self, count: int) -> None:
        """Cut so many bytes off its file. It must be dead."""
        cut_append_only_file(self._place.folder, count)

    def stop(self) -> None:
        """Stop it, if it runs."""
        stop_all([self._child])

    def _start(self) -> Child:
        return services.start_redis(self._place, port=self.port)[0]


def cut_append_only_file(folder: Path, count: int) -> None:
    """Cut so many bytes off the end of a Redis's file, as a machine that lost its power does."""
    newest = max((folder / "redis" / "appendonlydir").glob("*.incr.aof"), key=lambda file: int(file.name.split(".")[2]))
    os.truncate(newest, max(0, newest.stat().st_size - count))


@contextmanager
def running_redis(folder: Path) -> Iterator[RedisProcess]:
    """A Redis, until the block is left."""
    server = RedisProcess(folder)
    try:
        yield server
    finally:
        server.stop()
