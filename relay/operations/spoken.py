"""What is spoken at an address: some services say nothing, or hang up, when they are spoken to in another language.

A probe is a greeting in one language, on a connection of its own; the first answer that is known decides. Nothing is
changed, and nobody is logged in.
"""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum

import bson

CONNECT_SECONDS = 3.0
ANSWER_SECONDS = 1.0


class Spoken(StrEnum):
    """What something answers in; the value is for people."""

    REDIS = "Redis"
    RABBITMQ = "RabbitMQ"
    MONGODB = "MongoDB"
    SQL_SERVER = "SQL Server"
    HTTP = "HTTP"
    TLS = "TLS"


def spoken_at(host: str, port: int) -> Spoken | None:
    """What is spoken there; None when nothing answers, or in a way that nobody here knows.

    Takes some 4 seconds where nothing is answered.
    """
    try:
        for probe in (_by_greeting, _by_tds, _by_hello, _by_tls):
            if (found := probe(host, port)) is not None:
                return found
    except (OSError, UnicodeError):
        # It cannot be reached, or not any more; or its name is none, which Python's look-up does not even encode.
        return None
    return None


def _asked(host: str, port: int, greeting: bytes) -> bytes:
    """The beginning of the answer; empty when there is none. Raises OSError when nobody listens."""
    with socket.create_connection((host, port), CONNECT_SECONDS) as connection:
        connection.settimeout(ANSWER_SECONDS)
        with suppress(OSError):
            connection.sendall(greeting)
            return connection.recv(64)
    return b""


PING = b"PING\r\n\r\n"
"""Redis answers it as an inline command, and HTTP refuses it. It is eight bytes long, as AMQP's header: RabbitMQ
answers with the header that it wants."""
_ANSWERS: tuple[tuple[bytes, Spoken], ...] = (
    (b"+PONG", Spoken.REDIS),
    (b"-NOAUTH", Spoken.REDIS),
    (b"-DENIED", Spoken.REDIS),
    (b"-ERR", Spoken.REDIS),
    (b"-LOADING", Spoken.REDIS),
    (b"AMQP", Spoken.RABBITMQ),
    (b"HTTP/", Spoken.HTTP),
)


def _by_greeting(host: str, port: int) -> Spoken | None:
    answer = _asked(host, port, PING)
    return next((spoken for beginning, spoken in _ANSWERS if answer.startswith(beginning)), None)


PRELOGIN = bytes.fromhex(
    "1201002f00000000 00001a0006 0100200001 0200210001 0300220004 0400260001 ff 0b0000000000 02 00 00000000 00"
)
TABULAR_RESULT = 0x04


def _by_tds(host: str, port: int) -> Spoken | None:
    """MS-TDS 2.2.6.5 and 2.2.3.1.1: PRELOGIN is answered with a tabular result, whose second byte is a status."""
    answer = _asked(host, port, PRELOGIN)
    return Spoken.SQL_SERVER if len(answer) > 8 and answer[0] == TABULAR_RESULT and answer[1] in (0, 1) else None


HELLO = bson.encode({"hello": 1, "$db": "admin"})
OP_MSG = 2013


def _by_hello(host: str, port: int) -> Spoken | None:
    """MongoDB, "Wire protocol": OP_MSG is answered with OP_MSG."""
    header = b"".join(number.to_bytes(4, "little") for number in (21 + len(HELLO), 1, 0, OP_MSG))
    answer = _asked(host, port, header + bytes(5) + HELLO)
    return Spoken.MONGODB if int.from_bytes(answer[12:16], "little") == OP_MSG else None


RECORDS = (b"\x15\x03", b"\x16\x03")
"""RFC 8446, 5.1: an alert, or a handshake."""


def _by_tls(host: str, port: int) -> Spoken | None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    handshake: Callable[[], None] = context.wrap_bio(incoming, outgoing, server_hostname=host or None).do_handshake
    with suppress(ssl.SSLWantReadError):
        handshake()
    return Spoken.TLS if _asked(host, port, outgoing.read())[:2] in RECORDS else None
