from __future__ import annotations

import struct
from dataclasses import dataclass

from sandbox.sqlserver.connections.client_view import ClientView


@dataclass
class Session:
    descriptor: int = 0
    database: str = "sandbox"
    rolled_back: bool = False


def number(descriptor: int) -> bytes:
    return b"\x08" + struct.pack("<Q", descriptor)


def change(body: bytes) -> bytes:
    return b"\xe3" + struct.pack("<H", len(body)) + body


BEGUN, COMMITTED, ROLLED_BACK = b"\x08", b"\x09", b"\x0a"


def test_nothing_new_is_not_told() -> None:
    assert ClientView(Session()).news() == b""


def test_a_transaction_that_begins_and_ends() -> None:
    session = Session()
    view = ClientView(session)
    session.descriptor = 5
    assert view.news() == change(BEGUN + number(5) + b"\0")
    assert view.news() == b""
    session.descriptor = 0
    assert view.news() == change(COMMITTED + b"\0" + number(5))
    assert view.news() == b""


def test_a_transaction_that_is_rolled_back_and_followed_by_another() -> None:
    session = Session(descriptor=5)
    view = ClientView(session)
    view.news()
    session.descriptor, session.rolled_back = 6, True
    assert view.news() == change(ROLLED_BACK + b"\0" + number(5)) + change(BEGUN + number(6) + b"\0")


def test_another_database() -> None:
    session = Session()
    view = ClientView(session)
    session.database = "master"
    new, old = ("master".encode("utf-16-le"), "sandbox".encode("utf-16-le"))
    told = view.news()
    assert told.startswith(change(b"\x01\x06" + new + b"\x07" + old))
    assert "Changed database context to 'master'.".encode("utf-16-le") in told
    assert view.news() == b""
