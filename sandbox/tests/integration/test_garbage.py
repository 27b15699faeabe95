"""Garbage on both ports: the stand-ins neither end, nor hang, nor grow, and others who work there are not disturbed."""

from __future__ import annotations

import contextlib
import os
import socket
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import psutil
import pytest
from bson import BSON, Int64
from hypothesis import given
from hypothesis import strategies as st
from pymongo import MongoClient

from sandbox import services
from sandbox.odbc import connect
from sandbox.processes import Child, stop_all
from sandbox.services import HOST, MSSQL_DATABASE, MSSQL_USER, Place
from sandbox.testing.garbage import spoilt, thorough
from sandbox.waiting import wait_until
from tests.integration.tds.client import HEADERS, PRELOGIN, login, packet

PASSWORD = "Fine-for-tests-1"
DRIVERS_THREADS = 4
"""Connections that pymongo opens on its own, for those who work."""
MOST_GROWTH = 200 * 2**20
"""Bytes. What is claimed in a header, up to 2 GB, must not be reserved."""


@dataclass(frozen=True, kw_only=True)
class Port:
    """A stand-in in a process of its own, and somebody who works there all the time."""

    child: Child
    number: int
    work: Callable[[], bool]
    """Does something on a connection that was open before the garbage came, and on a new one."""

    def send(self, data: bytes, *, closes: bool) -> None:
        """Connect, send, and go: in order, or without a word."""
        with contextlib.suppress(ConnectionError), socket.create_connection((HOST, self.number), timeout=20) as client:
            client.sendall(data)
            if closes:
                client.shutdown(socket.SHUT_WR)
                client.settimeout(10)
                while client.recv(65536):
                    pass

    def assert_well(self, threads: int, memory: int) -> None:
        """It works, and nothing is left of those who sent garbage."""
        self.child.check()
        assert self.work()
        process = psutil.Process(self.child.pid)
        wait_until(lambda: process.num_threads() <= threads + DRIVERS_THREADS, message="threads are left")
        assert process.memory_info().rss < memory + MOST_GROWTH
        log = self.child.log.read_text()
        assert "Traceback" not in log, log


@pytest.fixture(scope="module")
def sql_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Port]:
    place = Place(folder=tmp_path_factory.mktemp("sqlserver"), environment=os.environ, durable=False)
    child = services.start_sql_server(place, port=None, password=PASSWORD)
    number = services.announced_port(child)
    access = services.sql_server_settings(port=number, password=PASSWORD)
    bystander = connect(access)

    def work() -> bool:
        with contextlib.closing(connect(access, seconds=20)) as newcomer:
            return newcomer.execute("SELECT 1").fetchval() == bystander.execute("SELECT 1").fetchval()

    assert work()
    yield Port(child=child, number=number, work=work)
    bystander.close()
    stop_all([child])


@pytest.fixture(scope="module")
def mongo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Port]:
    place = Place(folder=tmp_path_factory.mktemp("mongo"), environment=os.environ, durable=False)
    child = services.start_mongo(place, port=None)
    number = services.announced_port(child)
    bystander: MongoClient[dict[str, object]] = MongoClient(HOST, number)

    def work() -> bool:
        with MongoClient[dict[str, object]](HOST, number) as newcomer:
            return newcomer.admin.command("ping") == bystander.admin.command("ping")

    assert work()
    yield Port(child=child, number=number, work=work)
    bystander.close()
    stop_all([child])


def _text(sql: str) -> bytes:
    return packet(0x01, HEADERS + sql.encode("utf-16-le"))


