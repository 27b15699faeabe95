"""A worker that meets a refusal says so in one line and goes on, once it is fixed; only its start may be refused."""

from __future__ import annotations

from pathlib import Path

import pytest
import redis
from sandbox.services import HOST
from sandbox.testing.redis_process import RedisProcess
from sandbox.waiting import wait_until

from common.database.mssql_client import MSSQLClient
from tests.integration.refusals.conftest import RIGHT, WRONG, Ports
from tests.integration.refusals.said import PATIENCE_SECONDS, lines_with, wait_for_line
from tests.support.pharmacy import Desk
from tests.support.relay_process import running_relay


def test_a_password_that_is_changed_under_a_worker(
    mssql: MSSQLClient, environment: dict[str, str], own_redis: RedisProcess, tmp_path: Path, pharmacy: Desk
) -> None:
    def arrived() -> int:
        with redis.Redis(*own_redis.address, password=RIGHT) as client:
            return int(client.llen("sale_queue"))

    def rests() -> bool:
        """Whether the worker waits for a tick, and has none in hand."""
        with redis.Redis(*own_redis.address, password=RIGHT) as client:
            return bool(lines_with(relay, "cycle")) and not client.exists("relay", "relay:unacked")

    with own_redis.client() as admin:
        admin.config_set("requirepass", RIGHT)
        admin.execute_command("AUTH", RIGHT)
        given = {"BROKER_URL": f"redis://:{RIGHT}@{HOST}:{own_redis.port}/0", "RELAY_SCAN_INTERVAL": "2"}
        with running_relay(tmp_path, {**environment, **given}) as relay:
            pharmacy.insert("before")
            wait_until(lambda: arrived() == 1, timeout=PATIENCE_SECONDS, message=relay.tail())
            wait_until(rests, timeout=PATIENCE_SECONDS, message="it never rests")
            admin.config_set("requirepass", WRONG)
            admin.execute_command("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
            wait_for_line(relay, "configuration", "task=consume", "check user and password in BROKER_URL")
            wait_for_line(relay, "configuration", "task=beat", "check user and password in BROKER_URL")
            pharmacy.insert("during")
            admin.config_set("requirepass", RIGHT)
            wait_until(lambda: arrived() == 2, timeout=PATIENCE_SECONDS, message=relay.tail())
            wait_for_line(relay, "recovered", "task=beat")

        assert len(lines_with(relay, "configuration", "task=consume")) == 1
        said = relay.log.read_text()
        assert "Traceback" not in said, said[-6000:]
        assert RIGHT not in said
        assert WRONG not in said


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"MSSQL_PASSWORD": WRONG}, "check MSSQL_USER and MSSQL_PASSWORD"),
        ({"MSSQL_DRIVER": "ODBC Driver 99 for SQL Server"}, "check MSSQL_DRIVER"),
        ({"MONGO_URI": "mongodb://relay:{wrong}@{host}:{mongo}/"}, "check user, password and authSource in MONGO_URI"),
        ({"MONGO_URI": "mongodb://{host}:{redis}/"}, "speaks Redis, where MongoDB is expected"),
        ({"MSSQL_SERVER": "{host},{redis}"}, "speaks Redis, where SQL Server is expected"),
    ],
    ids=["password", "driver", "MongoDB's password", "MongoDB is Redis", "SQL Server is Redis"],
)
def test_a_database_that_refuses_is_told_at_the_start_and_at_the_ticks(
    mssql: MSSQLClient,
    environment: dict[str, str],
    ports: Ports,
    tmp_path: Path,
    given: dict[str, str],
    told: str,
) -> None:
    wrong = {
        name: value.format(host=HOST, mongo=ports.mongo, redis=ports.redis, wrong=WRONG)
        for name, value in given.items()
    }
    with running_relay(tmp_path, {**environment, **wrong, "RELAY_SCAN_INTERVAL": "0.5"}) as relay:
        wait_for_line(relay, "configuration", "task=start", told)
        # At work it is for the tick to say: as a refusal, or as an outage where the driver cannot tell.
        wait_until(lambda: lines_with(relay, "task=scan_and_dispatch"), timeout=PATIENCE_SECONDS, message=relay.tail())
    [_] = lines_with(relay, "task=start", told)
    [_] = lines_with(relay, "task=scan_and_dispatch")
    said = relay.log.read_text()
    assert "Traceback" not in said, said[-6000:]
    assert WRONG not in said
