"""Computed columns, which change tracking never names: what is watched instead, and what is refused."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import pyodbc
import pytest
from celery import Celery
from sandbox.waiting import wait_until

from common.database.errors import ConfigurationError
from common.database.mssql_client import MSSQLClient
from examples.pharmacy.connection import connect
from relay.operations.service import scan
from relay.sources.check import check_sources
from relay.sources.registry import all_sources
from relay.sources.source import Source
from relay.sources.suggest import suggested_sources
from relay.tracking import enabling
from relay.tracking.checks import NotReadyError
from relay.wiring import Relay
from tests.integration.relay.test_command_line import Done, run_relay
from tests.support.queues import business_ids_in_redis
from tests.support.relay_process import running_relay

TABLE = "dbo.[Hoá đơn]"
DEFAULT = Source(
    name="bills",
    table="Hoá đơn",
    args=("mã",),
    status_column="trạng thái",
    pending_value="Chờ gửi",
    task="bills.process_bills",
    queue="relay_test_bills",
)
WATCHING = replace(DEFAULT, watch=("đã duyệt", "đã gửi"))
TOML = """
[sources.bills]
table = "dbo.[Hoá đơn]"
args = ["mã"]
status_column = "trạng thái"
pending_value = "Chờ gửi"
queue = "relay_test_bills"
"""
REFUSED = (
    f"status_column: trạng thái of {TABLE} is computed, and change tracking never says that such a column changed;"
    ' watch what it is computed from: watch = ["đã duyệt", "đã gửi", "mã"]'
)
STATUS = "CASE WHEN [đã duyệt] = 1 AND [đã gửi] = 0 THEN N'Chờ gửi' ELSE N'[ghi chú]' END"


@pytest.fixture
def bills(environment: Mapping[str, str], mssql: MSSQLClient) -> Iterator[pyodbc.Connection]:
    """Bills whose status is computed from two bits, not tracked yet, and who writes them."""
    connection = connect(environment)
    connection.execute(
        f"CREATE TABLE {TABLE} (id int NOT NULL PRIMARY KEY, [mã] nvarchar(20) NOT NULL, [ghi chú] nvarchar(20) NULL,"
        f" [đã duyệt] bit NOT NULL, [đã gửi] bit NOT NULL, [trạng thái] AS {STATUS}, [mã dài] AS [mã] + N'/NT')"
    )
    yield connection
    connection.execute(f"DROP TABLE {TABLE}")
    connection.execute("DELETE FROM dbo.relay_fence WHERE source IN ('bills', ?)", f"$table:{TABLE}")
    connection.close()


def _insert(bills: pyodbc.Connection, number: int, *, approved: bool) -> None:
    columns = "id, [mã], [đã duyệt], [đã gửi]"
    bills.execute(f"INSERT INTO {TABLE} ({columns}) VALUES (?, ?, ?, 0)", number, f"HĐ-{number}", approved)


def _tracked(bills: pyodbc.Connection) -> bool:
    query = "SELECT COUNT(*) FROM sys.change_tracking_tables WHERE object_id = OBJECT_ID(?)"
    return bool(bills.execute(query, TABLE).fetchval())


def test_a_row_that_becomes_pending_by_what_its_status_is_computed_from_is_taken(
    bills: pyodbc.Connection, mssql: MSSQLClient, relay: Relay, celery_app: Celery
) -> None:
    enabling.enable(mssql.engine, [WATCHING])
    assert check_sources(mssql, [WATCHING]).problems == []
    scan(relay, WATCHING)
    _insert(bills, 1, approved=False)
    _insert(bills, 2, approved=True)
    scan(relay, WATCHING)
    assert business_ids_in_redis(celery_app, WATCHING.queue) == ["HĐ-2"]
    bills.execute(f"UPDATE {TABLE} SET [đã duyệt] = 1 WHERE id = 1")
    bills.execute(f"UPDATE {TABLE} SET [ghi chú] = N'x'")
    scan(relay, WATCHING)
    assert business_ids_in_redis(celery_app, WATCHING.queue) == ["HĐ-2", "HĐ-1"]


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (DEFAULT, REFUSED),
        (
            replace(DEFAULT, watch=("trạng thái", "đã duyệt")),
            f"watch: trạng thái of {TABLE} is computed, and change tracking never says that such a column changed;"
            ' watch what it is computed from: watch = ["đã duyệt", "đã gửi"]',
        ),
        (
            replace(WATCHING, watch=("đã duyệt", "đã gửi", "mã dài")),
            f"watch: mã dài of {TABLE} is computed, and change tracking never says that such a column changed;"
            ' watch what it is computed from: watch = ["mã", "đã duyệt", "đã gửi"]',
        ),
    ],
    ids=["by default", "status", "another"],
)
def test_a_computed_column_is_not_to_be_watched(
    source: Source, problem: str, bills: pyodbc.Connection, mssql: MSSQLClient, relay: Relay
) -> None:
    with pytest.raises(NotReadyError) as refused:
        enabling.enable(mssql.engine, [source])
    assert str(refused.value) == f"{TABLE} (source bills): {problem}"
    assert not _tracked(bills)
    with pytest.raises(pyodbc.Error, match="watch what it is computed from"):
        _run_as_sqlcmd(bills, enabling.script([source]))
    assert not _tracked(bills)

    enabling.enable(mssql.engine, [WATCHING])
    assert check_sources(mssql, [source]).problems == [f"source bills: {problem}"]
    with pytest.raises(ConfigurationError, match="is computed"):
        scan(relay, source)


def _run_as_sqlcmd(connection: pyodbc.Connection, script: str) -> None:
    try:
        for batch in filter(None, map(str.strip, script.split("\nGO\n"))):
            connection.execute(batch)
    finally:
        connection.execute("SET NOEXEC OFF")
        connection.execute("IF @@TRANCOUNT > 0 ROLLBACK")


@pytest.mark.parametrize(
    ("source", "problem"),
    [
        (replace(WATCHING, watch=("đã duyet", "đã gửi")), "watch: {} has no column đã duyet; did you mean đã duyệt?"),
        (
            replace(WATCHING, status_column="ghi chú", watch=("đã duyệt",)),
            "watch: leaves ghi chú out, so that rows which become pending by an UPDATE are never taken; add it",
        ),
    ],
    ids=["no such column", "without the status"],
)
def test_what_is_watched_must_tell_what_becomes_pending(
    source: Source, problem: str, bills: pyodbc.Connection, mssql: MSSQLClient
) -> None:
    enabling.enable(mssql.engine, [WATCHING])
    assert check_sources(mssql, [source]).problems == [f"source bills: {problem.format(TABLE)}"]


@pytest.mark.parametrize(
    ("source", "warning"),
    [
        (
            replace(WATCHING, args=("mã", "mã dài")),
            f"args: mã dài of {TABLE} is computed, and change tracking never says that such a column changed: a row"
            " that was rejected for it is not taken again when that is fixed; watch what it is computed from:"
            ' watch = ["mã", "đã duyệt", "đã gửi"]',
        ),
        (
            replace(WATCHING, watch=("đã duyệt",)),
            "watch: trạng thái is computed from đã gửi, too: a row that becomes pending by a change of that alone is"
            " not taken; add it",
        ),
        (replace(WATCHING, args=("mã", "mã dài"), watch=("đã duyệt", "đã gửi", "mã")), None),
        (WATCHING, None),
    ],
    ids=["a computed arg", "watched by half", "all is watched", "no doubt"],
)
def test_what_may_surprise_is_a_warning(
    source: Source, warning: str | None, bills: pyodbc.Connection, mssql: MSSQLClient, relay: Relay, celery_app: Celery
) -> None:
    enabling.enable(mssql.engine, [source])
    found = check_sources(mssql, [source])
    assert found.problems == []
    assert found.warnings == ([f"source bills: {warning}"] if warning else [])
    _insert(bills, 1, approved=True)
    scan(relay, source)
    assert business_ids_in_redis(celery_app, source.queue) == ["HĐ-1"]


def test_a_computed_arg_beside_an_ordinary_status_is_a_warning(bills: pyodbc.Connection, mssql: MSSQLClient) -> None:
    source = replace(DEFAULT, args=("mã dài",), status_column="ghi chú")
    enabling.enable(mssql.engine, [source])
    found = check_sources(mssql, [source])
    assert found.problems == []
    [line] = found.warnings
    assert line.startswith("source bills: args: mã dài of")
    assert line.endswith('watch = ["mã", "ghi chú"]')


def test_what_a_computed_status_is_computed_from_is_suggested(
    environment: Mapping[str, str], mssql: MSSQLClient
) -> None:
    connection = connect(environment)
    connection.execute(
        "CREATE TABLE dbo.Bills (id rowversion NOT NULL PRIMARY KEY, approved bit NOT NULL,"
        " bill_status AS CASE WHEN approved = 1 THEN 'PENDING' ELSE 'DRAFT' END)"
    )
    try:
        with mssql.engine.connect() as reading:
            suggested = tomllib.loads(text := suggested_sources(reading, all_sources()))["sources"]["bills"]
        assert suggested["watch"] == ["approved"]
        assert "The task log cannot give back keys of its primary key's type: give it another." in text
    finally:
        connection.execute("DROP TABLE dbo.Bills")
        connection.close()


@pytest.fixture
def cli(environment: Mapping[str, str], tmp_path: Path) -> Callable[..., Done]:
    return lambda *words: run_relay(tmp_path, *words, environment={**environment, "RELAY_SOURCES": "sources.toml"})


def test_the_commands_tell_it(bills: pyodbc.Connection, cli: Callable[..., Done], tmp_path: Path) -> None:
    file = tmp_path / "sources.toml"
    file.write_text(TOML, encoding="utf-8")
    checked = cli("sources", "--check")
    assert checked.returncode == 2
    assert checked.stderr == f"relay: source bills: {REFUSED}\n"
    enabled = cli("enable", "bills")
    assert enabled.returncode == 2
    assert enabled.stderr == f"relay: {TABLE} (source bills): {REFUSED}\n"
    watching = TOML + 'watch = ["đã duyệt"]\n'
    file.write_text(watching, encoding="utf-8")
    assert cli("enable", "bills").returncode == 0
    checked = cli("sources", "--check")
    assert checked.returncode == 0
    assert checked.stderr.startswith("relay: warning: source bills: watch: trạng thái is computed from đã gửi, too")


def test_a_worker_tells_it_when_it_starts(
    bills: pyodbc.Connection, environment: Mapping[str, str], celery_app: Celery, tmp_path: Path
) -> None:
    file = tmp_path / "sources.toml"
    file.write_text(TOML, encoding="utf-8")
    log = tmp_path / "relay.log"
    with running_relay(tmp_path, {**environment, "RELAY_SOURCES": str(file), "RELAY_SCAN_INTERVAL": "60"}):
        wait_until(lambda: log.exists() and "task=start" in log.read_text(encoding="utf-8"), timeout=60)
    assert "is computed, and change tracking never says" in log.read_text(encoding="utf-8")
