"""Redis refuses a worker its wait for ticks, or their acknowledgement: the worker says so, goes on, and says when it is
over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import redis
from sandbox.processes import Child
from sandbox.testing.redis_process import RedisProcess
from sandbox.waiting import WaitTimeoutError, wait_until

from tests.support.pharmacy import Desk
from tests.support.relay_process import running_relay

SOON_SECONDS = 60.0
NOBODY = 1
"""A port at which no master is."""
Client = redis.Redis


def _demote(client: Client) -> None:
    client.replicaof("127.0.0.1", NOBODY)


def _promote(client: Client) -> None:
    client.replicaof("NO", "ONE")


def _lose_replicas(client: Client) -> None:
    client.config_set("min-replicas-to-write", 1)


def _need_no_replicas(client: Client) -> None:
    client.config_set("min-replicas-to-write", 0)


def _take_the_wait(client: Client) -> None:
    client.acl_setuser("default", enabled=True, nopass=True, keys=["*"], commands=["+@all", "-brpop"])


def _take_the_acknowledgement(client: Client) -> None:
    client.acl_setuser("default", enabled=True, nopass=True, keys=["*"], commands=["+@all", "-zrem"])


def _give_the_right(client: Client) -> None:
    client.acl_setuser("default", enabled=True, nopass=True, keys=["*"], commands=["+@all"])


@pytest.mark.parametrize(
    ("refuse", "allow", "task", "said"),
    [
        (_demote, _promote, "consume", "left_to_the_next_tick"),
        (_lose_replicas, _need_no_replicas, "consume", "NOREPLICAS"),
        (_take_the_wait, _give_the_right, "consume", "lacks a right"),
        (_take_the_acknowledgement, _give_the_right, "acknowledge", "lacks a right"),
    ],
    ids=["a replica", "too few replicas", "no wait", "no acknowledgement"],
)
def test_a_worker_outlives_a_redis_that_refuses(
    refuse: Callable[[Client], None],
    allow: Callable[[Client], None],
    task: str,
    said: str,
    pharmacy: Desk,
    environment: dict[str, str],
    redis_server: RedisProcess,
    tmp_path: Path,
) -> None:
    """outage: it ended with a traceback, at every failover."""
    settings = {**environment, "REDIS_PORT": str(redis_server.port), "RELAY_SCAN_INTERVAL": "1"}
    with redis_server.client() as client, running_relay(tmp_path, settings) as relay:
        pharmacy.insert("HĐ-1")
        _await(lambda: client.llen("sale_queue") == 1, relay)
        refuse(client)
        _await(lambda: _told(relay, task, said), relay)
        allow(client)
        _await(lambda: _told(relay, task, "recovered"), relay)
        pharmacy.insert("HĐ-2")
        _await(lambda: client.llen("sale_queue") == 2, relay)
        log = relay.log.read_text()
        assert len(_told(relay, task, said)) == 1
        assert "Traceback" not in log
        assert "Connection to broker lost" not in log


def _told(relay: Child, task: str, what: str) -> list[str]:
    return [line for line in relay.log.read_text().splitlines() if what in line and f"task={task}" in line]


def _await(condition: Callable[[], object], relay: Child) -> None:
    try:
        wait_until(condition, timeout=SOON_SECONDS)
    except WaitTimeoutError:
        pytest.fail(relay.tail())
