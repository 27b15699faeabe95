"""Who waits for whom at READ COMMITTED, as on a server with READ_COMMITTED_SNAPSHOT off.

Microsoft: "Transaction locking and row versioning guide", "SET LOCK_TIMEOUT", "Table hints", "Deadlocks guide".
"""

from __future__ import annotations

import pytest

from sandbox.sqlserver.engine import SqlEngine
from tests.unit.sqlserver.engine.client import Client
from tests.unit.sqlserver.engine.locking import SNAPSHOT, waiting

CHANGES = ["UPDATE t SET a = 7 WHERE id = 2", "DELETE FROM t WHERE id = 2", "INSERT INTO t (id, a) VALUES (4, 4)"]


@pytest.mark.parametrize("change", CHANGES)
def test_a_reader_waits_for_the_end_and_sees_what_was_committed(tracked: Client, other: Client, change: str) -> None:
    expected = {CHANGES[0]: [(1, 1), (2, 7), (3, 3)], CHANGES[1]: [(1, 1), (3, 3)]}
    tracked.run(f"BEGIN TRAN; {change}")
    with waiting(other, "SELECT id, a FROM t ORDER BY id") as answer:
        tracked.run("COMMIT")
    assert answer.result() == [expected.get(change, [(1, 1), (2, 2), (3, 3), (4, 4)])]


@pytest.mark.parametrize("change", CHANGES)
def test_a_rollback_lets_the_reader_see_what_was(tracked: Client, other: Client, change: str) -> None:
    tracked.run(f"BEGIN TRAN; {change}")
    with waiting(other, "SELECT COUNT(*), SUM(a) FROM t") as answer:
        tracked.run("ROLLBACK")
    assert answer.result() == [[(3, 6)]]


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize(
    "query",
    [
        "SELECT COUNT(*) FROM t",
        "SELECT MAX(x.a) FROM (SELECT a FROM t) AS x",
        "IF (SELECT COUNT(*) FROM t WHERE id IN (2, 4)) > 0 PRINT N'có'",
        "DECLARE @a INT; SELECT @a = a FROM t",
        "DECLARE @a INT = (SELECT MAX(a) FROM t)",
        "WITH x AS (SELECT id FROM t) SELECT s.id FROM x AS s LEFT JOIN t AS u ON u.id = s.id",
        "SELECT 1 AS n WHERE 5 NOT IN (SELECT id FROM t)",
        "INSERT INTO copies SELECT id FROM t",
        "UPDATE copies SET id = 1 WHERE id IN (SELECT id FROM t)",
    ],
)
def test_lock_timeout_0_is_1222_at_once(tracked: Client, hasty: Client, change: str, query: str) -> None:
    tracked.run("CREATE TABLE copies (id INT); INSERT INTO copies VALUES (9)")
    tracked.run(f"BEGIN TRAN; {change}")
    error = hasty.error(query)
    assert (error.number, error.text) == (1222, "Lock request time out period exceeded.")
    tracked.run("ROLLBACK")
    hasty.run(query)


def test_lock_timeout_in_milliseconds(tracked: Client, other: Client) -> None:
    tracked.run("BEGIN TRAN; UPDATE t SET a = 7 WHERE id = 2")
    other.run("SET LOCK_TIMEOUT 30; BEGIN TRAN")
    assert other.number("SELECT a FROM t") == 1222
    assert other.value("SELECT @@TRANCOUNT") == 1
    other.run("SET LOCK_TIMEOUT -1")
    with waiting(other, "SELECT a FROM t WHERE id = 2") as answer:
        tracked.run("COMMIT")
    assert answer.result() == [[(7,)]]


def test_other_rows_and_other_tables_are_read_at_once(tracked: Client, hasty: Client) -> None:
    tracked.run("CREATE TABLE k (id INT); INSERT INTO k VALUES (1)")
    tracked.run("BEGIN TRAN; UPDATE t SET a = 7 WHERE id = 2; INSERT INTO t (id) VALUES (9)")
    assert hasty.rows("SELECT a FROM t WHERE id = 1") == [(1,)]
    assert hasty.rows("SELECT a FROM t WHERE id IN (1, 3)") == [(1,), (3,)]
    assert hasty.rows("SELECT id FROM k") == [(1,)]
    assert hasty.number("SELECT a FROM t WHERE id = 2") == 1222
    assert hasty.number("SELECT a FROM t WHERE id = 9") == 1222


def test_a_row_is_met_before_and_after_its_change(tracked: Client, hasty: Client) -> None:
    tracked.run("BEGIN TRAN; UPDATE t SET a = 7 WHERE id = 2")
    assert hasty.number("SELECT id FROM t WHERE a = 2") == 1222
    assert hasty.number("SELECT id FROM t WHERE a = 7") == 1222


