"""A table that nobody foresaw, added by a file alone: bracketed names, a key of int and uniqueidentifier."""

from __future__ import annotations

import json
import uuid
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyodbc
import pytest
from celery import Celery
from kombu.utils import json as kombu_json
from sandbox.waiting import wait_until

from common.database.mongo_client import MongoStore
from common.database.mssql_client import MSSQLClient
from examples.pharmacy.connection import connect
from relay.cycle.reasons import SENTENCES, Reason
from relay.sources.check import check_sources
from relay.sources.file import parse_sources
from relay.tracking import enabling
from tests.integration.relay.test_command_line import Done, run_relay
from tests.support.queues import messages_in_redis, redis_of
from tests.support.relay_process import running_relay

TABLE = "[stock room].[Goods ]] in]"
TOML = """
[sources.goods]
table = "[stock room].[Goods ]] in]"
key = ["shop no", "receipt id"]
args = ["receipt id", "shop no"]
status_column = "sync state"
pending_value = "TO_SEND"
queue = "relay_test_goods"
"""
QUEUE = "relay_test_goods"
FIRST = uuid.UUID(int=1)
SECOND = uuid.UUID(int=2)

Relay = Callable[..., Done]


class Stock:
    """Writes goods, as a program that knows nothing of relay."""

    def __init__(self, connection: pyodbc.Connection) -> None:
        self._connection = connection

    def insert(self, receipt: uuid.UUID, *, shop: int = 7) -> None:
        self._connection.execute(f"INSERT INTO {TABLE} VALUES (?, ?, 'TO_SEND', N'new')", shop, receipt)

    def set_state(self, receipt: uuid.UUID, state: str) -> None:
        self._connection.execute(f"UPDATE {TABLE} SET [sync state] = ? WHERE [receipt id] = ?", state, receipt)

    def annotate(self, receipt: uuid.UUID) -> None:
        self._connection.execute(f"UPDATE {TABLE} SET note = N'seen' WHERE [receipt id] = ?", receipt)


@pytest.fixture
def stock(environment: Mapping[str, str], mssql: MSSQLClient) -> Iterator[Stock]:
    """The table, not tracked yet, and who writes it."""
    connection = connect(environment)
    connection.execute("CREATE SCHEMA [stock room]")
    connection.execute(
        f"CREATE TABLE {TABLE} ([shop no] int NOT NULL, [receipt id] uniqueidentifier NOT NULL,"
        " [sync state] varchar(12) NULL, note nvarchar(50) NULL, PRIMARY KEY ([shop no], [receipt id]))"
    )
    yield Stock(connection)
    connection.execute(f"DROP TABLE {TABLE}")
    connection.execute("DROP SCHEMA [stock room]")
    connection.execute("DELETE FROM dbo.relay_fence WHERE source IN ('goods', ?)", f"$table:{TABLE}")
    connection.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    file = tmp_path / "sources.toml"
    file.write_text(TOML)
    return file


@pytest.fixture
def relay(environment: Mapping[str, str], tmp_path: Path, file: Path) -> Relay:
    """`relay ...`, with the file of sources."""
    return lambda *words: run_relay(tmp_path, *words, environment={**environment, "RELAY_SOURCES": "sources.toml"})


def _sent(app: Celery) -> list[list[object]]:
    return _arguments(messages_in_redis(app, QUEUE))


def _arguments(messages: Sequence[Any]) -> list[list[object]]:
    """As a worker service gets them."""
    return [kombu_json.loads(b64decode(message["body"]))[0] for message in messages]


