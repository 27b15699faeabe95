"""`alembic` as a person runs it."""

from __future__ import annotations

from pathlib import Path

import pytest
from sandbox.testing.sqlserver_process import PASSWORD

from common.database import mssql_client
from tests.integration.migrations.database import ALL_ON, Database, alembic


class TestCommandLine:
    def test_upgrade(self, ready: Database, tmp_path: Path) -> None:
        result = alembic("upgrade", "head", folder=tmp_path, settings=ready.settings)

        assert result.returncode == 0, result.stderr
        assert ready.state() == ALL_ON
        assert "INFO: change tracking for dbo.SalesInvoices: on" in result.stderr

    def test_settings_from_a_file(self, ready: Database, tmp_path: Path) -> None:
        lines = [f"{name}={value}" for name, value in ready.settings.items()]
        (tmp_path / ".env").write_text("\n".join(lines), encoding="utf-8")

        result = alembic("upgrade", "head", folder=tmp_path, settings={})

        assert result.returncode == 0, result.stderr
        assert ready.state() == ALL_ON

    def test_a_problem_is_a_line_and_an_exit_code(self, database: Database, tmp_path: Path) -> None:
        result = alembic("upgrade", "head", folder=tmp_path, settings=database.settings)

        assert result.returncode == 2
        assert "Traceback" not in result.stderr
        assert result.stderr.splitlines()[-1].startswith(
            "relay: dbo.Cancellations (source cancellation) does not exist"
        )

    def test_a_missing_setting_is_named(self, database: Database, tmp_path: Path) -> None:
        settings = {name: value for name, value in database.settings.items() if name != "MSSQL_USER"}

        result = alembic("upgrade", "head", folder=tmp_path, settings=settings)

        assert result.returncode == 2
        assert result.stderr.splitlines()[-1].startswith("relay: MSSQL_USER is not set")
        assert "Traceback" not in result.stderr

    @pytest.mark.parametrize(
        ("setting", "value", "hint"),
        [
            ("MSSQL_PASSWORD", "Wrong-for-tests-1", "check MSSQL_USER and MSSQL_PASSWORD"),
            ("MSSQL_DATABASE", "nowhere", "check MSSQL_DATABASE"),
        ],
    )
    def test_no_connection(self, database: Database, tmp_path: Path, setting: str, value: str, hint: str) -> None:
        result = alembic("upgrade", "head", folder=tmp_path, settings={**database.settings, setting: value})

        assert result.returncode == 2
        assert hint in result.stderr
        assert "Traceback" not in result.stderr
        assert PASSWORD not in result.stderr

    def test_no_server(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("MSSQL_SERVER", "127.0.0.1,1")
        monkeypatch.setattr(mssql_client, "CONNECT_SECONDS", 1)  # the driver tries again until then

        with pytest.raises(SystemExit, match=r"SQL Server is away at 127\.0\.0\.1:1: .*check MSSQL_SERVER"):
            database.upgrade()
