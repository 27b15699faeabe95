"""SET NOEXEC: what is read and not run (Microsoft, "SET NOEXEC")."""

from __future__ import annotations

from tests.unit.sqlserver.engine.client import Client


def test_nothing_is_run_until_it_is_off(tracked: Client) -> None:
    tracked.run("SET NOEXEC ON")
    assert tracked.run("UPDATE t SET a = 9; SELECT 1") == []
    assert tracked.run("DROP TABLE t") == []
    assert tracked.run("IF 1 = 1 SET NOEXEC OFF") == [], "an IF is not run either"
    tracked.run("SET XACT_ABORT ON; SELECT * FROM no_such_table")
    tracked.run("SET NOEXEC OFF")
    assert tracked.value("SELECT SUM(a) FROM t") == 6


def test_the_rest_of_its_own_batch_is_not_run(tracked: Client) -> None:
    assert tracked.run("SELECT 1; SET NOEXEC ON; SELECT 2; SET NOEXEC OFF; SELECT 3") == [[(1,)], [(3,)]]


def test_it_is_set_when_it_is_run(tracked: Client) -> None:
    assert tracked.run("IF @@TRANCOUNT = 1 SET NOEXEC ON; SELECT 1") == [[(1,)]]
    assert tracked.run("IF @@TRANCOUNT = 0 SET NOEXEC ON; SELECT 1") == []


def test_what_is_no_statement_is_refused_all_the_same(tracked: Client) -> None:
    tracked.run("SET NOEXEC ON")
    assert tracked.number("SELEKT 1 FROM t WHERE") == 102
