"""Two beats and three workers: far more ticks than there is work, and still nothing comes twice."""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from pathlib import Path

import pytest
from celery import Celery
from sandbox.processes import Child, stop_all
from sandbox.waiting import wait_until

from common.config import Settings
from common.database.mssql_client import MSSQLClient
from examples.pharmacy.documents import KINDS, PENDING
from tests.support.pharmacy import Desk, desk
from tests.support.queues import business_ids_in_redis
from tests.support.relay_process import PROJECT

DOCUMENTS = int(os.environ.get("RELAY_CROWD_DOCUMENTS", "150"))
"""Twenty seconds' work; a tenth of them asks twice."""
BETWEEN_SECONDS = 0.05
EVERY_TENTH_AGAIN = 10
ARRIVAL_SECONDS = 30.0
BEATS = 2
WORKERS = 3

Documents = Counter[tuple[str, str]]


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    return {**environment, "RELAY_LEASE_SECONDS": "1", "RELAY_SCAN_INTERVAL": "0.1", "RELAY_BATCH_SIZE": "5"}


@pytest.mark.timeout(DOCUMENTS + 120)
def test_a_crowd_sends_nothing_twice(
    mssql: MSSQLClient, celery_app: Celery, environment: dict[str, str], tmp_path: Path
) -> None:
    crowd = [_start(f"beat-{n}", ["beat", "-s", f"schedule-{n}"], tmp_path, environment) for n in range(BEATS)]
    crowd += [
        _start(f"worker-{n}", ["worker", "--concurrency", "2", "-n", f"w{n}@%h"], tmp_path, environment)
        for n in range(WORKERS)
    ]
    try:
        with desk(environment) as pharmacy:
            asked = _write(pharmacy, celery_app)
        wait_until(
            lambda: _pushed(celery_app).total() >= asked.total(),
            timeout=ARRIVAL_SECONDS,
            message="the crowd does not push",
        )
        assert all(member.exit_code is None for member in crowd)
    finally:
        stop_all(crowd)
    assert _pushed(celery_app) == asked


def _write(pharmacy: Desk, app: Celery) -> Documents:
    """New documents of all kinds, and one in ten opened again once it is out; how often each has to come."""
    asked: Documents = Counter()
    for number in range(1, DOCUMENTS + 1):
        kind = KINDS[number % len(KINDS)]
        pharmacy.insert(f"D-{number}", kind=kind)
        asked[kind.name, f"D-{number}"] += 1
        if number % EVERY_TENTH_AGAIN == 0:
            wait_until(
                lambda name=f"D-{number}", queue=kind.queue: name in business_ids_in_redis(app, queue),  # type: ignore[misc]
                timeout=ARRIVAL_SECONDS,
            )
            pharmacy.set_status(f"D-{number}", "SYNCED", kind=kind)
            pharmacy.set_status(f"D-{number}", PENDING, kind=kind)
            asked[kind.name, f"D-{number}"] += 1
        time.sleep(BETWEEN_SECONDS)
    return asked


def _pushed(app: Celery) -> Documents:
    return Counter((kind.name, business_id) for kind in KINDS for business_id in business_ids_in_redis(app, kind.queue))


def _start(name: str, command: list[str], folder: Path, environment: dict[str, str]) -> Child:
    rest = {name: value for name, value in os.environ.items() if name not in Settings.model_fields}
    return Child.start(
        name,
        [str(Path(sys.executable).parent / "celery"), "-A", "relay.celery_app", *command],
        log=folder / f"{name}.log",
        env={**rest, **environment, "PYTHONPATH": str(PROJECT)},
        cwd=folder,
    )
