"""What Redis refuses a worker's consumer ends it in one line at its start, and not at all when it is at work."""

from __future__ import annotations

from pathlib import Path

import pytest
from sandbox.processes import stop_all
from sandbox.services import HOST
from sandbox.testing.redis_process import RedisProcess
from sandbox.waiting import wait_until

from common.database.mssql_client import MSSQLClient
from tests.integration.refusals.conftest import RIGHT, Ports
from tests.integration.refusals.said import PATIENCE_SECONDS, exit_code_of, lines_with, wait_for_line
from tests.support.pharmacy import Desk
from tests.support.relay_process import running_relay, start_relay


@pytest.mark.parametrize("user", ["blind", "plain"])
def test_a_right_that_only_the_consumer_needs(
    mssql: MSSQLClient, environment: dict[str, str], ports: Ports, tmp_path: Path, user: str
) -> None:
    url = f"redis://{user}:{RIGHT}@{HOST}:{ports.redis}/0"
    relay = start_relay(tmp_path, {**environment, "BROKER_URL": url})
    try:
        assert exit_code_of(relay) == 2, relay.tail()
    finally:
        stop_all([relay])
    [_] = lines_with(relay, "relay: ", "the user of BROKER_URL lacks a right, which ACL SETUSER grants")
    said = relay.log.read_text()
    assert "Traceback" not in said, said[-6000:]
    assert RIGHT not in said


@pytest.mark.parametrize(
    ("wrong", "right", "told"),
    [
        (("CONFIG", "SET", "maxmemory", "1"), ("CONFIG", "SET", "maxmemory", "0"), "it is out of memory"),
        (("REPLICAOF", HOST, "1"), ("REPLICAOF", "NO", "ONE"), "left_to_the_next_tick"),
    ],
    ids=["memory", "a replica"],
)
def test_a_redis_that_takes_nothing_for_a_while(
    mssql: MSSQLClient,
    environment: dict[str, str],
    own_redis: RedisProcess,
    tmp_path: Path,
    pharmacy: Desk,
    wrong: tuple[str, ...],
    right: tuple[str, ...],
    told: str,
) -> None:
    given = {"BROKER_URL": f"redis://{HOST}:{own_redis.port}/0", "RELAY_SCAN_INTERVAL": "0.5"}
    with own_redis.client() as admin, running_relay(tmp_path, {**environment, **given}) as relay:
        pharmacy.insert("before")
        wait_until(lambda: admin.llen("sale_queue") == 1, timeout=PATIENCE_SECONDS, message=relay.tail())
        admin.execute_command(*wrong)
        admin.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        wait_for_line(relay, "task=consume", told)
        pharmacy.insert("during")
        admin.execute_command(*right)
        wait_until(lambda: admin.llen("sale_queue") == 2, timeout=PATIENCE_SECONDS, message=relay.tail())
        wait_for_line(relay, "recovered", "task=consume")
    [_] = lines_with(relay, "task=consume", told)
    said = relay.log.read_text()
    assert "Unrecoverable" not in said, said[-6000:]
    assert "Frequent restarts" not in said
