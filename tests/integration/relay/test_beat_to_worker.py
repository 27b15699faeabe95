"""The whole path through real processes: SQL Server, beat, relay's worker, Redis, the worker services."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import psutil
import pytest
from celery import Celery
from sandbox.services import free_port
from sandbox.waiting import wait_until

from common.database.mongo_client import MongoStore
from common.database.mssql_client import MSSQLClient
from examples.pharmacy.demo import programs
from examples.pharmacy.demo.programs import Workshop
from examples.pharmacy.documents import KINDS, PENDING, SYNCED
from tests.support.pharmacy import SHOP, Desk, desk
from tests.support.queues import messages_in_redis
from tests.support.relay_process import running_relay

ARRIVAL_SECONDS = 60.0
IDS = [f"D-{number}" for number in range(5)]


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    return {**environment, "RELAY_SCAN_INTERVAL": "0.5"}


def test_documents_reach_their_worker_services_once(
    mssql: MSSQLClient, environment: dict[str, str], tmp_path: Path
) -> None:
    workshop = Workshop(folder=tmp_path, environment=programs.environment(environment, scan_interval=0.5))
    with desk(environment) as pharmacy, programs.relay_and_services(workshop):
        for kind in KINDS:
            for local_id in IDS:
                pharmacy.insert(local_id, kind=kind)
        _await_all_synced(pharmacy)
        for kind in KINDS:
            pharmacy.set_status("D-0", PENDING, kind=kind)
        _await_all_synced(pharmacy)

    for kind in KINDS:
        handled = [json.loads(line)["key"][1] for line in workshop.record(kind).read_text().splitlines()]
        assert sorted(handled) == sorted([*IDS, "D-0"]), kind.name


def test_relay_leaves_the_queues_of_the_services_alone(
    mssql: MSSQLClient, celery_app: Celery, environment: dict[str, str], tmp_path: Path
) -> None:
    with desk(environment) as pharmacy, running_relay(tmp_path, environment):
        pharmacy.insert("D-1")
        wait_until(lambda: messages_in_redis(celery_app, "sale_queue"), timeout=ARRIVAL_SECONDS)
        pharmacy.insert("D-2")
        wait_until(lambda: len(messages_in_redis(celery_app, "sale_queue")) == 2, timeout=ARRIVAL_SECONDS)


def test_now_as_first_run_sends_only_what_comes_after(
    mssql: MSSQLClient, mongo_store: MongoStore, celery_app: Celery, environment: dict[str, str], tmp_path: Path
) -> None:
    has_watermark = {"_id": f"{environment['MSSQL_DATABASE']}.sale", "version": {"$ne": None}}
    with desk(environment) as pharmacy:
        pharmacy.insert("old")
        with running_relay(tmp_path, {**environment, "RELAY_FIRST_RUN": "now"}):
            wait_until(lambda: mongo_store.checkpoint_collection.find_one(has_watermark), timeout=ARRIVAL_SECONDS)
            pharmacy.insert("new")
            wait_until(lambda: messages_in_redis(celery_app, "sale_queue"), timeout=ARRIVAL_SECONDS)
    [message] = messages_in_redis(celery_app, "sale_queue")
    assert message["headers"]["argsrepr"] == f"('new', '{SHOP}')"


def _await_all_synced(pharmacy: Desk) -> None:
    wait_until(
        lambda: all(pharmacy.statuses(kind=kind) == dict.fromkeys(IDS, SYNCED) for kind in KINDS),
        timeout=ARRIVAL_SECONDS,
        message="not every document was synchronised",
    )


def test_a_service_that_is_away_is_a_line_in_the_log_and_no_traceback(
    environment: dict[str, str], tmp_path: Path
) -> None:
    away = {**environment, "MONGO_URI": f"mongodb://127.0.0.1:{free_port()}/?serverSelectionTimeoutMS=300"}
    with running_relay(tmp_path, away) as relay:
        wait_until(lambda: "left_to_the_next_tick" in relay.log.read_text(), timeout=ARRIVAL_SECONDS)
        assert "Traceback" not in relay.log.read_text()


def test_nothing_outlives_a_worker_that_was_killed(environment: dict[str, str], tmp_path: Path) -> None:
    with running_relay(tmp_path, environment) as relay:
        wait_until(lambda: "beat: Starting" in relay.log.read_text(), timeout=ARRIVAL_SECONDS)
        family = psutil.Process(relay.pid)
        wait_until(lambda: len(family.children(recursive=True)) > 1, timeout=ARRIVAL_SECONDS, message="no pool")
        children = family.children(recursive=True)
        os.kill(relay.pid, signal.SIGKILL)
        wait_until(
            lambda: not any(child.is_running() for child in children),
            timeout=ARRIVAL_SECONDS,
            message="a child lives on",
        )


def test_workers_do_not_wait_for_one_another(environment: dict[str, str], tmp_path: Path) -> None:
    with running_relay(tmp_path, environment) as relay:
        wait_until(lambda: " ready." in relay.log.read_text(), timeout=ARRIVAL_SECONDS, message="it does not start")
        assert "mingle" not in relay.log.read_text()
