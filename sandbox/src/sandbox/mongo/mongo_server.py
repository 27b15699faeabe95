"""The server: connections on an asyncio loop in a thread of its own."""

from __future__ import annotations

import asyncio
import itertools
import logging
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

from sandbox.mongo.catalogue import Catalogue, DataDirectory
from sandbox.mongo.executor import Executor
from sandbox.mongo.log import NoLog
from sandbox.mongo.replica_set import ReplicaSet
from sandbox.mongo.scram import Scram
from sandbox.mongo.state import Connection, State
from sandbox.mongo.ttl import INTERVAL_SECONDS
from sandbox.mongo.wire import FrameReader, ProtocolError

_log = logging.getLogger(__name__)
_BACKLOG = 256


class MongoServer:
    """A MongoDB stand-in on a TCP port.

    `data` is the directory that keeps everything acknowledged (None: in memory only). Port 0 takes a free one. With
    `user` and `password`, clients must log in by SCRAM-SHA-256. With the name of a `replica_set` it is the primary of
    one, and else a standalone.
    """

    def __init__(
        self,
        *,
        data: Path | None,
        host: str = "127.0.0.1",
        port: int = 0,
        user: str | None = None,
        password: str | None = None,
        replica_set: str | None = None,
    ) -> None:
        if (user is None) != (password is None):
            raise ValueError("user and password belong together: give both or neither")
        self.host = host
        self.port = port
        self._data = data
        self._scram = None if user is None or password is None else Scram(user, password)
        self._replica_set = replica_set
        self._loop: asyncio.AbstractEventLoop
        self._stop = asyncio.Event()
        self._listening = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._run, name="mongo-server", daemon=True)

    def start(self) -> None:
        """Read the data and listen; returns when connections are accepted.

        Raises OSError if the port is taken, DirectoryInUseError or LogDamagedError for the data. Starts once.
        """
        self._loop = asyncio.new_event_loop()
        self._thread.start()
        self._listening.wait()
        if self._failure is not None:
            self._thread.join()
            raise self._failure

    def stop(self) -> None:
        """Finish what is under way, close all connections and the log. Does nothing the second time."""
        if self._thread.is_alive():
            with suppress(RuntimeError):  # the loop ended in this moment
                self._loop.call_soon_threadsafe(self._stop.set)
            self._thread.join()

    def _run(self) -> None:
        try:
            with self._catalogue() as catalogue:
                self._loop.run_until_complete(self._serve(catalogue))
        except BaseException as error:  # handed to the thread that waits in start()
            self._failure = error
        finally:
            self._loop.close()
            self._listening.set()

    @contextmanager
    def _catalogue(self) -> Iterator[Catalogue]:
        if self._data is None:
            yield Catalogue(NoLog())
            return
        directory = DataDirectory(self._data)
        try:
            yield directory.open()
        finally:
            directory.release()

    async def _serve(self, catalogue: Catalogue) -> None:
        listening = socket.create_server((self.host, self.port), backlog=_BACKLOG)
        self.port = listening.getsockname()[1]
        executor = Executor(State(catalogue=catalogue, scram=self._scram, replica_set=self._as_replica_set()))
        numbers = itertools.count(1)
        connections: set[_ClientProtocol] = set()
        listener = await self._loop.create_server(
            lambda: _ClientProtocol(executor, next(numbers), connections), sock=listening, backlog=_BACKLOG
        )
        sweeper = self._loop.create_task(_sweep_regularly(executor))
        self._listening.set()
        await self._stop.wait()
        listener.close()
        sweeper.cancel()
        await asyncio.gather(sweeper, return_exceptions=True)
        await self._loop.run_in_executor(None, executor.close)
        for connection in list(connections):
            connection.close()
        await self._loop.shutdown_default_executor()

    def _as_replica_set(self) -> ReplicaSet | None:
        """Its members' addresses are what drivers connect to, whatever they were given."""
        return None if self._replica_set is None else ReplicaSet(self._replica_set, f"{self.host}:{self.port}")


async def _sweep_regularly(executor: Executor) -> None:
    while True:
        await asyncio.sleep(INTERVAL_SECONDS)
        try:
            await asyncio.wrap_future(executor.sweep())
        except Exception:
            _log.exception("Removing expired documents failed; trying again")


class _ClientProtocol(asyncio.Protocol):
    """One client connection. Whatever is not the protocol closes it and nothing else."""

    def __init__(self, executor: Executor, number: int, open_connections: set[_ClientProtocol]) -> None:
        self._executor = executor
        self._connection = Connection(number=number)
        self._open_connections = open_connections
        self._reader = FrameReader()
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._transport.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._open_connections.add(self)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._open_connections.discard(self)

    def data_received(self, data: bytes) -> None:
        try:
            for request in self._reader.feed(data):
                answer = self._answer if request.wants_reply else _no_answer
                self._executor.submit(self._connection, request, answer)
        except ProtocolError as error:
            _log.warning("Connection %d closed: %s", self._connection.number, error)
            self.close()

    def close(self) -> None:
        """Send what is waiting to be sent, then close."""
        if self._transport is not None:
            self._transport.close()

    def _answer(self, reply: bytes) -> None:
        """Called from the loop's thread or from the engine's."""
        with suppress(RuntimeError):  # the loop has ended, and the connection with it
            self._loop.call_soon_threadsafe(self._write, reply)

    def _write(self, reply: bytes) -> None:
        if self._transport is not None:
            self._transport.write(reply)


def _no_answer(_reply: bytes) -> None:
    """For unacknowledged writes."""
