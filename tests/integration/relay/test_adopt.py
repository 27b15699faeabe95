"""`relay adopt`, and the relay that somebody starts with another MongoDB, as people type them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pymongo
import pytest
from celery import Celery

from common.database.mssql_client import MSSQLClient
from tests.integration.relay.test_command_line import Done, run_relay
from tests.support.pharmacy import Desk
from tests.support.queues import messages_in_redis

Type = Callable[..., Done]


@pytest.fixture
def typed(mssql: MSSQLClient, pharmacy: Desk, environment: dict[str, str], tmp_path: Path) -> Type:
    """One document was dispatched, and waits for its worker service; what is typed then, and with which settings."""

    def type_(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        return run_relay(tmp_path, *words, environment={**environment, **settings})

    pharmacy.insert("HĐ-1")
    assert type_("scan", "sale").returncode == 0
    return type_


@pytest.fixture
def elsewhere(environment: dict[str, str]) -> Iterator[dict[str, str]]:
    """Another MongoDB's settings."""
    name = f"{environment['MONGO_DB_NAME']}_elsewhere"
    yield {"MONGO_DB_NAME": name}
    with pymongo.MongoClient[dict[str, object]](environment["MONGO_URI"]) as client:
        client.drop_database(name)


def _names(app: Celery) -> list[str]:
    return [message["headers"]["argsrepr"].split("'")[1] for message in messages_in_redis(app, "sale_queue")]


def _lose_mongo(environment: dict[str, str]) -> None:
    """The same address, and nothing in it: where MongoDB was moved to."""
    with pymongo.MongoClient[dict[str, object]](environment["MONGO_URI"]) as client:
        for collection in ("checkpoints", "task_logs"):
            client[environment["MONGO_DB_NAME"]][collection].delete_many({})


def test_a_stray_scan_with_another_mongo_sends_nothing_and_says_why(
    typed: Type, celery_app: Celery, elsewhere: dict[str, str]
) -> None:
    for _ in range(3):
        done = typed("scan", "sale", **elsewhere)
        assert done.returncode == 2
        assert "works on it with its state in another MongoDB" in done.stderr
        assert "relay adopt sale" in done.stderr
        assert "Traceback" not in done.stderr
    assert _names(celery_app) == ["HĐ-1"]
    assert typed("scan", "sale").returncode == 0


def test_a_planned_move_sends_nothing_again(
    typed: Type, celery_app: Celery, pharmacy: Desk, environment: dict[str, str]
) -> None:
    _lose_mongo(environment)
    assert typed("scan", "sale").returncode == 2
    done = typed("adopt", "sale", "--yes")
    assert done.returncode == 0, done.stderr
    pharmacy.insert("HĐ-2")
    assert typed("scan", "sale").returncode == 0
    assert _names(celery_app) == ["HĐ-1", "HĐ-2"]


def test_status_tells_whose_the_source_is(typed: Type, elsewhere: dict[str, str]) -> None:
    shown = typed("status", "--json", **elsewhere)
    found = {one["source"]: one for one in map(json.loads, shown.stdout.splitlines())}
    assert not found["sale"]["is_ours"]
    assert found["sale"]["at_work"]["host"]
    assert 0 <= found["sale"]["at_work"]["seconds"] < 60


@pytest.mark.parametrize("words", [["adopt"], ["adopt", "--all", "sale"]], ids=["nothing", "both"])
def test_the_sources_must_be_named_or_all_of_them_meant(typed: Type, words: list[str]) -> None:
    done = typed(*words)
    assert done.returncode == 2
    assert done.stderr.strip() == "relay: name the sources, or write --all"


def test_without_a_terminal_it_does_not_go_on_unasked(typed: Type, environment: dict[str, str]) -> None:
    _lose_mongo(environment)
    done = typed("adopt", "sale")
    assert done.returncode != 0
    assert "last worked on by a relay on host" in done.stdout
    assert typed("scan", "sale").returncode == 2, "nothing was adopted"


def test_an_unknown_source_is_named(typed: Type) -> None:
    done = typed("adopt", "sales", "--yes")
    assert done.returncode == 2
    assert "sales" in done.stderr
