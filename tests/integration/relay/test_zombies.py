"""A relay is stopped at a step of its cycle, sleeps past its lease while another works, and goes on: nothing changes.

SIGSTOP stops all its threads, so its heartbeat as well. What it had said before, or what it was about to be told,
comes late: a proxy keeps it back until the other relay has finished.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from sandbox.processes import Child, stop_all
from sandbox.waiting import wait_until

from relay.cycle.outcomes import Outcome
from relay.operations.service import scan
from relay.sources.builtin import SALE
from relay.wiring import Relay
from tests.support.holding_proxy import Hold, HoldingProxy
from tests.support.pharmacy import Desk, desk
from tests.support.queues import Queued
from tests.support.relay_process import start_scan
from tests.support.steps import STEPS, Step, through_proxy

PATIENCE_SECONDS = 30.0


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    return {**environment, "RELAY_LEASE_SECONDS": "0.5"}


@pytest.mark.parametrize("hold", list(Hold), ids=lambda hold: hold.value)
@pytest.mark.parametrize("step", STEPS, ids=lambda step: step.name)
def test_stopped_at(
    step: Step, hold: Hold, relay: Relay, sale_queue: Queued, environment: dict[str, str], tmp_path: Path
) -> None:
    with desk(environment) as pharmacy:
        pharmacy.insert("HĐ-0")
        scan(relay, SALE)
        for number in range(1, 4):
            pharmacy.insert(f"HĐ-{number}")
        with _stopped_at(step, hold, environment, tmp_path) as (zombie, proxy):
            pharmacy.insert("HĐ-4")
            wait_until(lambda: scan(relay, SALE)[-1].outcome is not Outcome.HELD)
            queue, log, sealed = sale_queue(), _log(relay), _sealed(relay)
            assert queue == [f"HĐ-{number}" for number in range(5)]

            os.killpg(zombie.pid, signal.SIGCONT)
            proxy.let_go.set()
            wait_until(lambda: zombie.exit_code is not None, timeout=PATIENCE_SECONDS, message="it never ends")

        assert (sale_queue(), _log(relay), _sealed(relay)) == (queue, log, sealed)
        _works_as_ever(relay, pharmacy, sale_queue)


def _works_as_ever(relay: Relay, pharmacy: Desk, sale_queue: Queued) -> None:
    pharmacy.insert("HĐ-5")
    assert scan(relay, SALE)[-1].baseline is None
    assert sale_queue() == [f"HĐ-{number}" for number in range(6)]


@contextmanager
def _stopped_at(
    step: Step, hold: Hold, environment: dict[str, str], folder: Path
) -> Iterator[tuple[Child, HoldingProxy]]:
    """A relay that was stopped at the step, and the proxy that holds what it said."""
    with through_proxy(step, hold, environment) as (proxy, changed):
        zombie = start_scan(folder, changed)
        try:
            wait_until(
                lambda: proxy.reached.is_set() or zombie.exit_code is not None,
                timeout=PATIENCE_SECONDS,
                message=f"it never came to: {step.name}",
            )
            assert zombie.exit_code is None, zombie.obituary()
            os.killpg(zombie.pid, signal.SIGSTOP)
            yield zombie, proxy
        finally:
            if zombie.exit_code is None:
                os.killpg(zombie.pid, signal.SIGCONT)
            stop_all([zombie])


def _log(relay: Relay) -> dict[str, Any]:
    """The task log by task id."""
    return {document["_id"]: document for document in relay.mongo.task_logs.find({})}


def _sealed(relay: Relay) -> Any:
    """What Mongo remembers of the source, but for the lease."""
    return relay.ports.checkpoints.load([relay.own(SALE).id])[relay.own(SALE).id]
