"""kill -9 again and again, wherever it happens to hit, while documents are written."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from celery import Celery
from sandbox.waiting import wait_until

from common.database.mssql_client import MSSQLClient
from examples.pharmacy.documents import KINDS
from tests.support.pharmacy import desk
from tests.support.queues import business_ids_in_redis
from tests.support.relay_process import start_relay

KILLS = 4
DOCUMENTS_A_START = 60
ARRIVAL_SECONDS = 60.0


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    return {**environment, "RELAY_LEASE_SECONDS": "1", "RELAY_SCAN_INTERVAL": "0.2", "RELAY_BATCH_SIZE": "7"}


def test_every_document_is_pushed_exactly_once(
    mssql: MSSQLClient, celery_app: Celery, environment: dict[str, str], tmp_path: Path
) -> None:
    written: Counter[tuple[str, str]] = Counter()
    with desk(environment) as pharmacy:
        for start in range(KILLS + 1):
            relay = start_relay(tmp_path, environment)
            try:
                arrived_before = _pushed(celery_app).total()
                for number in range(DOCUMENTS_A_START):
                    kind = KINDS[number % len(KINDS)]
                    pharmacy.insert(f"D-{start}-{number}", kind=kind)
                    written[kind.name, f"D-{start}-{number}"] += 1
                # The last start works everything off, the others are cut off in the middle of their work.
                enough = written.total() if start == KILLS else arrived_before + 1
                wait_until(
                    lambda enough=enough: _pushed(celery_app).total() >= enough,  # type: ignore[misc]
                    timeout=ARRIVAL_SECONDS,
                    message="relay does not push",
                )
            finally:
                relay.kill_group()
    assert _pushed(celery_app) == written


def _pushed(app: Celery) -> Counter[tuple[str, str]]:
    """How many times each document is in its queue."""
    return Counter((kind.name, business_id) for kind in KINDS for business_id in business_ids_in_redis(app, kind.queue))
