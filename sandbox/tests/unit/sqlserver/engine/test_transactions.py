"""Isolation, snapshots, locks, and what an error does to a transaction."""

from __future__ import annotations

import threading

import pytest

from sandbox.sqlserver.contract import SqlError
from tests.unit.sqlserver.engine.client import Client

SNAPSHOT = "SET TRANSACTION ISOLATION LEVEL SNAPSHOT"


def begin_snapshot(client: Client) -> None:
    client.run(SNAPSHOT)
    client.session.begin(0)


def test_read_committed_snapshot_sees_each_commit_and_nothing_before(tracked: Client, other: Client) -> None:
    tracked.run("ALTER DATABASE CURRENT SET READ_COMMITTED_SNAPSHOT ON")
    other.session.begin(0)
    tracked.run("BEGIN TRAN; UPDATE t SET a = 50 WHERE id = 1")
    assert other.value("SELECT a FROM t WHERE id = 1") == 1
    tracked.run("COMMIT")
    assert other.value("SELECT a FROM t WHERE id = 1") == 50


def test_a_snapshot_sees_one_moment(tracked: Client, other: Client) -> None:
    begin_snapshot(other)
    assert other.version == 0
    tracked.run("UPDATE t SET a = 50 WHERE id = 1; DELETE FROM t WHERE id = 2")
    assert other.version == 0
    assert other.changes(0) == []
    assert other.value("SELECT COUNT(*) FROM t") == 3
    other.session.commit()
    assert other.changes(0) == [("U", 1, None, 1), ("D", 2, None, 2)]


def test_a_snapshot_begins_with_its_first_statement_that_reads(tracked: Client, other: Client) -> None:
    begin_snapshot(other)
    tracked.run("UPDATE t SET a = 50 WHERE id = 1")
    assert other.version == 1


def test_cleanup_is_invisible_in_a_snapshot(tracked: Client, other: Client, engine: object) -> None:
    tracked.run("UPDATE t SET a = 50 WHERE id = 1")
    begin_snapshot(other)
    assert other.changes(0) == [("U", 1, None, 1)]
    engine.clean_up_to("sandbox", 1)  # type: ignore[attr-defined]
    assert other.changes(0) == [("U", 1, None, 1)]
    assert other.value("SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('t'))") == 0


def test_3952_comes_with_the_first_user_table(tracked: Client) -> None:
    tracked.run("ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION OFF")
    begin_snapshot(tracked)
    assert tracked.value("SELECT COUNT(*) FROM sys.tables") == 1
    assert tracked.number("SELECT COUNT(*) FROM t") == 3952


def test_3951_when_the_level_is_changed_inside(tracked: Client) -> None:
    tracked.session.begin(0)
    tracked.run(SNAPSHOT)
    assert tracked.number("SELECT COUNT(*) FROM t") == 3951
    assert tracked.session.descriptor == 0
    assert tracked.session.rolled_back


def test_3960_rolls_back(tracked: Client, other: Client) -> None:
    begin_snapshot(other)
    assert other.value("SELECT a FROM t WHERE id = 1") == 1
    tracked.run("UPDATE t SET a = 50 WHERE id = 1")
    error = other.error("UPDATE t SET a = 60 WHERE id = 1")
    assert error.number == 3960
    assert "table 'dbo.t'" in error.text
    assert other.session.rolled_back
    assert other.value("SELECT @@TRANCOUNT") == 0
    assert tracked.value("SELECT a FROM t WHERE id = 1") == 50


def test_a_snapshot_may_write_when_nobody_else_has(tracked: Client, other: Client) -> None:
    begin_snapshot(other)
    assert other.value("SELECT a FROM t WHERE id = 1") == 1
    other.run("UPDATE t SET a = 60 WHERE id = 1")
    other.session.commit()
    assert tracked.value("SELECT a FROM t WHERE id = 1") == 60


def test_3964_for_definitions_in_a_snapshot(tracked: Client) -> None:
    begin_snapshot(tracked)
    assert tracked.number("CREATE TABLE k (id INT)") == 3964


def test_an_error_undoes_its_statement_only(tracked: Client) -> None:
    tracked.run("BEGIN TRAN; UPDATE t SET a = 7 WHERE id = 1")
    assert tracked.number("INSERT INTO t (id) VALUES (8), (1)") == 2627
    assert tracked.value("SELECT @@TRANCOUNT") == 1
    tracked.run("COMMIT")
    assert tracked.rows("SELECT id, a FROM t ORDER BY id") == [(1, 7), (2, 2), (3, 3)]


def test_xact_abort_undoes_everything(tracked: Client) -> None:
    tracked.run("SET XACT_ABORT ON; BEGIN TRAN; UPDATE t SET a = 7 WHERE id = 1")
    assert tracked.number("INSERT INTO t (id) VALUES (1)") == 2627
    assert tracked.session.rolled_back
    assert tracked.value("SELECT a FROM t WHERE id = 1") == 1


def test_a_failed_conversion_rolls_back_whatever_xact_abort_says(tracked: Client) -> None:
    tracked.run("BEGIN TRAN; UPDATE t SET a = 7 WHERE id = 1")
    assert tracked.number("SELECT id FROM t WHERE a = 'x'") == 245
    assert tracked.value("SELECT @@TRANCOUNT") == 0


