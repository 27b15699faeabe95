"""Whatever arrives at the port, the server goes on."""

from __future__ import annotations

import random
import threading

import pytest

from sandbox.sqlserver.connections import connection
from sandbox.sqlserver.connections.tds_server import TdsServer
from sandbox.waiting import wait_until
from tests.integration.tds.client import HEADERS, PRELOGIN, bare, connect, hung_up, logged_in, login, packet
from tests.integration.tds.fake_engine import FakeEngine


def still_works(server: TdsServer) -> bool:
    client = connect(server.port)
    found = client.execute("ECHO ?", 1).fetchval()
    client.close()
    return found == 1


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x00" * 100,
        b"\xff" * 100,
        b"\x16\x03\x01\x00\x05hello",
        b"\x12\x01\x00\x00\x00\x00\x00\x00",
        b"\x12\x01\xff\xff\x00\x00\x00\x00",
        packet(0x12, b""),
        packet(0x12, b"\x00\xff\xff\xff\xff\xff"),
        packet(0x10, b"x" * 200),
        packet(0x01, b"SELECT 1"),
        packet(0x06, b""),
        PRELOGIN + packet(0x10, b""),
        PRELOGIN + packet(0x10, b"\xff" * 300),
        PRELOGIN + packet(0x01, b"x"),
        PRELOGIN * 3,
    ],
    ids=lambda data: data[:12].hex(),
)
def test_nonsense_before_the_login_is_hung_up_on(server: TdsServer, engine: FakeEngine, data: bytes) -> None:
    client = bare(server.port)
    client.sendall(data)
    assert hung_up(client)
    client.close()
    assert engine.sessions == []
    assert still_works(server)


@pytest.mark.parametrize(
    "data",
    [
        packet(0x01, b""),
        packet(0x01, HEADERS + b"x"),
        packet(0x01, b"\xff\xff\xff\xff"),
        packet(0x03, HEADERS),
        packet(0x03, HEADERS + b"\xff\xff\xff\xff\x00\x00"),
        packet(0x03, HEADERS + b"\xff\xff\x0a\x00\x00\x00\x00\x00\xe7\x40\x1f"),
        packet(0x0E, HEADERS),
        packet(0x10, b""),
        b"\x77" * 8,
        packet(0x06, b"") * 50,
        packet(0x01, HEADERS, status=0) * 3 + b"\x99" * 8,
    ],
    ids=lambda data: data[:40].hex(),
)
def test_nonsense_after_the_login_is_hung_up_on(server: TdsServer, engine: FakeEngine, data: bytes) -> None:
    client = logged_in(server.port)
    client.sendall(data)
    client.shutdown(1)
    assert hung_up(client)
    client.close()
    wait_until(lambda: not engine.open_sessions())
    assert still_works(server)


def test_requests_that_exist_but_not_here_are_refused_politely(server: TdsServer) -> None:
    client = logged_in(server.port)
    table_valued = b"\xff\xff\x0a\x00\x00\x00\x00\x00\xf3"
    refused = {
        "bulk load": packet(0x07, b"bulk"),
        "transaction manager request 0": packet(0x0E, HEADERS + b"\x00\x00"),
        "values of type table": packet(0x03, HEADERS + table_valued),
    }
    for name, request in refused.items():
        client.sendall(request)
        assert f"sandbox does not support: {name}".encode("utf-16-le") in client.recv(4096)
    client.close()


def test_a_client_that_does_not_log_in_is_not_waited_for(
    server: TdsServer, engine: FakeEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "LOGIN_SECONDS", 0.3)
    client = bare(server.port)
    client.sendall(PRELOGIN[:20])
    assert hung_up(client)
    client.close()
    # The limit is for the login only.
    patient = logged_in(server.port)
    threading.Event().wait(0.5)
    patient.sendall(packet(0x01, HEADERS + "ECHO".encode("utf-16-le")))
    assert patient.recv(4096)
    patient.close()


def test_random_bytes(server: TdsServer, engine: FakeEngine) -> None:
    dice = random.Random(20240229)
    genuine = [PRELOGIN, login(), packet(0x01, HEADERS + "ECHO".encode("utf-16-le")), packet(0x03, HEADERS)]
    for _ in range(300):
        data = bytearray(b"".join(genuine[: dice.randint(1, 4)]))
        for _ in range(dice.randint(1, 6)):
            data[dice.randrange(len(data))] = dice.randrange(256)
        client = bare(server.port)
        # Nothing may be left of a client that sends this and hangs up.
        client.sendall(data[: dice.randint(1, len(data))])
        client.close()
    wait_until(lambda: not engine.open_sessions())
    wait_until(lambda: not any(thread.name.startswith("tds-conn") for thread in threading.enumerate()))
    assert still_works(server)


def test_an_unfinished_request_can_be_abandoned(server: TdsServer) -> None:
    client = logged_in(server.port)
    end_and_ignore = 3
    client.sendall(packet(0x01, HEADERS, status=0) + packet(0x01, b"", status=end_and_ignore))
    reply = client.recv(4096)
    assert reply[8] == 0xFD
    assert reply[9] & 2
    client.close()