def test_a_table_is_relayed_that_a_file_alone_describes(stock: Stock, relay: Relay, celery_app: Celery) -> None:
    stock.insert(FIRST)
    checked = relay("sources", "--check")
    assert checked.returncode == 2
    assert checked.stderr == (
        f"relay: source goods: {TABLE} is not tracked, or the login may not see that it is; run: relay enable goods,"
        f" or GRANT VIEW CHANGE TRACKING ON {TABLE}\n"
    )
    enabled = relay("enable", "goods")
    assert enabled.returncode == 0, enabled.stderr
    assert f"{TABLE} is tracked" in enabled.stdout
    assert relay("sources", "--check").returncode == 0

    assert relay("scan", "goods").returncode == 0
    assert _sent(celery_app) == [[FIRST, 7]]
    stock.insert(SECOND, shop=8)
    stock.annotate(FIRST)
    assert relay("scan", "goods").returncode == 0
    assert _sent(celery_app) == [[FIRST, 7], [SECOND, 8]]
    stock.set_state(FIRST, "SENT")
    stock.set_state(FIRST, "TO_SEND")
    assert relay("scan", "goods").returncode == 0
    assert _sent(celery_app)[2:] == [[FIRST, 7]]
    [task] = {message["headers"]["task"] for message in messages_in_redis(celery_app, QUEUE)}
    assert task == "goods.process_goods"


def test_a_worker_relays_it_beside_the_built_in_ones(
    stock: Stock, relay: Relay, file: Path, celery_app: Celery, environment: Mapping[str, str], tmp_path: Path
) -> None:
    assert relay("enable").returncode == 0
    settings = {**environment, "RELAY_SOURCES": str(file), "RELAY_SCAN_INTERVAL": "0.5"}
    with running_relay(tmp_path, settings):
        stock.insert(FIRST)
        wait_until(lambda: _sent(celery_app) == [[FIRST, 7]], timeout=60)


def test_a_worker_tells_the_problems_when_it_starts_and_relays_the_rest(
    stock: Stock, relay: Relay, file: Path, celery_app: Celery, environment: Mapping[str, str], tmp_path: Path
) -> None:
    assert relay("enable", "goods").returncode == 0
    file.write_text(f"{TOML}\n[sources.sale]\nstatus_column = 'stauts'\n")
    settings = {**environment, "RELAY_SOURCES": str(file), "RELAY_SCAN_INTERVAL": "0.5"}
    stock.insert(FIRST)
    with running_relay(tmp_path, settings):
        wait_until(lambda: _sent(celery_app), timeout=60)
    log = (tmp_path / "relay.log").read_text()
    assert "status_column: dbo.SalesInvoices has no column stauts; did you mean status?" in log
    assert "task=start" in log


def test_the_printed_script_does_what_the_command_does(
    stock: Stock, relay: Relay, environment: Mapping[str, str], celery_app: Celery
) -> None:
    script = relay("enable", "goods", "--sql")
    assert script.returncode == 0, script.stderr
    connection = connect(environment)
    for batch in script.stdout.split("\nGO\n"):
        if batch.strip():
            connection.execute(batch)
    connection.close()
    stock.insert(FIRST)
    done = relay("scan", "goods")
    assert done.returncode == 0, done.stderr
    assert _sent(celery_app) == [[FIRST, 7]]


def test_enabling_twice_changes_nothing(stock: Stock, relay: Relay, mssql: MSSQLClient) -> None:
    def state() -> list[tuple[object, ...]]:
        with mssql.engine.connect() as connection:
            tracked = connection.exec_driver_sql("SELECT * FROM sys.change_tracking_tables ORDER BY object_id")
            remembered = "SELECT source, switched_on FROM dbo.relay_fence WHERE source LIKE '$%' ORDER BY source"
            return [tuple(row) for row in [*tracked, *connection.exec_driver_sql(remembered)]]

    assert relay("enable", "goods").returncode == 0
    before = state()
    assert (f"$table:{TABLE}", "TRACKING") in before
    assert relay("enable").returncode == 0
    assert state() == before


