"""A server that speaks Redis's protocol, and answers as a test tells it."""

from __future__ import annotations

import select
import socket
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import hiredis

Command = list[bytes]
Answer = Callable[[Command], bytes | None]
"""The answer to a command, as it goes over the wire; None: hang up."""

DONE = b":1\r\n"
OK = b"+OK\r\n"
HELLO = b"%1\r\n$5\r\nproto\r\n:3\r\n"
PONG = b"+PONG\r\n"
IDLE_SECONDS = 0.02
CHUNK = 65536


class ScriptedRedis:
    """One on a port of its own on 127.0.0.1; it serves one connection after another.

    `answer` is asked for everything but PING and what opens a connection.
    """

    def __init__(self, answer: Answer, *, waits_until_idle: bool = False) -> None:
        """`waits_until_idle`: it answers only when nothing more comes, as a server that is slow."""
        self.commands: list[Command] = []
        self.most_unanswered = 0
        """Bytes of commands."""
        self._answer = answer
        self._waits = waits_until_idle
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])

    @contextmanager
    def running(self) -> Iterator[ScriptedRedis]:
        """Serve, until the context ends."""
        thread = threading.Thread(target=self._accept)
        thread.start()
        try:
            yield self
        finally:
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            thread.join()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                with client, suppress(OSError):
                    self._serve(client)

    def received(self, data: bytes) -> None:
        """Called with what has come."""

    def _serve(self, client: socket.socket) -> None:
        reader, unanswered = hiredis.Reader(), 0
        waiting: list[Command] = []
        while data := client.recv(CHUNK):
            self.received(data)
            reader.feed(data)
            unanswered += len(data)
            self.most_unanswered = max(self.most_unanswered, unanswered)
            while (command := reader.gets()) is not False:
                waiting.append(command)
            if self._waits and _more_comes(client):
                continue
            answers = [self._answered(command) for command in waiting]
            client.sendall(b"".join(answer for answer in answers if answer is not None))
            if None in answers:
                return
            if waiting:
                waiting, unanswered = [], 0

    def _answered(self, command: Command) -> bytes | None:
        match command[0].upper():
            case b"HELLO":
                return HELLO
            case b"CLIENT" | b"SELECT":
                return OK
        self.commands.append(command)
        return PONG if command[0] == b"PING" else self._answer(command)


def _more_comes(client: socket.socket) -> bool:
    return bool(select.select([client], [], [], IDLE_SECONDS)[0])


def answers_in_turn(answers: Sequence[bytes | None]) -> Answer:
    """Each command gets the next answer; after the last the server hangs up."""
    left = iter(answers)
    return lambda _: next(left, None)
