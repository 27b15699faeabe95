"""`--sql`: a script for an administrator."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pyodbc
import pytest

from tests.integration.migrations.database import ALL_ON, SWITCHED_ON_BEFORE, TABLES, UNTOUCHED, Database, alembic


def batches(script: str) -> Sequence[str]:
    """What sqlcmd sends at each GO."""
    return [batch for batch in map(str.strip, script.split("\nGO\n")) if batch]


def _error_of(database: Database, batch: str) -> str:
    """What the server refuses of a batch, or an empty text."""
    try:
        database.run(batch)
    except pyodbc.Error as error:
        return str(error.args[1])
    return ""


class TestScript:
    """`--sql`, printed without any setting, and run as sqlcmd -b does: batch by batch, until the first error."""

    def script(self, folder: Path, *arguments: str) -> str:
        result = alembic(*arguments, "--sql", folder=folder, settings={})
        assert result.returncode == 0, result.stderr
        return result.stdout

    def test_up_and_down(self, ready: Database, tmp_path: Path) -> None:
        ready.run(*batches(self.script(tmp_path, "upgrade", "head")))
        assert ready.state() == ALL_ON
        assert ready.rows("SELECT version_num FROM relay_alembic_version") == [("0001",)]

        ready.run(*batches(self.script(tmp_path, "downgrade", "0001:base")))
        assert ready.state() == UNTOUCHED
        assert ready.rows("SELECT version_num FROM relay_alembic_version") == []

    def test_it_remembers_what_the_upgrade_from_here_would(self, ready: Database, tmp_path: Path) -> None:
        ready.run(*SWITCHED_ON_BEFORE[:1])
        ready.upgrade()
        remembered = ready.memory()
        ready.downgrade()
        ready.run("DROP TABLE relay_alembic_version")

        ready.run(*batches(self.script(tmp_path, "upgrade", "head")))

        assert ready.memory() == remembered

    def test_the_prompt_runs_it_as_printed(self, ready: Database, tmp_path: Path) -> None:
        """The same database as the upgrade's, to the last row of its memory."""
        ready.upgrade()
        upgraded = ready.state(), ready.memory(), ready.rows("SELECT version_num FROM relay_alembic_version")
        ready.downgrade()
        ready.run("DROP TABLE relay_alembic_version")
        (tmp_path / "upgrade.sql").write_text(self.script(tmp_path, "upgrade", "head"))
        (tmp_path / "env").write_text("".join(f"{name}={value}\n" for name, value in ready.settings.items()))

        command = [sys.executable, "-m", "sandbox", "sql", "--env-file", "env", "--file", "upgrade.sql"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)

        assert done.returncode == 0, done.stdout + done.stderr
        printed = ready.state(), ready.memory(), ready.rows("SELECT version_num FROM relay_alembic_version")
        assert printed == upgraded

    def test_a_problem_stops_it(self, database: Database, tmp_path: Path) -> None:
        script = batches(self.script(tmp_path, "upgrade", "head"))

        with pytest.raises(Exception, match=r"dbo\.SalesInvoices \(source sale\) does not exist.*\(50001\)"):
            database.run(*script)

        assert database.state() == UNTOUCHED
        assert database.table_names() == set(), "the transaction is rolled back"

    def test_a_problem_stops_the_rest_though_nobody_stops(self, database: Database, tmp_path: Path) -> None:
        """sqlcmd without -b, and a prompt that goes on: after the first error nothing is executed."""
        database.create_tables("SalesInvoices", "ImportReceipts")
        script = batches(self.script(tmp_path, "upgrade", "head"))
        errors = [error for batch in script if (error := _error_of(database, batch))]

        assert len(errors) == 1
        assert "dbo.Cancellations (source cancellation) does not exist" in errors[0]
        assert database.connection.execute("SELECT 1").description is None, "this session executes nothing any more"
        database.run("SET NOEXEC OFF")
        assert database.state() == UNTOUCHED
        assert database.table_names() == {"SalesInvoices", "ImportReceipts"}

    @pytest.mark.parametrize("failing", [0, 1, 2], ids=["snapshot", "tracking", "a table"])
    def test_a_switch_that_fails_stops_the_rest(self, failing: int, ready: Database, tmp_path: Path) -> None:
        """It must not come to where it says that the migration is done."""
        script = list(batches(self.script(tmp_path, "upgrade", "head")))
        [place, *_] = [number for number, batch in enumerate(script) if "\nALTER " in batch][failing:]
        script[place] = "THROW 50002, N'no disk left', 1"
        errors = [error for batch in script if (error := _error_of(ready, batch))]

        assert len(errors) == 1
        ready.run("SET NOEXEC OFF")
        assert (ready.state().snapshot, ready.state().retention is not None) == (failing > 0, failing > 1)
        assert ready.state().tracked == {}
        assert "relay_alembic_version" not in ready.table_names() or not ready.rows(
            "SELECT version_num FROM relay_alembic_version"
        )

    def test_nothing_is_switched_on_before_the_last_check(self, tmp_path: Path) -> None:
        script = batches(self.script(tmp_path, "upgrade", "head"))
        checks = [number for number, batch in enumerate(script) if "\nTHROW 50001, " in batch]
        [stop] = [number for number, batch in enumerate(script) if batch == "IF @@TRANCOUNT = 0 SET NOEXEC ON;"]
        switches = [number for number, batch in enumerate(script) if "\nALTER " in batch]

        assert max(checks) < stop < min(switches)
        assert len(checks) == 1 + 5 * len(TABLES)
        assert len(switches) == 2 + len(TABLES)
