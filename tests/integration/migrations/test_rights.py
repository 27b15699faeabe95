"""The rights that docs/operations.md names for the migration, and what it says when they are not there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sandbox.testing.logins import OwnLogin, own_login

from tests.integration.migrations.database import ALL_ON, UNTOUCHED, Database, alembic
from tests.support.grants import documented_grants

MIGRATION = documented_grants("relay_migration")


class Migrator:
    """Runs Alembic with a login of its own."""

    def __init__(self, login: OwnLogin, database: Database, folder: Path) -> None:
        self.login = login
        self._settings = login.settings(database.settings)
        self._folder = folder

    def said(self, *words: str) -> list[str]:
        """What it says of why it stops; nothing when all goes well."""
        done = alembic(*words, folder=self._folder, settings=self._settings)
        assert "Traceback" not in done.stderr
        return done.stderr.splitlines() if done.returncode else []


@pytest.fixture
def migrator(ready: Database, tmp_path: Path) -> Iterator[Migrator]:
    with own_login(ready.connection) as login:
        for permissions, where in MIGRATION:
            login.grant(permissions, where)
        yield Migrator(login, ready, tmp_path)


def test_the_documented_rights_are_enough_for_the_upgrade_and_back(ready: Database, migrator: Migrator) -> None:
    assert migrator.said("upgrade", "head") == []
    assert ready.state() == ALL_ON
    assert migrator.said("downgrade", "base") == []
    assert ready.state() == UNTOUCHED


def test_a_login_that_may_not_alter_the_database_is_told_so(ready: Database, migrator: Migrator) -> None:
    migrator.login.revoke("ALTER")
    migrator.login.grant("CREATE TABLE")
    migrator.login.grant("ALTER", "SCHEMA::dbo")

    lines = migrator.said("upgrade", "head")

    assert any("User does not have permission to alter database" in line and "(5011)" in line for line in lines)
    assert any("ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON" in line for line in lines)
    [remedy] = [line for line in lines if line.startswith("relay: the login may not ALTER DATABASE: ")]
    assert "docs/operations.md" in remedy
    assert "--sql" in remedy
    assert ready.state() == UNTOUCHED


def test_it_goes_on_where_it_stopped_once_the_right_is_there(ready: Database, migrator: Migrator) -> None:
    migrator.login.revoke("ALTER")
    migrator.login.grant("CREATE TABLE")
    migrator.login.grant("ALTER", "SCHEMA::dbo")
    assert migrator.said("upgrade", "head") != []
    migrator.login.grant("ALTER")
    assert migrator.said("upgrade", "head") == []
    assert ready.state() == ALL_ON


def test_the_rights_of_the_run_time_are_too_few(ready: Database, migrator: Migrator) -> None:
    migrator.login.revoke("ALTER")
    lines = migrator.said("upgrade", "head")
    assert any("CREATE TABLE permission denied" in line for line in lines)
    assert any(line.startswith("relay: a right is missing: use a login with the rights") for line in lines)


def test_a_login_without_a_user_in_the_database(ready: Database, migrator: Migrator) -> None:
    ready.run(f"DROP USER [{migrator.login.name}]")
    line = migrator.said("upgrade", "head")[-1]
    assert line.startswith("relay: SQL Server error 4060: ")
    assert "the login has a user in it" in line
