"""What a tick that lingers does when a service has a bad day."""

from __future__ import annotations

import os
import re
import signal
from collections.abc import Sequence
from pathlib import Path

import pytest
from celery import Celery
from sandbox.control import SqlServerControl
from sandbox.sqlserver.faults.model import CutFault, DelayFault
from sandbox.waiting import wait_until

from common.database.mongo_client import MongoStore
from examples.pharmacy.documents import IMPORT, KINDS
from tests.support.pharmacy import Desk
from tests.support.queues import Queued, business_ids_in_redis
from tests.support.relay_process import running_relay, start_celery

NEVER = "3600"
SOON_SECONDS = 60.0
STALL_MS = 600_000
OWN_ROWS_OF_SALE = "[SalesInvoices].local_invoice_id"
"""In the statement that reads them, and in no look."""
A_LOOK = "EXISTS (SELECT 1"
"""In each look of a tick that lingers, and in nothing else."""


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    return {**environment, "RELAY_LINGER_SECONDS": NEVER, "RELAY_SCAN_INTERVAL": NEVER}


def test_a_connection_that_is_cut_is_left_to_the_next_tick_which_goes_on(
    pharmacy: Desk, sale_queue: Queued, control: SqlServerControl, environment: dict[str, str], tmp_path: Path
) -> None:
    with running_relay(tmp_path, {**environment, "RELAY_SCAN_INTERVAL": "10"}) as relay:
        pharmacy.insert("D-1")
        wait_until(lambda: sale_queue() == ["D-1"], timeout=SOON_SECONDS)
        control.arm(CutFault(text=A_LOOK))
        wait_until(lambda: "left_to_the_next_tick" in relay.log.read_text(), timeout=SOON_SECONDS)
        pharmacy.insert("D-2")
        wait_until(lambda: sale_queue() == ["D-1", "D-2"], timeout=SOON_SECONDS)
        wait_until(lambda: "recovered" in relay.log.read_text(), timeout=SOON_SECONDS)
        assert len(re.findall("left_to_the_next_tick", relay.log.read_text())) == 1
        assert "Traceback" not in relay.log.read_text()


def test_a_tick_gives_way_where_every_other_process_is_held_up(
    pharmacy: Desk,
    sale_queue: Queued,
    celery_app: Celery,
    mongo_store: MongoStore,
    control: SqlServerControl,
    environment: dict[str, str],
    tmp_path: Path,
) -> None:
    """Fewer processes than sources: one reads a table that gives nothing, and in the other a tick lingers."""
    patient = {**environment, "RELAY_STALL_SECONDS": str(STALL_MS / 1000)}
    beat = start_celery("beat", tmp_path, patient, "beat")
    worker = start_celery("worker", tmp_path, patient, "worker", "-c2")
    checkpoints = mongo_store.checkpoint_collection
    is_done = {"version": {"$ne": None}, "open_window": None, "lease.owner": None}
    is_held_up = {"_id": f"{environment['MSSQL_DATABASE']}.sale", "lease.owner": {"$ne": None}}
    try:
        wait_until(lambda: checkpoints.count_documents(is_done) == len(KINDS), timeout=SOON_SECONDS)
        control.arm(DelayFault(text=OWN_ROWS_OF_SALE, milliseconds=STALL_MS, times=None))
        pharmacy.insert("D-1")
        wait_until(lambda: checkpoints.find_one(is_held_up), timeout=SOON_SECONDS, message="nothing lingers")
        pharmacy.insert("I-1", kind=IMPORT)
        wait_until(lambda: business_ids_in_redis(celery_app, IMPORT.queue) == ["I-1"], timeout=SOON_SECONDS)
        assert sale_queue() == []
    finally:
        worker.kill_group()
        beat.kill_group()


def test_a_process_that_is_killed_while_it_scans_keeps_its_source_from_no_tick_that_lingers(
    pharmacy: Desk,
    sale_queue: Queued,
    celery_app: Celery,
    control: SqlServerControl,
    environment: dict[str, str],
    tmp_path: Path,
) -> None:
    """bug: its lease is never given back, and the source waited for the next tick."""
    with running_relay(tmp_path, {**environment, "RELAY_LEASE_SECONDS": "2"}):
        pharmacy.insert("D-1")
        wait_until(lambda: sale_queue() == ["D-1"], timeout=SOON_SECONDS)
        control.arm(DelayFault(text=OWN_ROWS_OF_SALE, milliseconds=STALL_MS))
        pharmacy.insert("D-2")
        [process] = wait_until(lambda: _scanning(celery_app), timeout=SOON_SECONDS, message="nothing is scanned")
        os.kill(process, signal.SIGKILL)
        wait_until(lambda: sale_queue() == ["D-1", "D-2"], timeout=SOON_SECONDS, message="it waits for a tick")


def _scanning(app: Celery) -> Sequence[int]:
    """The processes that scan the sales."""
    active = app.control.inspect(timeout=2).active() or {}
    return [task["worker_pid"] for tasks in active.values() for task in tasks if task["args"] == ["sale"]]
