"""The cycle on the real drivers dies before or after some of its calls: a sample of test_every_crash_point.

Here the calls go to servers, so what dies with the process is what dies with its connections.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from celery import Celery
from sandbox.waiting import wait_until

from common.config import Settings
from relay import wiring
from relay.cycle.outcomes import Outcome
from relay.cycle.run import run_cycle
from relay.operations.service import scan
from relay.sources.builtin import SALE
from relay.wiring import Relay
from tests.support.pharmacy import Desk
from tests.support.queues import Queued
from tests.support.stage import Killed, Paused, StillHeartbeat

SAMPLE = 12
NO_END = 10_000


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    return {**environment, "RELAY_LEASE_SECONDS": "0.5", "RELAY_BATCH_SIZE": "2"}


def test_a_sample_of_all_crash_points(
    relay: Relay, pharmacy: Desk, sale_queue: Queued, settings: Settings, celery_app: Celery
) -> None:
    pharmacy.insert("HĐ-0")
    scan(relay, SALE)
    _new_documents(pharmacy, 0)
    places = _run_one(settings, celery_app, die_at=NO_END)
    wanted = ["HĐ-0", *_names(0)]
    assert sale_queue() == wanted
    for number, die_at in enumerate(range(1, places, max(1, places // SAMPLE)), start=1):
        _new_documents(pharmacy, number)
        _run_one(settings, celery_app, die_at=die_at)
        wait_until(lambda: scan(relay, SALE)[-1].outcome is not Outcome.HELD)
        wanted += _names(number)
        assert sale_queue() == wanted, f"died at {die_at} of {places}"
    assert relay.mongo.task_logs.count_documents({"status": "PENDING"}) == len(wanted)
    assert relay.mongo.task_logs.count_documents({}) == len(wanted)


def _names(number: int) -> list[str]:
    return [f"HĐ-{number}-{of}" for of in range(5)]


def _new_documents(pharmacy: Desk, number: int) -> None:
    """Three batches."""
    for name in _names(number):
        pharmacy.insert(name)


def _run_one(settings: Settings, app: Celery, *, die_at: int) -> int:
    """A relay of its own, for one cycle at most. Gives the number of places it came to."""
    places = 0

    def pause(_where: str) -> None:
        nonlocal places
        # Once dead, always dead: nothing of the clean-up gets through either.
        if places >= die_at:
            raise Killed
        places += 1

    victim = wiring.build(settings, app)
    ports = victim.ports
    stores = ("changes", "leases", "checkpoints", "journal", "history", "publisher")
    changes: dict[str, Any] = {name: Paused(getattr(ports, name), pause) for name in stores}
    paused = replace(ports, **changes)
    try:
        run_cycle(victim.own(SALE), paused, victim.options, StillHeartbeat())
    except Killed:
        pass
    finally:
        victim.close()
    return places