def test_another_definition_is_a_baseline_with_its_name(
    stock: Stock, relay: Relay, file: Path, celery_app: Celery, mongo_store: MongoStore
) -> None:
    assert relay("enable", "goods").returncode == 0
    stock.insert(FIRST)
    stock.set_state(FIRST, "AGAIN")
    assert relay("scan", "goods").returncode == 0
    assert _sent(celery_app) == []
    file.write_text(TOML.replace("TO_SEND", "AGAIN"))
    done = relay("scan", "goods")
    assert done.returncode == 0, done.stderr
    assert SENTENCES[Reason.DEFINITION_CHANGED] in done.stdout
    assert _sent(celery_app) == [[FIRST, 7]]


def test_another_queue_takes_what_comes_after(stock: Stock, relay: Relay, file: Path, celery_app: Celery) -> None:
    assert relay("enable", "goods").returncode == 0
    stock.insert(FIRST)
    assert relay("scan", "goods").returncode == 0
    file.write_text(f"{TOML}priority = 3\n")
    stock.insert(SECOND)
    done = relay("scan", "goods")
    assert SENTENCES[Reason.DEFINITION_CHANGED] not in done.stdout
    assert _sent(celery_app) == [[FIRST, 7]]
    with redis_of(celery_app) as client:
        [message] = client.lrange(f"{QUEUE}\x06\x163", 0, -1)
    assert json.loads(message)["properties"]["priority"] == 3


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (("Goods ]]", "Goods"), "table: there is no table [stock room].[Goods in], or the login may not see it"),
        (
            ('key = ["shop no", "receipt id"]', 'key = ["shop no"]'),
            "key: the primary key of {table} is (shop no, receipt id)",
        ),
        (
            ('args = ["receipt id"', 'args = ["receipt_id"'),
            "args: {table} has no column receipt_id; did you mean receipt id?",
        ),
        (('"sync state"', '"Sync State"'), "status_column: {table} has no column Sync State; did you mean sync state?"),
        (('"sync state"', '"flag"'), "status_column: {table} has no column flag; its columns are: shop no, receipt id"),
        (('"TO_SEND"', "0"), "pending_value: sync state is varchar"),
        (
            ('"TO_SEND"', '"TO_BE_SENT_LATER"'),
            "pending_value: 'TO_BE_SENT_LATER' has 16 characters, and sync state is varchar",
        ),
        (('"sync state"', '"shop no"'), "pending_value: shop no is int, which is never 'TO_SEND'"),
    ],
)
def test_a_problem_is_one_line_that_names_source_field_and_remedy(
    stock: Stock, mssql: MSSQLClient, change: tuple[str, str], problem: str
) -> None:
    [right] = (source for source in parse_sources(TOML)[0] if source.name == "goods")
    [wrong] = (source for source in parse_sources(TOML.replace(*change))[0] if source.name == "goods")
    enabling.enable(mssql.engine, [right])
    [line] = check_sources(mssql, [wrong]).problems
    assert line.startswith(f"source goods: {problem.format(table=TABLE)}")


def test_a_source_with_a_problem_holds_up_no_other(stock: Stock, relay: Relay, file: Path) -> None:
    file.write_text(TOML.replace('"sync state"', '"flag"'))
    checked = relay("sources", "--check")
    scanned = relay("scan")
    assert checked.returncode == scanned.returncode == 2
    [line] = checked.stderr.splitlines()
    assert line.startswith(f"relay: source goods: status_column: {TABLE} has no column flag; its columns are: ")
    assert scanned.stderr.splitlines()[-1] == line
    assert "│ sale " in scanned.stdout


def test_a_table_with_a_status_column_is_suggested(stock: Stock, relay: Relay, file: Path, celery_app: Celery) -> None:
    stock.insert(FIRST)
    file.write_text("")
    done = relay("sources", "suggest")
    assert done.returncode == 0, done.stderr
    assert "SalesInvoices" not in done.stdout
    file.write_text(done.stdout)
    assert relay("enable").returncode == 0
    scanned = relay("scan", "goods_in")
    assert scanned.returncode == 0, scanned.stderr
    assert _arguments(messages_in_redis(celery_app, "goods_in_queue")) == [[FIRST, 7]]
    with redis_of(celery_app) as client:
        client.delete("goods_in_queue")
