"""What the migration switches on and off, and what of others' it leaves alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from relay.sources import builtin, registry
from tests.integration.migrations.database import ALL_ON, SWITCHED_ON_BEFORE, TABLES, UNTOUCHED, Database, State


class TestUpAndDown:
    def test_up_switches_everything_on(self, ready: Database) -> None:
        ready.upgrade()

        assert ready.state() == ALL_ON
        assert ready.table_names() == {*TABLES, "relay_fence", "relay_alembic_version"}

    def test_up_remembers_what_it_switched_on(self, ready: Database) -> None:
        ready.upgrade()

        tables = {f"$table:dbo.{name}": "TRACKING" for name in TABLES}
        assert ready.memory() == {"$database": "SNAPSHOT TRACKING", **tables}

    def test_the_table_of_fences(self, ready: Database) -> None:
        ready.upgrade()

        assert ready.rows(
            "SELECT COLUMN_NAME, DATA_TYPE, CHARACTER_MAXIMUM_LENGTH, IS_NULLABLE FROM INFORMATION_SCHEMA.COLUMNS"
            " WHERE TABLE_NAME = 'relay_fence' ORDER BY ORDINAL_POSITION"
        ) == [
            ("source", "nvarchar", 400, "NO"),
            ("version", "bigint", None, "YES"),
            ("epoch", "nvarchar", 64, "YES"),
            ("generation", "bigint", None, "YES"),
            ("store", "nvarchar", 64, "YES"),
            ("host", "nvarchar", 255, "YES"),
            ("resume", "nvarchar", 1000, "YES"),
            ("updated_at", "datetime2", None, "NO"),
            ("switched_on", "nvarchar", 200, "YES"),
        ]

    def test_down_takes_everything_away(self, ready: Database) -> None:
        ready.upgrade()
        ready.downgrade()

        assert ready.state() == UNTOUCHED
        assert "relay_fence" not in ready.table_names()

    def test_down_with_fences_and_rows(self, ready: Database) -> None:
        ready.upgrade()
        ready.run(
            "INSERT INTO SalesInvoices (shop, id, status) VALUES ('a', 1, 'PENDING_SYNC')",
            "INSERT INTO relay_fence (source, version, epoch, generation) VALUES ('sale', 1, 'x', 1)",
        )

        ready.downgrade()

        assert ready.state() == UNTOUCHED
        assert ready.rows("SELECT shop, id FROM SalesInvoices") == [("a", 1)]

    def test_up_down_up(self, ready: Database) -> None:
        ready.upgrade()
        ready.downgrade()
        ready.upgrade()

        assert ready.state() == ALL_ON
        assert ready.memory()["$database"] == "SNAPSHOT TRACKING"

    def test_up_twice_changes_nothing(self, ready: Database) -> None:
        ready.upgrade()
        remembered = ready.memory()
        ready.forget_versions()

        ready.upgrade()

        assert ready.state() == ALL_ON
        assert ready.memory() == remembered

    def test_awkward_names(self, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        file = tmp_path / "sources.toml"
        file.write_text(
            """sources.odd = {table = "[it's].[]]odd: 100%]", args = ["id"]}\n"""
            + "".join(f"sources.{name}.enabled = false\n" for name in ("sale", "import", "cancellation"))
        )
        monkeypatch.setenv("RELAY_SOURCES", str(file))
        database.run("CREATE SCHEMA [it's]")
        database.create_tables("[it's].[]]odd: 100%]")

        database.upgrade()
        assert database.state().tracked == {"]odd: 100%": True}

        database.downgrade()
        assert database.state() == UNTOUCHED


class TestWhatOthersSwitchedOn:
    def test_it_stays_as_it_is(self, ready: Database) -> None:
        ready.run(*SWITCHED_ON_BEFORE)
        before = ready.state()

        ready.upgrade()
        assert ready.state() == State(
            snapshot=True, retention=(36, "HOURS", False), tracked=dict.fromkeys(TABLES, True)
        )

        ready.downgrade()
        assert ready.state() == before

    @pytest.mark.parametrize("count", [1, 2])
    def test_part_of_it_stays(self, ready: Database, count: int) -> None:
        ready.run(*SWITCHED_ON_BEFORE[:count])
        before = ready.state()

        ready.upgrade()
        ready.downgrade()

        assert ready.state() == before

    def test_tables_that_others_track_since_keep_the_database_tracked(self, ready: Database) -> None:
        ready.upgrade()
        ready.create_tables("Theirs")
        ready.run("ALTER TABLE Theirs ENABLE CHANGE_TRACKING")

        ready.downgrade()

        assert ready.state() == State(snapshot=False, retention=(7, "DAYS", True), tracked={"Theirs": False})

    def test_a_table_that_is_no_source_any_more_is_released(
        self, ready: Database, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        ready.upgrade()
        monkeypatch.setattr(registry, "BUILT_IN", builtin.BUILT_IN[:1])

        ready.downgrade()

        assert ready.state() == UNTOUCHED
