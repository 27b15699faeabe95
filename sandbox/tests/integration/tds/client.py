"""Clients for the TDS tests: Microsoft's driver, and bare sockets."""

from __future__ import annotations

import socket
import struct
from typing import Any

import pyodbc

from sandbox.odbc import packaged_driver
from sandbox.sqlserver.contract import SqlType
from sandbox.sqlserver.wire.types import type_info
from sandbox.sqlserver.wire.values import value_writer
from tests.integration.tds.fake_engine import DATABASE, PASSWORD, USER

PRELOGIN = bytes.fromhex("1201002f0000010000001a00060100200001020021000103002200040400260001ff") + bytes.fromhex(
    "100000000000" + "02" + "00" + "00000000" + "00"
)
"""A whole PRELOGIN message of a client that does not encrypt."""


HEADERS = struct.pack("<IIHQI", 22, 18, 2, 0, 1)
"""ALL_HEADERS of a request outside of a transaction."""


def connect(port: int, *, encrypt: str = "Encrypt=no", **arguments: Any) -> pyodbc.Connection:
    """A connection of Microsoft's driver; `words` are more of its connection string."""
    words = {"DATABASE": DATABASE, "UID": USER, "PWD": PASSWORD, **arguments.pop("words", {})}
    written = ";".join(f"{name}={value}" for name, value in words.items())
    arguments.setdefault("timeout", 20)
    return pyodbc.connect(f"DRIVER={packaged_driver()};SERVER=127.0.0.1,{port};{written};{encrypt}", **arguments)


def bare(port: int) -> socket.socket:
    """A socket that says what the test wants."""
    return socket.create_connection(("127.0.0.1", port), timeout=20)


def packet(kind: int, payload: bytes, *, status: int = 1) -> bytes:
    """One packet."""
    return struct.pack(">BBHHBB", kind, status, len(payload) + 8, 0, 1, 0) + payload


def hung_up(client: socket.socket) -> bool:
    """Read until the server hangs up."""
    try:
        while client.recv(65536):
            pass
    except ConnectionResetError:
        return True
    return True


def login(*, user: str = USER, password: str = PASSWORD, database: str = DATABASE) -> bytes:
    """A LOGIN7 message."""
    names = ["host", user, password, "fuzz", "server", "", "lib", "", database]
    table, data = b"", b""
    begin = 94
    for number, name in enumerate(names):
        encoded = name.encode("utf-16-le")
        if number == 2:
            encoded = bytes(((byte << 4 & 0xF0) | byte >> 4) ^ 0xA5 for byte in encoded)
        table += struct.pack("<HH", begin + len(data), len(name))
        data += encoded
    head = struct.pack("<IIIIIIBBBBiI", 0, 0x74000004, 4096, 0, 0, 0, 0, 0, 0, 0, 0, 0)
    payload = head + table + bytes(94 - len(head) - len(table)) + data
    return packet(0x10, payload)


def logged_in(port: int) -> socket.socket:
    """A socket behind a login."""
    client = bare(port)
    client.sendall(PRELOGIN)
    client.recv(4096)
    client.sendall(login())
    assert b"M\0i\0c\0r\0o\0s\0o\0f\0t\0" in client.recv(4096)
    return client


def argument(sql_type: SqlType, value: object, *, flags: int = 0) -> bytes:
    """An argument of a procedure, by its place."""
    return bytes([0, flags]) + type_info(sql_type) + value_writer(sql_type)(value)


def call(client: socket.socket, number: int, *arguments: bytes) -> bytes:
    """Call a procedure by its number; gives back the reply, which has to fit a packet."""
    client.sendall(packet(0x03, HEADERS + b"\xff\xff" + struct.pack("<HH", number, 0) + b"".join(arguments)))
    return client.recv(4096)
