"""kill -9 at each step of a cycle, before it is done and after: every document is in the queue exactly once.

The relay that dies is a process of its own, and talks to one of its services through a proxy that stops it at the
step. What the next relay does is then the same as ever.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from sandbox.waiting import wait_until

from relay.cycle.outcomes import Outcome
from relay.operations.service import scan
from relay.sources.builtin import SALE
from relay.wiring import Relay
from tests.support.holding_proxy import Hold
from tests.support.pharmacy import desk
from tests.support.queues import Queued
from tests.support.relay_process import start_scan
from tests.support.steps import STEPS, Step, through_proxy

REACH_SECONDS = 30.0
LEASE_SECONDS = "1"


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
        pharmacy.insert("HĐ-0")
        scan(relay, SALE)
        for number in range(1, 4):
            pharmacy.insert(f"HĐ-{number}")

        _die_at(step, hold, environment, tmp_path)

        wait_until(lambda: scan(relay, SALE)[-1].outcome is not Outcome.HELD)
        assert sale_queue() == ["HĐ-0", "HĐ-1", "HĐ-2", "HĐ-3"]
        assert _statuses(relay) == {"PENDING": 4}
        pharmacy.insert("HĐ-4")
        assert scan(relay, SALE)[-1].baseline is None
        assert sale_queue() == ["HĐ-0", "HĐ-1", "HĐ-2", "HĐ-3", "HĐ-4"]


def _die_at(step: Step, hold: Hold, environment: dict[str, str], folder: Path) -> None:
    with through_proxy(step, hold, environment) as (proxy, changed):
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


def _statuses(relay: Relay) -> dict[str, int]:
    found = [document["status"] for document in relay.mongo.task_logs.find({}, {"status": 1})]
    return {status: found.count(status) for status in set(found)}
