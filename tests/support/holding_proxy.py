"""A TCP proxy that lets everything through until it sees a certain request: there it stops, until it is let go.

What is killed while it waits at such a proxy has died at exactly that point; what is let go on after a while was
paused there.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum

CHUNK = 65536


class Hold(Enum):
    """What is kept back."""

    REQUEST = "before it is done"
    """The server never hears of it."""
    REPLY = "after it is done"
    """The server has done it, and the client never learns."""


class HoldingProxy:
    """One server's proxy."""

    def __init__(self, host: str, port: int, *, marker: bytes, hold: Hold) -> None:
        self.reached = threading.Event()
        """Set once the request with the marker is held, or its reply."""
        self.let_go = threading.Event()
        """Set it to pass on what is held, and all that follows."""
        self._target = (host, port)
        self._marker = marker
        self._hold = hold
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._threads: list[threading.Thread] = []
        self._sockets: list[socket.socket] = []

    @property
    def port(self) -> int:
        """Where it listens, on 127.0.0.1."""
        return int(self._listener.getsockname()[1])

    def accept_all(self) -> None:
        """Serve until `close`."""
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            server = socket.create_connection(self._target)
            self._sockets += [client, server]
            link = _Link(client=client, server=server, proxy=self)
            self._start(link.carry_requests)
            self._start(link.carry_replies)

    def _start(self, target: object) -> None:
        thread = threading.Thread(target=target, daemon=True)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def close(self) -> None:
        """Cut every connection, and wait for the threads."""
        for one in (self._listener, *self._sockets):
            with suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
            one.close()
        self.let_go.set()
        for thread in self._threads:
            thread.join()

    def is_marked(self, data: bytes) -> bool:
        """Whether the request for which it waits is in there. Only the first one counts."""
        return self._marker in data and not self.reached.is_set()

    @property
    def holds_requests(self) -> bool:
        """Whether the request itself is kept back, rather than its reply."""
        return self._hold is Hold.REQUEST


class _Link:
    """One connection through the proxy."""

    def __init__(self, *, client: socket.socket, server: socket.socket, proxy: HoldingProxy) -> None:
        self._client, self._server, self._proxy = client, server, proxy
        self._is_held = False

    def carry_requests(self) -> None:
        """From the client to the server. A request may come in several pieces."""
        tail = b""
        while data := _receive(self._client):
            if self._proxy.is_marked(tail + data):
                self._hold(data)
            else:
                _send(self._server, data)
            tail = data
        with suppress(OSError):
            self._server.shutdown(socket.SHUT_WR)

    def _hold(self, data: bytes) -> None:
        if self._proxy.holds_requests:
            self._proxy.reached.set()
            self._proxy.let_go.wait()
            _send(self._server, data)
        else:
            self._is_held = True
            _send(self._server, data)
            self._proxy.reached.set()

    def carry_replies(self) -> None:
        """From the server to the client, unless it is held."""
        while data := _receive(self._server):
            if self._is_held:
                self._proxy.let_go.wait()
            _send(self._client, data)
        with suppress(OSError):
            self._client.shutdown(socket.SHUT_WR)


def _receive(source: socket.socket) -> bytes:
    try:
        return source.recv(CHUNK)
    except OSError:
        return b""


def _send(target: socket.socket, data: bytes) -> None:
    with suppress(OSError):
        target.sendall(data)


@contextmanager
def holding_proxy(host: str, port: int, *, marker: bytes, hold: Hold) -> Iterator[HoldingProxy]:
    """A proxy to the server at `host`:`port`, until the block is left."""
    proxy = HoldingProxy(host, port, marker=marker, hold=hold)
    accepting = threading.Thread(target=proxy.accept_all, daemon=True)
    accepting.start()
    try:
        yield proxy
    finally:
        proxy.close()
        accepting.join()
