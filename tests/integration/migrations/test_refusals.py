"""What stops a migration before it has changed anything."""

from __future__ import annotations

import pytest

from tests.integration.migrations.database import ALL_ON, TABLES, Database


class TestRefusals:
    """Everything is checked before anything is changed."""

    def refusal(self, database: Database) -> list[str]:
        before = database.state(), database.table_names()
        with pytest.raises(SystemExit) as stopped:
            database.upgrade()
        assert (database.state(), database.table_names()) == before
        return str(stopped.value).splitlines()

    def test_missing_tables(self, database: Database) -> None:
        database.create_tables("SalesInvoices")

        lines = self.refusal(database)

        assert len(lines) == 2
        assert lines[0].startswith("dbo.ImportReceipts (source import) does not exist: create it")
        assert lines[1].startswith("dbo.Cancellations (source cancellation) does not exist: create it")

    def test_no_primary_key(self, database: Database) -> None:
        database.create_tables("SalesInvoices", "ImportReceipts")
        database.create_tables("Cancellations", key=", UNIQUE (shop, id)")

        [line] = self.refusal(database)

        assert line.startswith("dbo.Cancellations (source cancellation) has no primary key")
        assert "ADD PRIMARY KEY" in line

    def test_a_key_that_does_not_come_back_from_the_task_log(self, database: Database) -> None:
        database.create_tables("SalesInvoices", "ImportReceipts")
        database.run("CREATE TABLE Cancellations (id rowversion NOT NULL PRIMARY KEY, status nvarchar(20))")

        [line] = self.refusal(database)

        assert line.startswith("dbo.Cancellations (source cancellation): key: the primary key has a type that the task")

    def test_a_computed_status_column(self, database: Database) -> None:
        database.create_tables("SalesInvoices", "ImportReceipts")
        database.run(
            "CREATE TABLE Cancellations (id int NOT NULL PRIMARY KEY, sent bit, status AS IIF(sent = 1, 1, 0))"
        )

        [line] = self.refusal(database)

        assert line.startswith("dbo.Cancellations (source cancellation): status_column: status of dbo.Cancellations is")
        assert 'watch = ["sent"]' in line

    def test_tracked_without_columns(self, ready: Database) -> None:
        ready.run(
            "ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON",
            "ALTER TABLE ImportReceipts ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = OFF)",
        )

        [line] = self.refusal(ready)

        assert line.startswith("dbo.ImportReceipts (source import) is tracked without TRACK_COLUMNS_UPDATED")
        assert "ALTER TABLE dbo.ImportReceipts DISABLE CHANGE_TRACKING" in line

    def test_everything_that_is_wrong_is_said_at_once(self, database: Database) -> None:
        database.create_tables("SalesInvoices")
        database.create_tables("Cancellations", key="")
        database.run(
            "ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON", "ALTER TABLE SalesInvoices ENABLE CHANGE_TRACKING"
        )

        lines = self.refusal(database)

        assert [line.split(" ")[0] for line in lines] == [f"dbo.{name}" for name in TABLES]

    def test_somebody_elses_relay_fence(self, ready: Database) -> None:
        ready.create_tables("relay_fence")

        [line] = self.refusal(ready)

        assert line.startswith("dbo.relay_fence exists, but is not relay's")

    def test_a_downgrade_that_has_lost_its_memory(self, ready: Database) -> None:
        ready.upgrade()
        ready.run("DROP TABLE relay_fence")

        with pytest.raises(SystemExit, match="the memory of what the upgrade switched on"):
            ready.downgrade()

        assert ready.state() == ALL_ON