_NVARCHAR = b"\x00\x00\xe7\x40\x1f\x09\x04\xd0\x00\x34"
_CALL = packet(
    0x03,
    HEADERS
    + b"\xff\xff\x0a\x00\x00\x00"
    + _NVARCHAR
    + struct.pack("<H", 16)
    + "SELECT 1".encode("utf-16-le")
    + _NVARCHAR
    + struct.pack("<H", 14)
    + "@P1 int".encode("utf-16-le")
    + b"\x00\x00\x26\x04\x04\x01\x00\x00\x00",
)
"""sp_executesql with one parameter."""
_BEGIN = packet(0x0E, HEADERS + struct.pack("<HBB", 5, 0, 0))
_LOGIN = login(user=MSSQL_USER, password=PASSWORD, database=MSSQL_DATABASE)
TDS = [
    PRELOGIN,
    PRELOGIN + _LOGIN,
    PRELOGIN + _LOGIN + _text("SELECT name FROM sys.tables"),
    PRELOGIN + _LOGIN + _CALL,
    PRELOGIN + _LOGIN + _BEGIN + _text("CREATE TABLE t (id int)") + packet(0x06, b""),
]
AFTER_LOGIN = [_text("SELECT 1"), _CALL, _BEGIN, packet(0x06, b""), packet(0x0E, HEADERS + struct.pack("<H", 8))]


def _message(document: dict[str, object], *, flags: int = 0, kind: int = 0, opcode: int = 2013) -> bytes:
    body = struct.pack("<IB", flags, kind) + BSON.encode({**document, "$db": "garbage"})
    return struct.pack("<iiii", 16 + len(body), 1, 0, opcode) + body


_DEEP: dict[str, object] = {"a": 1}
for _ in range(150):
    _DEEP = {"a": _DEEP}
OP_MSG = [
    _message({"hello": 1}),
    _message({"ping": 1}) * 3,
    _message({"insert": "c", "documents": [{"_id": 1, "a": [1, {"b": None}]}, {"_id": Int64(2), "s": "đ"}]}),
    _message({"find": "c", "filter": {"a": {"$in": [1, 2]}, "b": {"$exists": True}}, "sort": {"a": -1}, "limit": 5}),
    _message(
        {"update": "c", "updates": [{"q": {"_id": 1}, "u": {"$set": {"a.b": 1}, "$inc": {"n": 1}}, "upsert": True}]}
    ),
    _message(
        {"aggregate": "c", "pipeline": [{"$match": {}}, {"$group": {"_id": "$a", "n": {"$sum": 1}}}], "cursor": {}}
    ),
    _message({"delete": "c", "deletes": [{"q": _DEEP, "limit": 0}]}),
    _message({"getMore": Int64(99), "collection": "c"}),
]
"""Documents that others may see: they are in a database of their own."""


_WORDS = (
    "filter q u $set $inc _id a a.b $in $or $group pipeline documents updates deletes limit sort cursor batchSize key"
    " name indexes query update new upsert"
)
_names = st.sampled_from(["", *_WORDS.split()])
_commands = st.sampled_from(
    ["find", "insert", "update", "delete", "aggregate", "findAndModify", "createIndexes", "count", "nothing"]
)
_plain = st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats() | st.text(max_size=5) | st.binary()
_values = st.recursive(
    _plain, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=3), max_leaves=6
)


@pytest.mark.parametrize("kind", ["spoilt", "after the login", "anything"])
def test_garbage_for_sql_server(sql_server: Port, kind: str) -> None:
    whole = {
        "spoilt": spoilt(TDS),
        "after the login": st.lists(spoilt(AFTER_LOGIN), min_size=1, max_size=3).map(
            lambda parts: PRELOGIN + _LOGIN + b"".join(parts)
        ),
        "anything": st.binary(min_size=1, max_size=300),
    }
    _bombard(sql_server, whole[kind])


@pytest.mark.parametrize("kind", ["spoilt", "documents", "anything"])
def test_garbage_for_mongo(mongo: Port, kind: str) -> None:
    documents = st.builds(
        lambda command, rest: {command: "c", **rest}, _commands, st.dictionaries(_names, _values, max_size=4)
    )
    whole = {
        "spoilt": spoilt(OP_MSG),
        "documents": documents.map(_message),
        "anything": st.binary(min_size=1, max_size=300),
    }
    _bombard(mongo, whole[kind])


def _bombard(port: Port, garbage: st.SearchStrategy[bytes]) -> None:
    process = psutil.Process(port.child.pid)
    threads, memory = process.num_threads(), process.memory_info().rss

    @thorough
    @given(garbage, st.booleans())
    def bombard(data: bytes, closes: bool) -> None:
        port.send(data, closes=closes)
        assert port.work()

    bombard()
    port.assert_well(threads, memory)
