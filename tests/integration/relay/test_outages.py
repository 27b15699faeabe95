"""While a service is away, relay's log says so once, and once more when it is back; and then everything is sent."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery
from sandbox.processes import Child
from sandbox.testing.redis_process import RedisProcess
from sandbox.waiting import wait_until

from common.config import Settings
from common.database.mssql_client import MSSQLClient
from tests.chaos.proxy import Proxy
from tests.support.pharmacy import desk
from tests.support.queues import business_ids_in_redis
from tests.support.relay_process import running_relay

ARRIVAL_SECONDS = 30.0
OUTAGE_SECONDS = 3.0
"""Some fifteen ticks."""


@pytest.fixture
def ways(environment: dict[str, str], redis_server: RedisProcess) -> Iterator[dict[str, Proxy]]:
    """A proxy before each service."""
    mssql_host, mssql_port = environment["MSSQL_SERVER"].split(",")
    mongo_host, mongo_port = environment["MONGO_URI"].removeprefix("mongodb://").rstrip("/").split(":")
    proxies = {
        "SQL Server": Proxy((mssql_host, int(mssql_port))),
        "MongoDB": Proxy((mongo_host, int(mongo_port))),
        "Redis": Proxy(redis_server.address),
    }
    yield proxies
    for proxy in proxies.values():
        proxy.close()


@pytest.fixture
def through(environment: dict[str, str], ways: dict[str, Proxy]) -> dict[str, str]:
    """Relay's settings for the way through the proxies."""
    return {
        **environment,
        "RELAY_SCAN_INTERVAL": "0.2",
        "MSSQL_SERVER": f"127.0.0.1,{ways['SQL Server'].port}",
        "MONGO_URI": f"mongodb://127.0.0.1:{ways['MongoDB'].port}/?directConnection=true",
        "REDIS_HOST": "127.0.0.1",
        "REDIS_PORT": str(ways["Redis"].port),
    }


@pytest.fixture
def settings(settings_with_own_redis: Settings) -> Settings:
    return settings_with_own_redis


@pytest.mark.parametrize(
    ("service", "named"), [("SQL Server", "sql_server"), ("MongoDB", "mongodb"), ("Redis", "broker")]
)
def test_it_is_said_once(
    service: str,
    named: str,
    mssql: MSSQLClient,
    celery_app: Celery,
    environment: dict[str, str],
    through: dict[str, str],
    ways: dict[str, Proxy],
    tmp_path: Path,
) -> None:
    def arrive(*names: str) -> None:
        wait_until(lambda: set(names) <= set(business_ids_in_redis(celery_app, "sale_queue")), timeout=ARRIVAL_SECONDS)

    with desk(environment) as pharmacy, running_relay(tmp_path, through) as relay:
        pharmacy.insert("before")
        arrive("before")
        ways[service].cut()
        pharmacy.insert("during")
        wait_until(lambda: _lines(relay, "left_to_the_next_tick", named), timeout=ARRIVAL_SECONDS)
        # Nothing tells that nothing is said.
        time.sleep(OUTAGE_SECONDS)
        ways[service].fix()
        pharmacy.insert("after")
        arrive("before", "during", "after")
        wait_until(lambda: _lines(relay, "recovered"), timeout=ARRIVAL_SECONDS)

        assert business_ids_in_redis(celery_app, "sale_queue").count("during") == 1
        told = _lines(relay, "left_to_the_next_tick", named)
        assert len(told) == len({_teller(line) for line in told}), "\n".join(told)
        assert len(_lines(relay, "Cannot connect to")) <= 1
        assert not _lines(relay, "Traceback"), relay.log.read_text()[-8000:]


def _lines(relay: Child, *words: str) -> list[str]:
    """The lines of its log with all of these words."""
    return [line for line in relay.log.read_text().splitlines() if all(word in line for word in words)]


def _teller(line: str) -> tuple[str, ...]:
    """The task and the source of a line: what is wrong is said by each of them."""
    return tuple(word for word in line.split() if word.startswith(("task=", "source=")))
