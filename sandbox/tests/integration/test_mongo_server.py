"""The MongoDB stand-in as a server: many writers, being killed, garbage, and who may log in."""

from __future__ import annotations

import multiprocessing
import os
import random
import socket
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from sandbox.mongo.catalogue import DirectoryInUseError
from sandbox.mongo.mongo_server import MongoServer
from sandbox.waiting import wait_until
from tests.integration.mongo_fixtures import connected, mongo_process

ROUNDS = 25
THREADS = 4
PROCESSES = 2


@pytest.fixture
def server() -> Iterator[MongoServer]:
    server = MongoServer(data=None)
    server.start()
    yield server
    server.stop()


def _race(port: int) -> list[list[int]]:
    """The rounds that each thread of this process has won."""

    def run(_number: int) -> list[int]:
        with connected(port) as client:
            return [number for number in range(ROUNDS) if _wins(client.race.leases, number)]

    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(run, range(THREADS)))


def _wins(leases: Any, number: int) -> bool:
    taken = leases.find_one_and_update(
        {"_id": number, "lease.owner": None}, {"$set": {"lease.owner": os.urandom(8)}, "$inc": {"generation": 1}}
    )
    return taken is not None


def test_a_compare_and_set_has_exactly_one_winner(tmp_path: Path) -> None:
    with mongo_process(tmp_path) as mongo, connected(mongo.port) as client:
        client.race.leases.insert_many([{"_id": number, "lease": {"owner": None}} for number in range(ROUNDS)])
        with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
            winners = pool.map(_race, [mongo.port] * PROCESSES)
        won = [number for process in winners for thread in process for number in thread]
        assert sorted(won) == list(range(ROUNDS))
        assert client.race.leases.count_documents({"generation": 1}) == ROUNDS


def test_everything_acknowledged_survives_being_killed(tmp_path: Path) -> None:
    acknowledged: list[int] = []
    with mongo_process(tmp_path) as mongo:
        with connected(mongo.port) as client:
            client.test.things.create_index("n", unique=True)
        writer = threading.Thread(target=_write_until_it_fails, args=(mongo.port, acknowledged))
        writer.start()
        wait_until(lambda: len(acknowledged) >= 50)
        mongo.kill()
        writer.join()
    with mongo_process(tmp_path) as mongo, connected(mongo.port) as client:
        found = {each["_id"]: each["n"] for each in client.test.things.find()}
        assert set(acknowledged) <= set(found)
        # The one write that was under way may be there or not; nothing else.
        assert len(found) <= len(acknowledged) + 1
        assert all(found[number] == -number for number in acknowledged)
        assert "n_1" in client.test.things.index_information()
        assert mongo.terminate() == 0


def _write_until_it_fails(port: int, acknowledged: list[int]) -> None:
    client: MongoClient[dict[str, Any]] = MongoClient(
        "127.0.0.1", port, retryWrites=False, serverSelectionTimeoutMS=500
    )
    number = 0
    try:
        while True:
            number += 1
            client.test.things.update_one({"_id": number}, {"$set": {"n": -number}}, upsert=True)
            acknowledged.append(number)
    except PyMongoError:
        client.close()


@pytest.mark.parametrize("seed", range(5))
def test_garbage_harms_nobody_else(server: MongoServer, seed: int) -> None:
    chance = random.Random(seed)
    with connected(server.port) as client:
        client.test.things.insert_one({"_id": 1})
        for junk in _junk(chance):
            with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
                raw.sendall(junk)
                raw.shutdown(socket.SHUT_WR)
                _read_to_the_end(raw)
        assert client.test.things.find_one() == {"_id": 1}


def _junk(chance: random.Random) -> Iterator[bytes]:
    for _ in range(20):
        yield chance.randbytes(chance.randrange(1, 200))
    for _ in range(30):
        body = chance.randbytes(chance.randrange(1, 60))
        header = (16 + len(body)).to_bytes(4, "little") + bytes(8) + (2013).to_bytes(4, "little")
        yield header + body
        yield header + bytes(4) + body[4:]
        yield header + bytes(5) + body[5:]
    yield b"GET / HTTP/1.1\r\n\r\n"
    yield b"\xff\xff\xff\x7f" + bytes(12)
    yield bytes(16)


def _read_to_the_end(raw: socket.socket) -> None:
    """The server closes its end; a timeout here means that it hangs."""
    try:
        while raw.recv(4096):
            pass
    except ConnectionResetError:
        pass


def _header(length: int, opcode: int) -> bytes:
    return length.to_bytes(4, "little") + bytes(8) + opcode.to_bytes(4, "little")


@pytest.mark.parametrize(
    "junk",
    [
        bytes(16),
        _header(2**31 - 1, 2013),
        _header(48_000_001, 2013),
        _header(100, 2004),
        _header(22, 2013) + bytes(4) + b"\x02\x00",
    ],
)
def test_a_connection_that_breaks_the_protocol_is_closed_at_once(server: MongoServer, junk: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as raw:
        raw.sendall(junk)
        assert raw.recv(1) == b""


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads are switched as often as Python can, so that whatever is not atomic is torn apart."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


@pytest.mark.usefixtures("restless")
def test_no_increment_is_lost(server: MongoServer) -> None:
    with connected(server.port) as client, ThreadPoolExecutor(8) as threads:
        client.test.things.insert_one({"_id": 1, "n": 0})
        updates = [threads.submit(client.test.things.update_one, {"_id": 1}, {"$inc": {"n": 1}}) for _ in range(400)]
        for update in updates:
            update.result()
        assert client.test.things.find_one() == {"_id": 1, "n": 400}


def test_a_long_command_does_not_keep_hello_waiting(server: MongoServer) -> None:
    with connected(server.port) as busy, connected(server.port) as other:
        busy.test.things.insert_many([{"n": number % 100} for number in range(50_000)])
        done = threading.Event()

        def work() -> None:
            busy.test.things.update_many({}, {"$inc": {"n": 1}})
            done.set()

        worker = threading.Thread(target=work)
        worker.start()
        answers = 0
        while not done.is_set():
            other.admin.command("hello")
            answers += 1
        worker.join()
        # Waiting behind the update would allow one or two answers.
        assert answers > 5


def test_a_data_directory_serves_one_server(tmp_path: Path) -> None:
    with mongo_process(tmp_path), pytest.raises(DirectoryInUseError):
        MongoServer(data=tmp_path).start()


def test_a_taken_port_is_an_error(server: MongoServer) -> None:
    with pytest.raises(OSError, match="address"):
        MongoServer(data=None, port=server.port).start()


def test_logging_in(tmp_path: Path) -> None:
    options = ("--user", "an,odd=name", "--password-env", "SECRET_OF_TEST")
    with mongo_process(tmp_path, *options, SECRET_OF_TEST="pass wörd") as mongo:
        with connected(mongo.port, username="an,odd=name", password="pass wörd") as client:
            client.test.things.insert_one({"_id": 1})
        with (
            connected(mongo.port, username="an,odd=name", password="wrong") as client,
            pytest.raises(OperationFailure) as refusal,
        ):
            client.test.things.find_one()
        assert refusal.value.code == 18
        with connected(mongo.port) as client, pytest.raises(OperationFailure) as refusal:
            client.test.things.find_one()
        assert refusal.value.code == 13


def test_a_user_needs_a_password() -> None:
    with pytest.raises(ValueError, match="password"):
        MongoServer(data=None, user="somebody")
