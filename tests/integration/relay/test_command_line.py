"""`relay` as a person types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from celery import Celery
from sandbox.services import free_port

from common.config import Settings
from common.database.mongo_client import MongoStore
from common.database.mssql_client import MSSQLClient
from relay.sources.builtin import SALE
from tests.support.pharmacy import SHOP, desk
from tests.support.queues import messages_in_redis, redis_of

Done = subprocess.CompletedProcess[str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where nobody has left a .env."""
    return tmp_path


def run_relay(folder: Path, *words: str, environment: Mapping[str, str]) -> Done:
    rest = {name: value for name, value in os.environ.items() if name not in Settings.model_fields}
    program = str(Path(sys.executable).parent / "relay")
    return subprocess.run(
        [program, *words],
        cwd=folder,
        env={**rest, "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_scan_sends_what_is_pending_and_says_so(
    mssql: MSSQLClient, celery_app: Celery, environment: dict[str, str], folder: Path
) -> None:
    with desk(environment) as pharmacy:
        pharmacy.insert("HĐ-1")
    done = run_relay(folder, "scan", environment=environment)
    assert done.returncode == 0, done.stderr
    assert len(messages_in_redis(celery_app, "sale_queue")) == 1
    [line] = [line for line in done.stdout.splitlines() if "│ sale" in line]
    assert "done" in line
    assert "first_run" in line.replace(" ", "_")


def test_reconcile_lists_what_waits_for_long_and_sends_it_again_on_request(
    mssql: MSSQLClient, celery_app: Celery, environment: dict[str, str], folder: Path
) -> None:
    with desk(environment) as pharmacy:
        pharmacy.insert("HĐ-1")
        pharmacy.insert("HĐ-2")
        run_relay(folder, "scan", "sale", environment=environment)
        pharmacy.set_status("HĐ-2", "SYNCED")
    young = run_relay(folder, "reconcile", "sale", environment=environment)
    assert young.returncode == 0, young.stderr
    assert "in the queue, or with its worker service │ 1" in young.stdout
    stuck = run_relay(folder, "reconcile", "sale", "--older-than", "0", environment=environment)
    assert "dispatched long ago, and still pending │ 1" in stuck.stdout
    assert "HĐ-1" in stuck.stdout
    assert "HĐ-2" not in stuck.stdout

    again = run_relay(folder, "reconcile", "sale", "--older-than", "0", "--resend", environment=environment)
    assert again.returncode == 0, again.stderr
    first, _, last = messages_in_redis(celery_app, "sale_queue")
    assert last["headers"]["id"] != first["headers"]["id"]
    assert last["headers"]["argsrepr"] == first["headers"]["argsrepr"]


def test_a_full_queue_is_waited_for_and_the_status_says_so(
    mssql: MSSQLClient, celery_app: Celery, environment: dict[str, str], folder: Path
) -> None:
    limited = {**environment, "RELAY_QUEUE_LIMIT": "2", "RELAY_BATCH_SIZE": "2"}
    with desk(environment) as pharmacy:
        for number in range(5):
            pharmacy.insert(f"HĐ-{number}")
    full = run_relay(folder, "scan", "sale", environment=limited)
    assert "the queue is full" in full.stdout.replace("\n", " ")
    [sale, *_] = _status(folder, limited)
    assert (sale["queue_length"], sale["queue_is_full"], sale["sealed"]) == (2, True, 3)

    with redis_of(celery_app) as client:
        client.ltrim("sale_queue", 0, 0)
    run_relay(folder, "scan", "sale", environment=limited)
    [sale, *_] = _status(folder, limited)
    assert (sale["queue_length"], sale["sealed"]) == (3, 1), "a batch more, and full again"

    with redis_of(celery_app) as client:
        client.delete("sale_queue")
    run_relay(folder, "scan", "sale", environment=limited)
    [sale, *_] = _status(folder, limited)
    assert (sale["queue_length"], sale["queue_is_full"], sale["sealed"]) == (1, False, 0)
    assert sale["last_baseline"]["reason"] == "first_run"


def _status(folder: Path, environment: dict[str, str]) -> list[dict[str, Any]]:
    done = run_relay(folder, "status", "--json", environment=environment)
    assert done.returncode == 0, done.stderr
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_the_status_names_what_a_person_must_fix(mssql: MSSQLClient, environment: dict[str, str], folder: Path) -> None:
    wrong = folder / "sources.toml"
    wrong.write_text('[sources.sale]\ntable = "NoSuchTable"\n', encoding="utf-8")
    done = run_relay(folder, "status", environment={**environment, "RELAY_SOURCES": str(wrong), "COLUMNS": "200"})
    assert done.returncode == 2
    assert "there is no table dbo.NoSuchTable" in done.stdout


def test_dry_run_says_what_would_be_sent_and_sends_nothing(
    mssql: MSSQLClient, celery_app: Celery, environment: dict[str, str], folder: Path
) -> None:
    with desk(environment) as pharmacy:
        pharmacy.insert("HĐ-1")
        first = run_relay(folder, "scan", "sale", "--dry-run", environment=environment)
        assert first.returncode == 0, first.stderr
        assert f"HĐ-1, {SHOP}" in first.stdout
        assert messages_in_redis(celery_app, "sale_queue") == []
        run_relay(folder, "scan", "sale", environment=environment)
        pharmacy.insert("HĐ-2")
        second = run_relay(folder, "scan", "sale", "--dry-run", environment=environment)
    assert f"HĐ-2, {SHOP}" in second.stdout
    assert f"HĐ-1, {SHOP}" not in second.stdout
    assert len(messages_in_redis(celery_app, "sale_queue")) == 1


def test_missing_settings_are_named(folder: Path) -> None:
    done = run_relay(folder, "scan", environment={})
    assert done.returncode == 2
    assert done.stderr.startswith("relay: MSSQL_SERVER is not set")
    assert "Traceback" not in done.stderr


def test_an_unknown_source_is_named_beside_the_known_ones(folder: Path, environment: dict[str, str]) -> None:
    done = run_relay(folder, "scan", "sales", environment=environment)
    assert done.returncode == 2
    assert "sales" in done.stderr
    assert "sale, import, cancellation" in done.stderr


@pytest.mark.parametrize("setting", ["MSSQL_SERVER", "MONGO_URI", "REDIS_PORT"])
def test_a_service_that_is_away_is_one_line_and_an_exit_code_of_its_own(
    setting: str, mssql: MSSQLClient, environment: dict[str, str], folder: Path
) -> None:
    port = free_port()
    away = {
        "MSSQL_SERVER": f"127.0.0.1,{port}",
        "MONGO_URI": f"mongodb://127.0.0.1:{port}/?serverSelectionTimeoutMS=500",
        "REDIS_PORT": str(port),
    }
    done = run_relay(folder, "scan", "sale", environment={**environment, setting: away[setting]})
    assert done.returncode == 3, done.stderr
    assert " is away at 127.0.0.1:" in done.stderr.splitlines()[-1]
    assert "Traceback" not in done.stderr
    assert environment["MSSQL_PASSWORD"] not in done.stderr + done.stdout


def test_a_database_without_the_tables_is_told_with_the_remedy(
    servers: Mapping[str, str], environment: dict[str, str], folder: Path
) -> None:
    done = run_relay(folder, "scan", "sale", environment={**environment, "MSSQL_DATABASE": "master"})
    assert done.returncode == 2, done.stderr
    assert "there is no table dbo.SalesInvoices" in done.stderr


def test_help_gives_an_example(folder: Path) -> None:
    done = run_relay(folder, "scan", "--help", environment={})
    assert "Example: relay scan sale --dry-run" in done.stdout


def test_a_source_that_somebody_works_on_is_not_adopted_in_silence(
    mssql: MSSQLClient, mongo_store: MongoStore, environment: dict[str, str], folder: Path
) -> None:
    source = replace(SALE, database=Settings.model_validate(environment).database_name)
    lease = mongo_store.leases.acquire(source.id)
    assert lease is not None
    done = run_relay(folder, "adopt", "sale", "--yes", environment=environment)
    assert done.returncode == 2
    assert "sale: it was not taken over (somebody else holds the lease); run again: relay adopt sale" in done.stderr
    mongo_store.leases.release(lease)
    assert run_relay(folder, "adopt", "sale", "--yes", environment=environment).returncode == 0


def test_who_cannot_be_asked_is_told_of_yes(mssql: MSSQLClient, environment: dict[str, str], folder: Path) -> None:
    done = run_relay(folder, "adopt", "sale", environment=environment)
    assert done.returncode == 2
    assert "--yes" in done.stderr
