"""Bytes from and to a client, whatever lies between."""

from __future__ import annotations

import abc
import socket

_RECEIVE_SIZE = 65536


class ProtocolError(Exception):
    """What arrived is not the protocol. The message says what was wrong; the connection has to be closed."""


class ClientGoneError(Exception):
    """The client closed the connection, or the network did."""


class Stream(abc.ABC):
    """Reads exactly as much as is asked for. One thread may read while another one sends."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def read(self, count: int) -> bytes:
        """Exactly `count` bytes. Raises ClientGoneError when the stream ends before."""
        while len(self._buffer) < count:
            self._buffer += self._receive()
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data

    def peek(self) -> int:
        """The next byte, which stays unread. Raises ClientGoneError."""
        if not self._buffer:
            self._buffer += self._receive()
        return self._buffer[0]

    def receive(self) -> bytes:
        """Whatever is there, at least one byte. Raises ClientGoneError."""
        if not self._buffer:
            return self._receive()
        data = bytes(self._buffer)
        self._buffer.clear()
        return data

    @abc.abstractmethod
    def send(self, data: bytes) -> None:
        """Send everything; waits for a client that reads slowly. Raises ClientGoneError."""

    @abc.abstractmethod
    def _receive(self) -> bytes:
        """At least one byte that was not read before. Raises ClientGoneError."""


class SocketStream(Stream):
    """A TCP connection. A timeout of the socket counts as a client that is gone."""

    def __init__(self, connected: socket.socket) -> None:
        super().__init__()
        self._socket = connected

    def send(self, data: bytes) -> None:
        """Send everything; waits for a client that reads slowly. Raises ClientGoneError."""
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise ClientGoneError(str(error)) from None

    def _receive(self) -> bytes:
        try:
            data = self._socket.recv(_RECEIVE_SIZE)
        except OSError as error:
            raise ClientGoneError(str(error)) from None
        if not data:
            raise ClientGoneError("the client closed the connection")
        return data
