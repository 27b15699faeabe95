"""Redis dies, its sentinel makes the replica the master, and relay goes on there by itself."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis
from sandbox.processes import Child, stop_all
from sandbox.services import HOST, free_port
from sandbox.testing.redis_process import RedisProcess, running_redis
from sandbox.waiting import wait_until

from common.config import Settings, load_settings
from relay.operations.service import scan
from relay.sources.builtin import SALE
from relay.wiring import Relay
from tests.support.pharmacy import Desk
from tests.support.queues import Queued

MASTER = "documents"
DOWN_MILLISECONDS = 500
FAILOVER_SECONDS = 40.0


@pytest.fixture
def master(tmp_path: Path) -> Iterator[RedisProcess]:
    with running_redis(tmp_path / "master") as server:
        yield server


@pytest.fixture
def replica(master: RedisProcess, tmp_path: Path) -> Iterator[RedisProcess]:
    with running_redis(tmp_path / "replica") as server, server.client() as client:
        client.replicaof(*master.address)
        yield server


@pytest.fixture
def sentinel(master: RedisProcess, replica: RedisProcess, tmp_path: Path) -> Iterator[int]:
    """A sentinel that has found both; its port."""
    port = free_port()
    file = tmp_path / "sentinel.conf"
    file.write_text(
        f"port {port}\nbind {HOST}\ndir {tmp_path}\nsentinel monitor {MASTER} {HOST} {master.port} 1\n"
        f"sentinel down-after-milliseconds {MASTER} {DOWN_MILLISECONDS}\nsentinel failover-timeout {MASTER} 5000\n"
    )
    program = shutil.which("redis-server")
    assert program is not None
    command = [program, str(file), "--sentinel"]
    child = Child.start("sentinel", command, log=tmp_path / "sentinel.log", env=dict(os.environ), cwd=tmp_path)
    try:
        wait_until(lambda: _knows_a_replica(port), timeout=FAILOVER_SECONDS, message="the sentinel finds no replica")
        yield port
    finally:
        stop_all([child])


@pytest.fixture
def settings(environment: dict[str, str], sentinel: int) -> Settings:
    there = {"BROKER_URL": f"sentinel://{HOST}:{sentinel}/0", "RELAY_SENTINEL_MASTER": MASTER}
    return load_settings(_env_file=None, **{**environment, **there})


def test_relay_follows_the_master(
    relay: Relay, pharmacy: Desk, sale_queue: Queued, master: RedisProcess, replica: RedisProcess
) -> None:
    pharmacy.insert("HĐ-1")
    scan(relay, SALE)
    with replica.client() as client:
        wait_until(lambda: client.llen("sale_queue") == 1)
    master.kill()
    pharmacy.insert("HĐ-2")
    wait_until(lambda: _scans(relay), timeout=FAILOVER_SECONDS, message="relay does not find the new master")
    assert sale_queue() == ["HĐ-1", "HĐ-2"]
    with replica.client() as client:
        assert client.llen("sale_queue") == 2


def _scans(relay: Relay) -> bool:
    """Whether a scan got through to a master."""
    try:
        scan(relay, SALE)
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return False
    return True


def _knows_a_replica(port: int) -> bool:
    with redis.Redis(HOST, port) as client:
        try:
            return len(client.sentinel_slaves(MASTER)) == 1
        except redis.RedisError:
            return False
