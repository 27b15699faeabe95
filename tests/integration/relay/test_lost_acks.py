"""A worker whose ticks cannot be acknowledged begins a new connection, however many it has in hand."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import pytest
from sandbox.processes import Child, stop_all
from sandbox.services import HOST
from sandbox.testing.redis_process import RedisProcess
from sandbox.waiting import wait_until

from common.database.mssql_client import MSSQLClient
from tests.support.pharmacy import Desk
from tests.support.relay_process import start_celery

PATIENCE_SECONDS = 60.0
SECRET = "another-secret"
IN_HAND = 4
"""Ticks that a worker takes before one is done: one for each process of its pool, which has one more than sources."""


@pytest.fixture
def own_redis(tmp_path: Path) -> Iterator[RedisProcess]:
    server = RedisProcess(tmp_path / "redis-of-its-own")
    yield server
    server.stop()


@contextmanager
def closing_all(*children: Child) -> Iterator[None]:
    try:
        yield
    finally:
        stop_all(children)


def test_a_worker_that_could_acknowledge_none_of_its_ticks_goes_on(
    mssql: MSSQLClient, environment: dict[str, str], own_redis: RedisProcess, tmp_path: Path, pharmacy: Desk
) -> None:
    """outage: it waited for ever, with as many ticks in hand as it may have, on a connection that was gone."""
    given = {"BROKER_URL": f"redis://{HOST}:{own_redis.port}/0", "RELAY_SCAN_INTERVAL": "0.5"}
    relay = start_celery("relay", tmp_path, {**environment, **given}, "worker")
    beat = start_celery("beat", tmp_path, {**environment, **given}, "beat")
    with own_redis.client() as admin, closing_all(relay, beat):
        pharmacy.insert("HĐ-1")
        wait_until(lambda: admin.llen("sale_queue") == 1, timeout=PATIENCE_SECONDS, message=relay.tail())
        pool = psutil.Process(relay.pid).children()
        for process in pool:
            process.suspend()
        wait_until(lambda: admin.hlen("relay:unacked") >= IN_HAND, timeout=PATIENCE_SECONDS, message="none in hand")
        admin.config_set("requirepass", SECRET)
        admin.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        for process in pool:
            process.resume()
        wait_until(lambda: "check user and password" in relay.log.read_text(), timeout=PATIENCE_SECONDS)
        admin.config_set("requirepass", "")
        pharmacy.insert("HĐ-2")
        wait_until(lambda: admin.llen("sale_queue") == 2, timeout=PATIENCE_SECONDS, message=relay.tail())
        os.kill(relay.pid, signal.SIGTERM)
        wait_until(lambda: relay.exit_code is not None, timeout=PATIENCE_SECONDS, message="it does not end")
    assert "Traceback" not in relay.log.read_text()
