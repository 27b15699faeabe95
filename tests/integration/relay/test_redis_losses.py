"""What Redis loses is pushed again, once, where the row still waits; and nothing is pushed by half."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from kombu.exceptions import OperationalError
from sandbox.testing.redis_process import RedisProcess, running_redis
from sandbox.waiting import wait_until

from common.config import Settings, load_settings
from common.database.errors import ConfigurationError
from relay.operations.service import scan
from relay.sources.builtin import SALE
from relay.wiring import Relay
from tests.chaos.proxy import Proxy
from tests.support.pharmacy import Desk
from tests.support.queues import Queued

PUSH = b"sale.process_sale"


class Switch(Proxy):
    """The way to Redis: it can be cut in the middle of a push, and lead to another server."""

    def __init__(self, target: tuple[str, int]) -> None:
        super().__init__(target)
        self.cuts_request = self.cuts_reply = False
        self._drops_next = False

    def lead_to(self, target: tuple[str, int]) -> None:
        """As a name that is given to another machine; old connections end."""
        self._target = target
        self.reset()

    def passed_on(self, data: bytes) -> bytes:
        if self._drops_next:
            self._drops_next = False
            raise ConnectionResetError
        if PUSH in data and self.cuts_request:
            self.cuts_request = False
            raise ConnectionResetError
        if PUSH in data and self.cuts_reply:
            self.cuts_reply, self._drops_next = False, True
        return data


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RedisProcess]:
    with running_redis(tmp_path / "first") as server:
        yield server


@pytest.fixture
def way(server: RedisProcess) -> Iterator[Switch]:
    proxy = Switch(server.address)
    yield proxy
    proxy.close()


@pytest.fixture
def settings(environment: dict[str, str], way: Switch) -> Settings:
    there = {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(way.port)}
    return load_settings(_env_file=None, **{**environment, **there})


def _insert(pharmacy: Desk, *numbers: int) -> None:
    for number in numbers:
        pharmacy.insert(f"HD-{number}")


def _names(*numbers: int) -> list[str]:
    return [f"HD-{number}" for number in numbers]


def test_everything_is_lost(relay: Relay, pharmacy: Desk, sale_queue: Queued, server: RedisProcess) -> None:
    _insert(pharmacy, 1, 2, 3)
    scan(relay, SALE)
    pharmacy.set_status("HD-2", "SYNCED")
    with server.client() as client:
        client.flushall()
    scan(relay, SALE)
    assert sale_queue() == _names(1, 3)
    _insert(pharmacy, 4)
    scan(relay, SALE)
    assert sale_queue() == _names(1, 3, 4)


@pytest.mark.parametrize("cut", [1, 10, 40, 150, 1200, 10_000])
def test_the_end_of_its_file_is_lost(
    cut: int, relay: Relay, pharmacy: Desk, sale_queue: Queued, server: RedisProcess
) -> None:
    for number in range(1, 6):
        _insert(pharmacy, number)
        scan(relay, SALE)
    server.kill()
    server.cut_end(cut)
    server.start()
    wait_until(lambda: _scans(relay))
    assert sorted(sale_queue()) == _names(1, 2, 3, 4, 5)


@pytest.mark.parametrize("cut", [1, 10, 40, 60])
def test_a_torn_push_does_not_come_back_with_the_next_start(
    cut: int, relay: Relay, pharmacy: Desk, sale_queue: Queued, server: RedisProcess
) -> None:
    _insert(pharmacy, 1)
    scan(relay, SALE)
    _insert(pharmacy, 2)
    scan(relay, SALE)
    server.kill()
    server.cut_end(cut)
    server.start()
    wait_until(lambda: _scans(relay))
    with server.client() as client:
        wait_until(lambda: client.info("persistence")["aof_rewrite_in_progress"] == 0)
    server.kill()
    server.start()
    wait_until(lambda: _scans(relay))
    assert sale_queue() == _names(1, 2)


def test_its_memory_is_full(relay: Relay, pharmacy: Desk, sale_queue: Queued, server: RedisProcess) -> None:
    _insert(pharmacy, 1)
    scan(relay, SALE)
    with server.client() as client:
        before = client.get(_offset_key(client))
        client.config_set("maxmemory", 1)
        _insert(pharmacy, 2, 3)
        with pytest.raises(ConfigurationError, match=r"Redis: it is out of memory .*: raise maxmemory"):
            scan(relay, SALE)
        assert sale_queue() == _names(1)
        assert client.get(_offset_key(client)) == before
        client.config_set("maxmemory", 0)
    scan(relay, SALE)
    assert sale_queue() == _names(1, 2, 3)


@pytest.mark.parametrize("half", ["request", "reply"])
def test_the_connection_breaks_in_the_middle_of_a_push(
    half: str, relay: Relay, pharmacy: Desk, sale_queue: Queued, way: Switch
) -> None:
    _insert(pharmacy, 1)
    scan(relay, SALE)
    _insert(pharmacy, 2, 3)
    setattr(way, f"cuts_{half}", True)
    scan(relay, SALE)
    assert not getattr(way, f"cuts_{half}"), "it was cut"
    assert sale_queue() == _names(1, 2, 3)


def test_a_replica_that_lacks_the_last_pushes_takes_its_place(
    relay: Relay, pharmacy: Desk, sale_queue: Queued, server: RedisProcess, way: Switch, tmp_path: Path
) -> None:
    with running_redis(tmp_path / "second") as replica, replica.client() as client:
        client.replicaof(*server.address)
        _insert(pharmacy, 1, 2)
        scan(relay, SALE)
        wait_until(lambda: client.llen("sale_queue") == 2)
        client.replicaof("NO", "ONE")
        _insert(pharmacy, 3, 4)
        scan(relay, SALE)
        pharmacy.set_status("HD-3", "SYNCED")
        server.kill()
        way.lead_to(replica.address)
        wait_until(lambda: _scans(relay))
        assert sale_queue() == _names(1, 2, 4)
        _insert(pharmacy, 5)
        scan(relay, SALE)
        assert Counter(sale_queue()) == Counter(_names(1, 2, 4, 5))


def _scans(relay: Relay) -> bool:
    """Whether Redis is back; one scan, if it is."""
    try:
        scan(relay, SALE)
    except (redis.ConnectionError, OperationalError):
        return False
    return True


def _offset_key(client: redis.Redis) -> str:
    [key] = client.scan_iter("relay:*:offset")
    return str(key)
