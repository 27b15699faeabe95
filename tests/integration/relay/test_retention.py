"""The task log must be kept for longer than change tracking keeps changes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import sqlalchemy as sa

from common.config import Settings
from common.database.mssql_client import MSSQLClient
from relay.sources.check import check_sources
from relay.sources.registry import all_sources

DAYS = timedelta(days=1)


@pytest.fixture
def keep(mssql: MSSQLClient) -> Iterator[sa.Engine]:
    """Sets the retention of the database; it is the migration's again afterwards."""
    engine = mssql.engine.execution_options(isolation_level="AUTOCOMMIT")
    yield engine
    _keep(engine, "7 DAYS")


@pytest.mark.parametrize(
    ("retention", "log_kept", "told"),
    [
        ("7 DAYS", 7 * DAYS, "kept for 7 days, and change tracking keeps changes for 7: set it to more than 7"),
        ("7 DAYS", 5.5 * DAYS, "kept for 5.5 days, and change tracking keeps changes for 7"),
        ("36 HOURS", 1.5 * DAYS, "kept for 1.5 days, and change tracking keeps changes for 1.5"),
        ("2880 MINUTES", 1 * DAYS, "kept for 1 days, and change tracking keeps changes for 2"),
        ("7 DAYS", 30 * DAYS, None),
        ("36 HOURS", 2 * DAYS, None),
        ("90 MINUTES", 1 * DAYS, None),
    ],
)
def test_a_log_that_forgets_sooner_is_a_problem(
    mssql: MSSQLClient, keep: sa.Engine, retention: str, log_kept: timedelta, told: str | None
) -> None:
    _keep(keep, retention)
    found = check_sources(mssql, all_sources(), log_kept=log_kept).problems
    if told is None:
        assert found == []
    else:
        (line,) = found
        assert line.startswith("RELAY_LOG_RETENTION_DAYS: the task log is ")
        assert told in line


def test_a_database_without_change_tracking_keeps_nothing(settings: Settings) -> None:
    master = MSSQLClient(settings.model_copy(update={"MSSQL_DATABASE": "master"}))
    try:
        assert master.change_retention() is None
    finally:
        master.close()


def _keep(engine: sa.Engine, retention: str) -> None:
    with engine.connect() as connection:
        connection.execute(sa.text(f"ALTER DATABASE CURRENT SET CHANGE_TRACKING (CHANGE_RETENTION = {retention})"))
