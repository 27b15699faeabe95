"""While rows flow, a tick stays awake: real processes, with ticks that are far apart."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path

import psutil
import pytest
from celery import Celery
from sandbox.processes import stop_all
from sandbox.waiting import wait_until

from common.database.mongo_client import MongoStore
from examples.pharmacy.documents import IMPORT
from relay.operations.linger import PAUSE_SECONDS
from relay.worker.schedule import SCAN
from tests.support.pharmacy import Desk
from tests.support.queues import Queued
from tests.support.relay_process import running_relay, start_celery

INTERVAL = 30.0
NEVER = "3600"
SOON_SECONDS = 60.0


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    return {**environment, "RELAY_SCAN_INTERVAL": str(INTERVAL)}


def _await(queue: Queued, *invoices: str) -> None:
    wait_until(lambda: queue() == list(invoices), timeout=SOON_SECONDS, message=f"{invoices} are not all there")


def _lingering(app: Celery) -> Sequence[int]:
    """The processes in which a tick lingers, or looks in this moment."""
    active = app.control.inspect(timeout=2).active() or {}
    return [task["worker_pid"] for tasks in active.values() for task in tasks if task["name"] == SCAN]


def _await_lingering(app: Celery) -> int:
    [process] = wait_until(lambda: _lingering(app), timeout=SOON_SECONDS, message="no tick lingers")
    return process


def test_rows_that_trickle_in_do_not_wait_for_ticks(
    pharmacy: Desk, sale_queue: Queued, environment: dict[str, str], tmp_path: Path
) -> None:
    invoices = [f"D-{number}" for number in range(6)]
    with running_relay(tmp_path, environment) as relay:
        pharmacy.insert(invoices[0])
        _await(sale_queue, invoices[0])
        began = time.monotonic()
        for number in range(1, len(invoices)):
            pharmacy.insert(invoices[number])
            _await(sale_queue, *invoices[: number + 1])
        assert time.monotonic() - began < INTERVAL, "each would have waited for a tick of its own"
        assert "Traceback" not in relay.log.read_text()


def test_it_ends_when_nothing_comes(
    pharmacy: Desk, sale_queue: Queued, celery_app: Celery, environment: dict[str, str], tmp_path: Path
) -> None:
    with running_relay(tmp_path, {**environment, "RELAY_LINGER_SECONDS": "4", "RELAY_SCAN_INTERVAL": NEVER}):
        _await_lingering(celery_app)
        pharmacy.insert("D-1")
        _await(sale_queue, "D-1")
        wait_until(lambda: not _lingering(celery_app), timeout=SOON_SECONDS, message="it goes on")


def test_it_can_be_switched_off(
    pharmacy: Desk, sale_queue: Queued, celery_app: Celery, environment: dict[str, str], tmp_path: Path
) -> None:
    pharmacy.insert("D-1")
    with running_relay(tmp_path, {**environment, "RELAY_LINGER_SECONDS": "0", "RELAY_SCAN_INTERVAL": NEVER}):
        _await(sale_queue, "D-1")
        pharmacy.insert("D-2")
        assert not _lingering(celery_app)
        until = time.monotonic() + 3
        wait_until(lambda: time.monotonic() > until, timeout=SOON_SECONDS)
        assert sale_queue() == ["D-1"], "it waits for the next tick"


def test_a_worker_that_is_told_to_end_does_not_wait_for_it(
    pharmacy: Desk, sale_queue: Queued, celery_app: Celery, environment: dict[str, str], tmp_path: Path
) -> None:
    with running_relay(tmp_path, {**environment, "RELAY_LINGER_SECONDS": NEVER, "RELAY_SCAN_INTERVAL": NEVER}) as relay:
        _await_lingering(celery_app)
        os.kill(relay.pid, signal.SIGTERM)
        wait_until(lambda: relay.exit_code is not None, timeout=SOON_SECONDS, message="the worker goes on")
        assert relay.exit_code == 0
        assert "Traceback" not in relay.log.read_text()


def test_what_is_killed_while_it_lingers_is_followed_by_the_next_tick(
    pharmacy: Desk, sale_queue: Queued, celery_app: Celery, environment: dict[str, str], tmp_path: Path
) -> None:
    with running_relay(tmp_path, {**environment, "RELAY_LINGER_SECONDS": NEVER, "RELAY_SCAN_INTERVAL": "10"}):
        os.kill(_await_lingering(celery_app), signal.SIGKILL)
        pharmacy.insert("D-1")
        _await(sale_queue, "D-1")
        _await_lingering(celery_app)
        pharmacy.insert("D-2")
        _await(sale_queue, "D-1", "D-2")


def test_nothing_lingers_on_when_its_worker_is_killed(
    celery_app: Celery, pharmacy: Desk, environment: dict[str, str], tmp_path: Path
) -> None:
    with running_relay(tmp_path, {**environment, "RELAY_LINGER_SECONDS": NEVER, "RELAY_SCAN_INTERVAL": NEVER}) as relay:
        lingering = psutil.Process(_await_lingering(celery_app))
        os.kill(relay.pid, signal.SIGKILL)
        wait_until(lambda: not lingering.is_running(), timeout=SOON_SECONDS, message="it lingers on")


def test_a_worker_with_one_process_does_what_its_ticks_hand_out(
    pharmacy: Desk, sale_queue: Queued, environment: dict[str, str], tmp_path: Path
) -> None:
    often = {**environment, "RELAY_LINGER_SECONDS": NEVER, "RELAY_SCAN_INTERVAL": "1"}
    running = [start_celery("worker", tmp_path, often, "worker", "-c1"), start_celery("beat", tmp_path, often, "beat")]
    try:
        for number in range(3):
            pharmacy.insert(f"D-{number}")
            _await(sale_queue, *[f"D-{each}" for each in range(number + 1)])
    finally:
        stop_all(running)


def test_of_two_workers_one_has_a_tick_that_lingers(
    pharmacy: Desk, sale_queue: Queued, celery_app: Celery, environment: dict[str, str], tmp_path: Path
) -> None:
    often = {**environment, "RELAY_LINGER_SECONDS": NEVER, "RELAY_SCAN_INTERVAL": "5"}
    with running_relay(tmp_path, often):
        other = start_celery("other", tmp_path, often, "worker", "-n", "other@%h")
        try:
            _await_lingering(celery_app)
            wait_until(lambda: len(celery_app.control.inspect(timeout=2).ping() or {}) == 2, timeout=SOON_SECONDS)
            for number in range(20):
                pharmacy.insert(f"D-{number}")
                wait_until(lambda number=number: len(sale_queue()) > number, timeout=SOON_SECONDS)  # type: ignore[misc]
            # The next tick may look in this moment.
            wait_until(lambda: len(_lingering(celery_app)) == 1, timeout=SOON_SECONDS, message="several linger")
        finally:
            stop_all([other])


def test_commits_of_others_seal_a_window_now_and_then_and_hold_up_no_row(
    pharmacy: Desk,
    sale_queue: Queued,
    celery_app: Celery,
    mongo_store: MongoStore,
    environment: dict[str, str],
    tmp_path: Path,
) -> None:
    with running_relay(tmp_path, {**environment, "RELAY_LINGER_SECONDS": NEVER, "RELAY_SCAN_INTERVAL": NEVER}):
        pharmacy.insert("D-1")
        _await(sale_queue, "D-1")
        before, began = _windows(mongo_store, environment), time.monotonic()
        for number in range(60):
            pharmacy.insert(f"I-{number}", kind=IMPORT, status="DRAFT")
            until = began + 0.2 * number
            wait_until(lambda until=until: time.monotonic() > until, timeout=SOON_SECONDS)  # type: ignore[misc]
        sealed = _windows(mongo_store, environment) - before
        assert 1 <= sealed <= (time.monotonic() - began) / PAUSE_SECONDS + 2
        pharmacy.insert("D-2")
        _await(sale_queue, "D-1", "D-2")


def _windows(mongo: MongoStore, environment: dict[str, str]) -> int:
    found = mongo.checkpoint_collection.find_one({"_id": f"{environment['MSSQL_DATABASE']}.sale"}) or {}
    return int(found["window_number"])
