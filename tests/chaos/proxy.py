"""A small TCP proxy between relay and one service: it passes everything on, until it is told to misbehave."""

from __future__ import annotations

import socket
import struct
import threading
from contextlib import suppress

CHUNK = 65536
RESET = struct.pack("ii", 1, 0)
"""SO_LINGER of no time: close() sends RST."""


class Proxy:
    """One service's proxy, on a port of its own on 127.0.0.1."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        """Where relay connects."""
        self._flows = threading.Event()
        self._flows.set()
        self._is_refusing = False
        self._lock = threading.Lock()
        self._links: set[socket.socket] = set()
        self._silent: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self) -> None:
        """Close every connection, and every new one, until `fix`."""
        self._is_refusing = True
        self._hang_up(reset=False)

    def stall(self) -> None:
        """Pass nothing on, in either direction, until `fix`."""
        self._flows.clear()

    def reset(self) -> None:
        """Reset every connection; new ones are welcome."""
        self._hang_up(reset=True)

    def silence(self) -> None:
        """Every connection stays open, and nothing passes on it any more; new ones are welcome.

        As a firewall that has forgotten them.
        """
        with self._lock:
            self._silent |= self._links

    def passed_on(self, data: bytes) -> bytes:
        """What comes out of the other end."""
        return data

    def fix(self) -> None:
        """Behave again."""
        self._is_refusing = False
        self._flows.set()

    def close(self) -> None:
        """Hang up, for ever."""
        self.fix()
        with suppress(OSError):
            # A close alone would leave the thread that accepts where it is.
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._hang_up(reset=False)

    def _hang_up(self, *, reset: bool) -> None:
        with self._lock:
            links, self._links = self._links, set()
            self._silent -= links
        for link in links:
            with suppress(OSError):
                if reset:
                    link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                # Who reads from it in another thread would keep it open: wake him up. RD alone sends nothing.
                link.shutdown(socket.SHUT_RD if reset else socket.SHUT_RDWR)
            link.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(client,), daemon=True).start()

    def _connect(self, client: socket.socket) -> None:
        try:
            self._flows.wait()
            server = socket.create_connection(self._target, timeout=5)
            server.settimeout(None)
        except OSError:
            client.close()
            return
        with self._lock:
            self._links |= {client, server}
        if self._is_refusing:
            self._hang_up(reset=False)
            return
        threading.Thread(target=self._carry, args=(client, server), daemon=True).start()
        self._carry(server, client)

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(CHUNK):
                self._flows.wait()
                if source not in self._silent:
                    target.sendall(self.passed_on(data))
        with self._lock:
            # What `_hang_up` has taken is closed there, and in its own way.
            ours = self._links & {source, target}
            self._links -= ours
            self._silent -= ours
        for end in ours:
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()
