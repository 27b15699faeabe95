"""kill -9 at each step of a cycle, before it is done and after: every document is in the queue exactly once.

The relay that dies is a process of its own, and talks to one of its services through a proxy that stops it at the
step. What the next relay does is then the same as ever.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

from relay.bootstrap import Relay
from relay.model import Outcome
from relay.scan import scan
from relay.sources import SALE
from tests.support.holding_proxy import Hold, HoldingProxy, holding_proxy
from tests.support.pharmacy import desk
from tests.support.queues import Queued
from tests.support.relay_process import start_scan
from tests.support.wait import wait_until

REACH_SECONDS = 30.0
LEASE_SECONDS = "1"


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """A step of the cycle, and how to know it on the wire."""

    name: str
    service: str
    marker: bytes


STEPS = [
    Step(name="prepare", service="mongo", marker=b"\x02insert\x00"),
    Step(name="mark", service="mssql", marker="relay_checkpoint SET".encode("utf-16-le")),
    Step(name="seal", service="mongo", marker=b"sealed_generation\x00"),
    Step(name="push", service="redis", marker=b"sale.process_sale"),
    Step(name="note that it is pushed", service="mongo", marker=b"PENDING\x00"),
    Step(name="close", service="mongo", marker=b"last_cycle\x00"),
]


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    # The lease of the one that died is waited for; the marker has to be readable on the wire.
    return {**environment, "RELAY_LEASE_SECONDS": LEASE_SECONDS}


@pytest.mark.parametrize("hold", list(Hold), ids=lambda hold: hold.value)
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_killed_at(
    step: Step, hold: Hold, relay: Relay, sale_queue: Queued, environment: dict[str, str], tmp_path: Path
) -> None:
    with desk(environment) as pharmacy:
        pharmacy.insert("HD-0")
        scan(relay, SALE)
        for number in range(1, 4):
            pharmacy.insert(f"HD-{number}")

        _die_at(step, hold, environment, tmp_path)

        wait_until(lambda: scan(relay, SALE)[-1].outcome is not Outcome.HELD)
        assert sale_queue() == ["HD-0", "HD-1", "HD-2", "HD-3"]
        assert _statuses(relay) == {"PENDING": 4}
        pharmacy.insert("HD-4")
        assert scan(relay, SALE)[-1].baseline is None
        assert sale_queue() == ["HD-0", "HD-1", "HD-2", "HD-3", "HD-4"]


def _die_at(step: Step, hold: Hold, environment: dict[str, str], folder: Path) -> None:
    with _through_proxy(step, hold, environment) as (proxy, changed):
        victim = start_scan(folder, changed)
        try:
            wait_until(
                lambda: proxy.reached.is_set() or victim.exit_code is not None,
                timeout=REACH_SECONDS,
                message=f"it never came to: {step.name}",
            )
            assert victim.exit_code is None, victim.obituary()
        finally:
            victim.kill_group()


@contextmanager
def _through_proxy(
    step: Step, hold: Hold, environment: dict[str, str]
) -> Iterator[tuple[HoldingProxy, dict[str, str]]]:
    """The environment with one of the services behind a proxy."""
    mssql_host, mssql_port = environment["MSSQL_SERVER"].split(",")
    mongo_host, mongo_port = environment["MONGO_URI"].removeprefix("mongodb://").rstrip("/").split(":")
    addresses = {
        "mssql": (mssql_host, mssql_port),
        "mongo": (mongo_host, mongo_port),
        "redis": (environment["REDIS_HOST"], environment["REDIS_PORT"]),
    }
    host, port = addresses[step.service]
    with holding_proxy(host, int(port), marker=step.marker, hold=hold) as proxy:
        changes = {
            "mssql": {"MSSQL_SERVER": f"127.0.0.1,{proxy.port}", "MSSQL_ENCRYPT": "no"},
            "mongo": {"MONGO_URI": f"mongodb://127.0.0.1:{proxy.port}/?directConnection=true"},
            "redis": {"REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(proxy.port)},
        }
        yield proxy, {**environment, **changes[step.service]}


def _statuses(relay: Relay) -> dict[str, int]:
    found = [document["status"] for document in relay.mongo.task_logs.find({}, {"status": 1})]
    return {status: found.count(status) for status in set(found)}
