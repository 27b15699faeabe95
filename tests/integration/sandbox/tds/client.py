"""Clients for the TDS tests: Microsoft's driver, and bare sockets."""

from __future__ import annotations

import socket
import struct
from typing import Any

import pyodbc

from sandbox.odbc import find_driver
from tests.integration.sandbox.tds.fake_engine import DATABASE, PASSWORD, USER

PRELOGIN = bytes.fromhex("1201002f0000010000001a00060100200001020021000103002200040400260001ff") + bytes.fromhex(
    "100000000000" + "02" + "00" + "00000000" + "00"
)
"""A whole PRELOGIN message of a client that does not encrypt."""


def connect(port: int, *, encrypt: str = "Encrypt=no", **arguments: Any) -> pyodbc.Connection:
    """A connection of Microsoft's driver; `options` are more of its words."""
    words = {"DATABASE": DATABASE, "UID": USER, "PWD": PASSWORD, **arguments.pop("words", {})}
    written = ";".join(f"{name}={value}" for name, value in words.items())
    arguments.setdefault("timeout", 20)
    return pyodbc.connect(f"DRIVER={find_driver()};SERVER=127.0.0.1,{port};{written};{encrypt}", **arguments)


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