def test_definitions_roll_back(tracked: Client) -> None:
    tracked.run("BEGIN TRAN; CREATE TABLE k (id INT); INSERT INTO k VALUES (1); ALTER TABLE t ADD d INT NULL; ROLLBACK")
    assert tracked.number("SELECT * FROM k") == 208
    assert len(tracked.rows("SELECT * FROM t")[0]) == 4


def test_alter_database_is_not_for_transactions(tracked: Client) -> None:
    tracked.session.begin(0)
    assert tracked.number("ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON") == 226


def test_nested_transactions_count(db: Client) -> None:
    assert db.run(
        "BEGIN TRAN; BEGIN TRAN; SELECT @@TRANCOUNT; COMMIT; SELECT @@TRANCOUNT; ROLLBACK; SELECT @@TRANCOUNT"
    ) == [
        [(2,)],
        [(1,)],
        [(0,)],
    ]
    assert db.number("COMMIT") == 3902
    assert db.number("ROLLBACK") == 3903


def test_lock_timeout(tracked: Client, other: Client) -> None:
    tracked.run("BEGIN TRAN; UPDATE t SET a = 7")
    other.run("SET LOCK_TIMEOUT 10")
    assert other.number("UPDATE t SET a = 8") == 1222
    tracked.run("ROLLBACK")
    assert other.run("UPDATE t SET a = 8") == [3]


def test_a_writer_waits_for_the_other_one(tracked: Client, other: Client) -> None:
    tracked.run("BEGIN TRAN; UPDATE t SET a = a + 1 WHERE id = 1")
    writer = threading.Thread(target=other.run, args=("UPDATE t SET a = a * 10 WHERE id = 1",))
    writer.start()
    tracked.run("COMMIT")
    writer.join(10)
    assert tracked.value("SELECT a FROM t WHERE id = 1") == 20
    assert tracked.changes(0) == [("U", 2, None, 1)]


def test_cancel_ends_a_wait(tracked: Client, other: Client) -> None:
    tracked.run("BEGIN TRAN; UPDATE t SET a = 7")
    errors: list[SqlError] = []
    writer = threading.Thread(target=lambda: errors.append(other.error("UPDATE t SET a = 8")))
    writer.start()
    other.session.cancel()
    writer.join(10)
    assert not writer.is_alive()
    assert [error.number for error in errors] == [3617]
    tracked.run("ROLLBACK")
    assert other.run("UPDATE t SET a = 8") == [3]


def test_cancel_ends_a_long_query(db: Client) -> None:
    numbers = ", ".join(f"({number})" for number in range(200))
    rows = " CROSS JOIN ".join(f"(VALUES {numbers}) AS v{place}(n)" for place in range(4))
    timer = threading.Timer(0.05, db.session.cancel)
    timer.start()
    with pytest.raises(SqlError, match="cancelled"):
        db.run(f"SELECT COUNT(*) FROM {rows}")
    timer.join()


def test_a_cancel_just_before_a_batch_is_heard_by_it_and_not_by_the_next(tracked: Client) -> None:
    tracked.session.cancel()
    assert tracked.number("UPDATE t SET a = 7") == 3617
    assert tracked.run("UPDATE t SET a = 8 WHERE a < 7") == [3]
    tracked.session.cancel()
    with pytest.raises(SqlError, match="cancelled"):
        list(tracked.session.call("sp_datatype_info_100", []))
    tracked.session.forget_cancel()
    assert tracked.value("SELECT MAX(a) FROM t") == 8


def test_alter_database_can_be_cancelled_while_it_waits(tracked: Client, other: Client) -> None:
    tracked.run("BEGIN TRAN; UPDATE t SET a = 7")
    errors: list[SqlError] = []
    sql = "ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION OFF"
    waiting = threading.Thread(target=lambda: errors.append(other.error(sql)))
    waiting.start()
    other.session.cancel()
    waiting.join(10)
    assert [error.number for error in errors] == [3617]
    tracked.run("COMMIT")


def test_updlock_keeps_other_writers_out(tracked: Client, other: Client) -> None:
    tracked.run("BEGIN TRAN; SELECT a FROM t WITH (UPDLOCK, ROWLOCK) WHERE id = 1")
    other.run("SET LOCK_TIMEOUT 10")
    assert other.number("UPDATE t SET a = 8") == 1222


def test_reset_rolls_back_and_forgets_settings(tracked: Client) -> None:
    tracked.run(f"{SNAPSHOT}; SET XACT_ABORT ON; SET LOCK_TIMEOUT 5; BEGIN TRAN; UPDATE t SET a = 7")
    tracked.session.reset()
    assert tracked.value("SELECT a FROM t WHERE id = 1") == 1
    assert tracked.rows("SELECT @@TRANCOUNT, @@LOCK_TIMEOUT") == [(0, -1)]


def test_a_reader_that_gives_up_leaves_no_transaction_of_sqlite(tracked: Client) -> None:
    results = tracked.session.execute("SELECT id FROM t; SELECT 2", {})
    assert next(iter(next(results).rows)) == (1,)
    assert tracked.session.transactions.is_reading
    results.close()
    assert not tracked.session.transactions.is_reading


def test_a_reader_that_stops_early_leaves_nothing_open(tracked: Client) -> None:
    for result in tracked.session.execute("SELECT id FROM t; SELECT 2", {}):
        assert next(iter(result.rows)) in ((1,), (2,))
    assert tracked.run("UPDATE t SET a = 8") == [3]
