"""A database to migrate, and what can be seen of it."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from sandbox.testing.sqlserver_process import SqlServer

from common.config import Settings

PROJECT = Path(__file__).parents[3]
TABLES = ("SalesInvoices", "ImportReceipts", "Cancellations")
SWITCHED_ON_BEFORE = (
    "ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON",
    "ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 36 HOURS, AUTO_CLEANUP = OFF)",
    "ALTER TABLE SalesInvoices ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)",
)
"""What another team may have done before."""


@dataclass(frozen=True, kw_only=True)
class State:
    """What the migration may change, as the catalog shows it."""

    snapshot: bool
    retention: tuple[int, str, bool] | None
    """Amount, unit, cleanup; None: the database is not tracked."""
    tracked: dict[str, bool]
    """Tracked tables, and whether their columns are."""


UNTOUCHED = State(snapshot=False, retention=None, tracked={})
ALL_ON = State(snapshot=True, retention=(7, "DAYS", True), tracked=dict.fromkeys(TABLES, True))


class Database:
    """A database of its own for a test, and Alembic for it."""

    def __init__(self, server: SqlServer) -> None:
        self.name = server.new_database()
        # Alembic has nothing to ask MongoDB.
        self.settings = {**server.settings(self.name), "MONGO_URI": "mongodb://127.0.0.1:1"}
        self.connection = server.connect(self.name)
        self._config = Config()
        self._config.set_main_option("script_location", str(PROJECT / "migrations"))

    def close(self) -> None:
        self.connection.close()

    def run(self, *statements: str) -> None:
        for statement in statements:
            self.connection.execute(statement).close()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.connection.execute(query)]

    def create_tables(self, *names: str, key: str = ", PRIMARY KEY (shop, id)") -> None:
        for name in names:
            self.run(f"CREATE TABLE {name} (shop nvarchar(20) NOT NULL, id int NOT NULL, status nvarchar(20){key})")

    def upgrade(self) -> None:
        command.upgrade(self._config, "head")

    def downgrade(self) -> None:
        command.downgrade(self._config, "base")

    def forget_versions(self) -> None:
        """As if Alembic had never been here: it will run everything again."""
        self.run("DELETE FROM dbo.relay_alembic_version")

    def state(self) -> State:
        [(snapshot,)] = self.rows("SELECT snapshot_isolation_state FROM sys.databases WHERE database_id = DB_ID()")
        options = self.rows(
            "SELECT retention_period, retention_period_units_desc, is_auto_cleanup_on"
            " FROM sys.change_tracking_databases WHERE database_id = DB_ID()"
        )
        tracked = self.rows(
            "SELECT t.name, c.is_track_columns_updated_on FROM sys.change_tracking_tables AS c"
            " JOIN sys.tables AS t ON t.object_id = c.object_id"
        )
        return State(
            snapshot=snapshot == 1,
            retention=options[0] if options else None,
            tracked=dict(tracked),
        )

    def table_names(self) -> set[str]:
        return {name for (name,) in self.rows("SELECT name FROM sys.tables")}

    def memory(self) -> dict[str, str]:
        rows = self.rows("SELECT source, switched_on FROM dbo.relay_fence")
        return dict(rows)


def alembic(*arguments: str, folder: Path, settings: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """The command line, in a folder without an `.env`, with these settings and no others."""
    rest = {name: value for name, value in os.environ.items() if name not in Settings.model_fields}
    return subprocess.run(
        [sys.executable, "-m", "alembic", *arguments],
        cwd=folder,
        env={**rest, **settings},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
