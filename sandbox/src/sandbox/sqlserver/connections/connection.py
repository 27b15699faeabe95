"""One client, from its first byte to its last."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading

from sandbox.sqlserver.connections.dialogue import Dialogue
from sandbox.sqlserver.connections.handshake import Handshake
from sandbox.sqlserver.wire.streams import ClientGoneError, ProtocolError, SocketStream

LOGIN_SECONDS = 15.0

_log = logging.getLogger(__name__)


class Connection:
    """A client's connection. `run` is its thread: it lets the client in and works for it until it leaves."""

    def __init__(self, accepted: socket.socket, handshake: Handshake) -> None:
        self._socket = accepted
        self._handshake = handshake

    def run(self) -> None:
        """Serve the client until it hangs up or `close` is called. Raises nothing."""
        try:
            self._serve()
        except ClientGoneError as error:
            _log.debug("a client left: %s", error)
        except ProtocolError as error:
            _log.warning("hanging up on a client: %s", error)
        except Exception:
            _log.exception("a connection broke the stand-in")
        finally:
            self.close()
            self._socket.close()

    def close(self) -> None:
        """Hang up, from any thread. A statement that runs is cancelled. A second call does nothing."""
        # Not `socket.close`: only this wakes whoever reads or writes.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _serve(self) -> None:
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        # A deadline for the whole login: one for each read would let a client stay by sending byte after byte.
        too_late = threading.Timer(LOGIN_SECONDS, self.close)
        too_late.daemon = True
        too_late.start()
        try:
            admission = self._handshake.admit(SocketStream(self._socket), self.close)
        finally:
            too_late.cancel()
        if admission is not None:
            Dialogue(admission, self.close).run()
