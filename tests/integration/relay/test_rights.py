"""The rights that docs/operations.md names are enough, and each of them is missed with its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path

import pytest
from celery import Celery
from sandbox.testing.logins import OwnLogin, own_login

from common.config import load_settings
from common.database.mssql_client import MSSQLClient
from common.database.records import TableState
from examples.pharmacy.connection import connect
from relay.sources.registry import all_sources
from tests.integration.relay.test_command_line import Done, run_relay
from tests.support.grants import documented_grants
from tests.support.pharmacy import Desk
from tests.support.queues import Queued, business_ids_in_redis

RUN_TIME = documented_grants("relay")
ONE_BY_ONE = [(right, where) for permissions, where in RUN_TIME for right in permissions.split(", ")]
SOURCES = {"dbo.SalesInvoices": "sale", "dbo.ImportReceipts": "import", "dbo.Cancellations": "cancellation"}


class Clerk:
    """Runs relay with a login of its own."""

    def __init__(self, login: OwnLogin, environment: Mapping[str, str], folder: Path) -> None:
        self.login = login
        self._environment = login.settings(environment)
        self._folder = folder

    def relay(self, *words: str, **settings: str) -> Done:
        return run_relay(self._folder, *words, environment={**self._environment, **settings})

    def look(self) -> Mapping[str, TableState]:
        """What a tick that lingers sees of all tables, and asks of their changes."""
        sources = all_sources()
        with (
            closing(MSSQLClient(load_settings(_env_file=None, **self._environment))) as client,
            client.lookout() as lookout,
        ):
            return lookout.states(sources, {source.name: 0 for source in sources})


@pytest.fixture
def clerk(mssql: MSSQLClient, environment: Mapping[str, str], tmp_path: Path) -> Iterator[Clerk]:
    """Has the rights that the document names for the run time, and no others."""
    administrator = connect(environment)
    try:
        with own_login(administrator) as login:
            for permissions, where in RUN_TIME:
                login.grant(permissions, where)
            yield Clerk(login, environment, tmp_path)
    finally:
        administrator.close()


def remedies(done: Done) -> list[str]:
    """What a person has to do, a line each."""
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return [line for line in done.stderr.splitlines() if line.startswith("relay: ")]


def test_the_documented_rights_are_enough(clerk: Clerk, pharmacy: Desk, sale_queue: Queued) -> None:
    pharmacy.insert("HĐ-1")
    assert clerk.relay("sources", "--check").returncode == 0
    assert clerk.relay("scan").returncode == 0
    pharmacy.insert("HĐ-2")
    done = clerk.relay("scan")
    assert done.returncode == 0, done.stderr
    assert sale_queue() == ["HĐ-1", "HĐ-2"]


def test_they_are_enough_for_a_tick_that_lingers(clerk: Clerk, pharmacy: Desk) -> None:
    pharmacy.insert("HĐ-1")
    seen = clerk.look()
    assert seen["sale"].has_changes is True
    assert [name for name, state in seen.items() if state.has_changes is None] == []


@pytest.mark.parametrize("right", ["SELECT", "VIEW CHANGE TRACKING"])
def test_a_right_that_is_missing_fails_no_look(clerk: Clerk, right: str) -> None:
    """That is said by the task of the source itself; the others go on."""
    clerk.login.revoke(right, "dbo.SalesInvoices")
    assert {name: state.has_changes for name, state in clerk.look().items()} == dict.fromkeys(SOURCES.values())


@pytest.mark.parametrize(("right", "where"), ONE_BY_ONE)
def test_a_missing_right_is_named_and_its_grant_fixes_it(
    clerk: Clerk, pharmacy: Desk, celery_app: Celery, right: str, where: str
) -> None:
    """INSERT is needed for a source's first fence only, so it is taken away before; the others afterwards."""
    source = SOURCES.get(where, "sale")
    if right != "INSERT":
        assert clerk.relay("scan", source).returncode == 0
    pharmacy.insert("HĐ-1")
    clerk.login.revoke(right, where)
    [line] = remedies(clerk.relay("scan", source))
    assert f"source {source}: " in line
    assert f" {right}" in line.partition("GRANT")[2].partition(" ON ")[0]
    assert f" ON {where}" in line
    assert business_ids_in_redis(celery_app, "sale_queue") == []

    clerk.login.grant(right, where)
    done = clerk.relay("scan")
    assert done.returncode == 0, done.stderr
    assert business_ids_in_redis(celery_app, "sale_queue") == ["HĐ-1"]


@pytest.mark.parametrize("where", SOURCES)
def test_a_table_without_any_right_is_not_there_for_the_login(clerk: Clerk, where: str) -> None:
    for permissions, table in RUN_TIME:
        if table == where:
            clerk.login.revoke(permissions, table)
    for words in (["scan", SOURCES[where]], ["sources", "--check"]):
        [line] = remedies(clerk.relay(*words))
        assert f"source {SOURCES[where]}: table: there is no table {where}, or the login may not see it" in line
        assert f"GRANT SELECT ON {where}" in line
    done = clerk.relay("scan")
    assert [name for name in SOURCES.values() if f"│ {name} " in done.stdout] == [
        name for table, name in SOURCES.items() if table != where
    ]


@pytest.mark.parametrize("words", [["scan", "sale"], ["sources", "--check"]])
def test_a_login_without_a_user_in_the_database(clerk: Clerk, words: list[str]) -> None:
    clerk.login.administrator.execute(f"DROP USER [{clerk.login.name}]")
    [line] = remedies(clerk.relay(*words))
    assert "SQL Server error 4060: the database cannot be opened" in line
    assert "the login has a user in it (CREATE USER ... FOR LOGIN ...)" in line


@pytest.mark.parametrize("words", [["scan", "sale"], ["sources", "--check"]])
def test_a_wrong_password(clerk: Clerk, words: list[str]) -> None:
    [line] = remedies(clerk.relay(*words, MSSQL_PASSWORD="Not-the-1-password"))
    assert "SQL Server error 18456: the login was refused: check MSSQL_USER and MSSQL_PASSWORD" in line


def test_enabling_a_table_with_the_login_of_the_run_time_names_what_to_do(clerk: Clerk) -> None:
    administrator = clerk.login.administrator
    administrator.execute("ALTER TABLE dbo.SalesInvoices DISABLE CHANGE_TRACKING")
    try:
        done = clerk.relay("enable", "sale")
    finally:
        administrator.execute("ALTER TABLE dbo.SalesInvoices ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)")
    assert done.returncode == 2
    [fix] = done.stderr.splitlines()
    assert fix.startswith("relay: SQL Server error ")
    assert "use a login with the rights that docs/operations.md names" in fix
    assert "`--sql`" in fix