def test_one_sees_ones_own_changes(tracked: Client, other: Client) -> None:
    tracked.run("BEGIN TRAN; UPDATE t SET a = 7 WHERE id = 2")
    other.run("BEGIN TRAN; UPDATE t SET a = 8 WHERE id = 3; INSERT INTO t (id) VALUES (5)")
    assert tracked.rows("SELECT a FROM t WHERE id <= 2 ORDER BY id") == [(1,), (7,)]
    assert other.rows("SELECT a FROM t WHERE id >= 3 ORDER BY id") == [(8,), (None,)]
    tracked.run("COMMIT")
    other.run("COMMIT")
    assert tracked.rows("SELECT id, a FROM t ORDER BY id") == [(1, 1), (2, 7), (3, 8), (5, None)]


@pytest.mark.parametrize("hint", ["NOLOCK", "READUNCOMMITTED"])
def test_nolock_reads_what_is_not_committed(tracked: Client, hasty: Client, hint: str) -> None:
    tracked.run(f"BEGIN TRAN; {'; '.join(CHANGES[::2])}; DELETE FROM t WHERE id = 3")
    dirty = [(1, 1), (2, 7), (4, 4)]
    assert hasty.rows(f"SELECT id, a FROM t WITH ({hint}) ORDER BY id") == dirty
    hasty.run("SET TRANSACTION ISOLATION LEVEL READ UNCOMMITTED")
    assert hasty.rows("SELECT id, a FROM t ORDER BY id") == dirty
    tracked.run("ROLLBACK")
    assert hasty.rows("SELECT id, a FROM t ORDER BY id") == [(1, 1), (2, 2), (3, 3)]


def test_nolock_reads_the_changes_of_several(tracked: Client, other: Client, engine: SqlEngine) -> None:
    tracked.run("BEGIN TRAN; UPDATE t SET a = 10 WHERE id = 1; INSERT INTO t (id) VALUES (11)")
    other.run("BEGIN TRAN; UPDATE t SET a = 20 WHERE id = 2; INSERT INTO t (id) VALUES (12)")
    ids = [(1, 10), (2, 20), (3, 3), (11, None), (12, None)]
    assert Client(engine).rows("SELECT id, a FROM t WITH (NOLOCK) ORDER BY id") == ids


def test_readpast_skips_locked_rows(tracked: Client, hasty: Client) -> None:
    tracked.run(f"BEGIN TRAN; {'; '.join(CHANGES[::2])}; DELETE FROM t WHERE id = 3")
    assert hasty.rows("SELECT id, a FROM t WITH (READPAST)") == [(1, 1)]
    assert hasty.rows("SELECT u.id FROM t AS u WITH (READPAST) JOIN t AS v WITH (NOLOCK) ON v.id = u.id") == [(1,)]


@pytest.mark.parametrize(
    "take",
    [
        "UPDATE TOP (1) t WITH (ROWLOCK, READPAST) SET c = 1 OUTPUT inserted.id WHERE c IS NULL",
        "DELETE TOP (1) FROM t WITH (READPAST) OUTPUT deleted.id WHERE c IS NULL",
        "UPDATE u SET c = 1 OUTPUT inserted.id FROM t AS u WITH (READPAST) JOIN t AS v ON v.id = u.id WHERE u.id < 3",
    ],
)
def test_readpast_takes_what_others_have_not(tracked: Client, hasty: Client, take: str) -> None:
    assert [tracked.rows(f"BEGIN TRAN; {take}"), hasty.rows(f"BEGIN TRAN; {take}")] == [
        [(1,)],
        [(2,)],
    ] or "JOIN" in take
    tracked.run("ROLLBACK; BEGIN TRAN; UPDATE t SET a = 0 WHERE id = 1")
    assert hasty.rows(f"ROLLBACK; {take}") == [(2,)]


def test_snapshots_never_wait(tracked: Client, hasty: Client) -> None:
    hasty.run(SNAPSHOT)
    tracked.run(f"BEGIN TRAN; {'; '.join(CHANGES)}")
    assert hasty.rows("SELECT id, a FROM t") == [(1, 1), (2, 2), (3, 3)]
    hasty.session.begin(0)
    assert hasty.rows("SELECT COUNT(*) FROM t") == [(3,)]
    tracked.run("COMMIT")
    assert hasty.rows("SELECT COUNT(*) FROM t") == [(3,)]
    hasty.session.commit()
    assert hasty.rows("SELECT COUNT(*) FROM t") == [(3,)]


def test_read_committed_snapshot_does_not_wait(tracked: Client, hasty: Client) -> None:
    tracked.run("ALTER DATABASE CURRENT SET READ_COMMITTED_SNAPSHOT ON")
    tracked.run(f"BEGIN TRAN; {'; '.join(CHANGES)}")
    assert hasty.rows("SELECT id, a FROM t") == [(1, 1), (2, 2), (3, 3)]
    assert hasty.number("UPDATE t SET a = 1 WHERE id = 2") == 1222
