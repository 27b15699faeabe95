"""The proxy of `make chaos` does to a connection what its names say."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from tests.chaos.proxy import Proxy

SHORT = 0.3
"""Seconds in which an echo through two threads of this process would be there."""


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """A proxy before a service that says back what it hears."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        threading.Thread(target=_serve, args=(listener,), daemon=True).start()
        proxy = Proxy(listener.getsockname())
        yield proxy
        proxy.close()
        listener.shutdown(socket.SHUT_RDWR)


def _serve(listener: socket.socket) -> None:
    with suppress(OSError):
        while True:
            threading.Thread(target=_echo, args=(listener.accept()[0],), daemon=True).start()


def _echo(link: socket.socket) -> None:
    with link, suppress(OSError):
        while data := link.recv(100):
            link.sendall(data)


@contextmanager
def connected(proxy: Proxy) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", proxy.port), timeout=5) as link:
        yield link


def says_back(link: socket.socket, word: bytes) -> bool:
    link.sendall(word)
    return link.recv(len(word), socket.MSG_WAITALL) == word


def is_silent(link: socket.socket) -> bool:
    link.settimeout(SHORT)
    try:
        link.recv(1)
    except TimeoutError:
        return True
    finally:
        link.settimeout(5)
    return False


def test_it_passes_on_what_is_said(proxy: Proxy) -> None:
    with connected(proxy) as link:
        assert says_back(link, b"hello")


def test_a_cut_closes_every_connection_until_it_is_fixed(proxy: Proxy) -> None:
    with connected(proxy) as link:
        assert says_back(link, b"hello")
        proxy.cut()
        assert link.recv(1) == b""
    with connected(proxy) as link:
        assert link.recv(1) == b""
    proxy.fix()
    with connected(proxy) as link:
        assert says_back(link, b"hello")


def test_a_reset_is_one_and_new_connections_are_welcome(proxy: Proxy) -> None:
    with connected(proxy) as link:
        assert says_back(link, b"hello")
        proxy.reset()
        with pytest.raises(ConnectionResetError):
            link.recv(1)
    with connected(proxy) as link:
        assert says_back(link, b"hello")


def test_what_is_said_in_a_stall_comes_through_afterwards(proxy: Proxy) -> None:
    with connected(proxy) as link:
        assert says_back(link, b"hello")
        proxy.stall()
        link.sendall(b"again")
        assert is_silent(link)
        proxy.fix()
        assert link.recv(5, socket.MSG_WAITALL) == b"again"


def test_a_silent_connection_stays_silent_and_open(proxy: Proxy) -> None:
    with connected(proxy) as link:
        assert says_back(link, b"hello")
        proxy.silence()
        proxy.fix()
        link.sendall(b"again")
        assert is_silent(link)
        with connected(proxy) as other:
            assert says_back(other, b"hello")


def test_a_closed_proxy_takes_no_connection(proxy: Proxy) -> None:
    with connected(proxy) as link:
        assert says_back(link, b"hello")
    proxy.close()
    with pytest.raises(ConnectionRefusedError), connected(proxy):
        pass
