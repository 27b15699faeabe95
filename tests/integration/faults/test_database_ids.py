"""Azure SQL Database: DB_ID() is not what sys.databases calls the database (Microsoft, "DB_ID")."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import timedelta
from pathlib import Path

import pyodbc
import pytest
from sandbox.control import SqlServerControl

from examples.pharmacy.connection import connect
from relay.operations.service import scan
from relay.sources.builtin import BUILT_IN, SALE
from relay.sources.check import check_sources
from relay.tracking import conditions, enabling
from relay.wiring import Relay
from tests.support.alembic_process import upgrade
from tests.support.pharmacy import Desk
from tests.support.queues import Queued

OTHER_IDS = [["databases"], ["databases", "change_tracking_databases"]]


@pytest.fixture(params=OTHER_IDS, ids=["sys.databases", "both views"], autouse=True)
def on_azure(request: pytest.FixtureRequest, control: SqlServerControl, migrated: None) -> Iterator[None]:
    control.count_databases_by_server(*request.param)
    yield
    control.count_databases_by_server()


@pytest.fixture
def administrator(environment: Mapping[str, str]) -> Iterator[pyodbc.Connection]:
    connection = connect(environment)
    yield connection
    connection.close()


def test_the_retention_is_found(relay: Relay) -> None:
    assert relay.mssql.change_retention() == timedelta(days=7)
    [problem] = check_sources(relay.mssql, BUILT_IN, log_kept=timedelta(days=3)).problems
    assert "change tracking keeps changes for 7" in problem


def test_what_is_on_is_not_switched_on_again(servers: Mapping[str, str], relay: Relay) -> None:
    """5088, where it was; and the upgrade must not take for its own what others have switched on."""
    with relay.mssql.engine.connect() as connection:
        assert conditions.snapshot_isolation_is_allowed().holds(connection)
        assert conditions.database_is_tracked().holds(connection)
    enabling.enable(relay.mssql.engine, BUILT_IN)
    upgrade(servers)


def test_the_printed_script_finds_it_too(administrator: pyodbc.Connection, tmp_path: Path) -> None:
    for batch in enabling.script(BUILT_IN).split("\nGO\n"):
        if batch.strip():
            administrator.execute(batch).close()


def test_rows_are_sent(relay: Relay, pharmacy: Desk, sale_queue: Queued) -> None:
    pharmacy.insert("HĐ-1")
    scan(relay, SALE)
    assert sale_queue() == ["HĐ-1"]
