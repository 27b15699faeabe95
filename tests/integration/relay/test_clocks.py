"""Beat and workers on machines whose clocks differ."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from celery import Celery
from sandbox.processes import Child, stop_all
from sandbox.waiting import wait_until

from common.database.mssql_client import MSSQLClient
from tests.chaos.clock import Clock
from tests.support.pharmacy import desk
from tests.support.queues import business_ids_in_redis
from tests.support.relay_process import environment_of

HOUR = 3600.0
ARRIVAL_SECONDS = 20.0
PROGRAMS = {"worker": ["worker", "--concurrency", "2"], "beat": ["beat"]}


@pytest.mark.parametrize("beat", [HOUR, -HOUR], ids=["ahead", "behind"])
def test_a_beat_whose_clock_is_not_the_workers_has_documents_sent(
    beat: float, mssql: MSSQLClient, celery_app: Celery, environment: dict[str, str], tmp_path: Path
) -> None:
    clocks = {name: Clock(tmp_path / f"{name}.clock") for name in PROGRAMS}
    clocks["beat"].put(beat)
    settings = environment_of({**environment, "RELAY_SCAN_INTERVAL": "1"})
    running: list[Child] = []
    try:
        for name, arguments in PROGRAMS.items():
            celery = ["-m", "tests.chaos.clock", str(clocks[name].path), "celery", "-A", "relay.celery_app", *arguments]
            log = tmp_path / f"{name}.log"
            running.append(Child.start(name, [sys.executable, *celery], log=log, env=settings, cwd=tmp_path))
        with desk(environment) as pharmacy:
            pharmacy.insert("HĐ-1")
            wait_until(lambda: business_ids_in_redis(celery_app, "sale_queue") == ["HĐ-1"], timeout=ARRIVAL_SECONDS)
            pharmacy.insert("HĐ-2")
            wait_until(lambda: len(business_ids_in_redis(celery_app, "sale_queue")) == 2, timeout=ARRIVAL_SECONDS)
    finally:
        stop_all(running)
