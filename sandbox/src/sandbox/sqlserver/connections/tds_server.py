"""The server: a listening socket and its connections."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
import time

from sandbox.sqlserver.certificate import Certificate
from sandbox.sqlserver.connections.connection import Connection
from sandbox.sqlserver.connections.encryption import Encryption, tls_contexts
from sandbox.sqlserver.connections.handshake import Handshake
from sandbox.sqlserver.contract import Engine

STOP_SECONDS = 5.0

_ACCEPT_SECONDS = 0.2
_BACKLOG = 128

_log = logging.getLogger(__name__)


class TdsServer:
    """Speaks TDS to clients on behalf of an engine. Every connection has threads of its own.

    `port` 0 takes a free one. Without a certificate nothing is encrypted; with one, clients choose unless
    `encryption` says more. The engine stays the caller's: close it after `stop`.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        certificate: Certificate | None = None,
        encryption: Encryption | None = None,
    ) -> None:
        chosen = encryption or (Encryption.NO if certificate is None else Encryption.OPTIONAL)
        if certificate is None and chosen is not Encryption.NO:
            raise ValueError(f"encryption {chosen.value} needs a certificate: give one, or choose no")
        tls = None if certificate is None or chosen is Encryption.NO else tls_contexts(certificate)
        self.host = host
        self.wanted_port = port
        self._handshake = Handshake(engine=engine, encryption=chosen, tls=tls)
        self._listener: socket.socket | None = None
        self._stopping = threading.Event()
        self._acceptor: threading.Thread | None = None
        self._mutex = threading.Lock()
        self._connections: dict[Connection, threading.Thread] = {}

    @property
    def port(self) -> int:
        """The port that is listened on. Raises RuntimeError before `start`."""
        if self._listener is None:
            raise RuntimeError("the server does not listen: call start() first")
        return int(self._listener.getsockname()[1])

    def start(self) -> None:
        """Accept connections from now on. Raises OSError when the port is taken."""
        self._stopping.clear()
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        self._listener = socket.create_server((self.host, self.wanted_port), family=family, backlog=_BACKLOG)
        self._listener.settimeout(_ACCEPT_SECONDS)
        self._acceptor = threading.Thread(target=self._accept, args=(self._listener,), name="tds-accept", daemon=True)
        self._acceptor.start()

    def stop(self) -> None:
        """Hang up on everybody: running statements are cancelled, transactions rolled back. A second call does nothing.

        Waits until all is done, STOP_SECONDS at most.
        """
        if self._listener is None or self._acceptor is None:
            return
        self._stopping.set()
        self._acceptor.join()
        self._listener.close()
        self._listener = None
        with self._mutex:
            running = dict(self._connections)
        for connection in running:
            connection.close()
        deadline = time.monotonic() + STOP_SECONDS
        for thread in running.values():
            thread.join(max(deadline - time.monotonic(), 0))
            if thread.is_alive():
                _log.warning("a connection did not end within %s s", STOP_SECONDS)

    def _accept(self, listener: socket.socket) -> None:
        while not self._stopping.is_set():
            try:
                accepted, _address = listener.accept()
            except TimeoutError:
                continue
            except OSError as error:
                # Out of descriptors, say: the clients that are there go on.
                _log.warning("cannot accept a connection: %s", error)
                self._stopping.wait(_ACCEPT_SECONDS)
                continue
            with contextlib.suppress(OSError):  # Gone before it was looked at.
                self._serve(accepted)

    def _serve(self, accepted: socket.socket) -> None:
        connection = Connection(accepted, self._handshake)
        thread = threading.Thread(target=self._run, args=(connection,), name="tds-connection", daemon=True)
        with self._mutex:
            self._connections[connection] = thread
        thread.start()

    def _run(self, connection: Connection) -> None:
        try:
            connection.run()
        finally:
            with self._mutex:
                self._connections.pop(connection, None)
