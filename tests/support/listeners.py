"""What listens where a service should: it hangs up, answers nonsense or HTTP, or says nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from sandbox.services import HOST

GARBAGE = b"\x00\x01\xff\xfe garbage \r\n" * 20
HTTP = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@contextmanager
def listening(answer: bytes | None) -> Iterator[int]:
    """Listen, and answer what each client says first with this, then hang up; gives the port.

    An empty answer: hang up at once. None: say nothing, for as long as the block lasts.
    """
    silent: list[socket.socket] = []
    with socket.create_server((HOST, 0)) as server:
        thread = threading.Thread(target=_serve, args=(server, answer, silent), daemon=True)
        thread.start()
        yield server.getsockname()[1]
        # Closing alone would not wake the thread up.
        server.shutdown(socket.SHUT_RDWR)
        thread.join()
    for client in silent:
        client.close()


def _serve(server: socket.socket, answer: bytes | None, silent: list[socket.socket]) -> None:
    while True:
        try:
            client, _ = server.accept()
        except OSError:
            return
        if answer is None:
            silent.append(client)
            continue
        with client, suppress(OSError):
            if answer:
                client.settimeout(5)
                client.recv(4096)
                client.sendall(answer)
