"""What an error does beyond its statement: to the batch, to the transaction, and inside TRY."""

from __future__ import annotations

import threading

import pytest

from sandbox.sqlserver.contract import Info, SqlError
from tests.unit.sqlserver.engine.client import Client

TRY = "BEGIN TRY {} END TRY BEGIN CATCH {} END CATCH"
CAUGHT = "SELECT ERROR_NUMBER(), ERROR_MESSAGE(), ERROR_SEVERITY(), ERROR_STATE()"


@pytest.fixture
def t(db: Client) -> Client:
    db.run("CREATE TABLE t (id int PRIMARY KEY, n int NOT NULL)")
    return db


def _ids(client: Client) -> list[object]:
    return [row[0] for row in client.rows("SELECT id FROM t ORDER BY id")]


@pytest.mark.parametrize(
    ("failing", "number"),
    [
        ("INSERT INTO t VALUES (1, 1)", 2627),
        ("INSERT INTO t VALUES (2, NULL)", 515),
        ("SELECT 1 / 0", 8134),
        ("COMMIT", 3902),
        ("RAISERROR ('no', 16, 1)", 50000),
    ],
)
def test_after_an_error_of_one_statement_the_batch_goes_on(t: Client, failing: str, number: int) -> None:
    t.run("INSERT INTO t VALUES (1, 1)")
    assert t.error(f"{failing}; INSERT INTO t VALUES (9, 9)").number == number
    assert _ids(t) == [1, 9]


@pytest.mark.parametrize(
    ("failing", "number"),
    [
        ("SELECT CAST('x' AS int)", 245),
        ("SELECT * FROM nowhere", 208),
        ("THROW 50001, 'no', 1", 50001),
    ],
)
def test_other_errors_end_the_batch(t: Client, failing: str, number: int) -> None:
    assert t.error(f"{failing}; INSERT INTO t VALUES (9, 9)").number == number
    assert _ids(t) == []


def test_with_xact_abort_every_error_ends_the_batch_and_the_transaction(t: Client) -> None:
    sql = "SET XACT_ABORT ON; BEGIN TRAN; INSERT INTO t VALUES (1, 1); INSERT INTO t VALUES (1, 1); COMMIT"
    assert t.error(sql).number == 2627
    assert _ids(t) == []
    assert t.value("SELECT @@TRANCOUNT") == 0


def test_without_it_the_transaction_keeps_what_went_well(t: Client) -> None:
    t.error("BEGIN TRAN; INSERT INTO t VALUES (1, 1); INSERT INTO t VALUES (1, 1); COMMIT")
    assert _ids(t) == [1]


def test_the_next_statement_can_ask_for_the_error(t: Client) -> None:
    t.run("INSERT INTO t VALUES (1, 1)")
    t.error("DECLARE @e int; INSERT INTO t VALUES (1, 1); SET @e = @@ERROR; INSERT INTO t VALUES (@e, @@ERROR)")
    assert t.rows("SELECT id, n FROM t WHERE id > 1") == [(2627, 0)]


def test_catch_sees_the_error(db: Client) -> None:
    caught = db.rows(TRY.format("THROW 50005, 'it broke', 7", CAUGHT))
    assert caught == [(50005, "it broke", 16, 7)]
    assert db.rows(CAUGHT) == [(None, None, None, None)]


def test_without_an_error_there_is_no_catch(db: Client) -> None:
    assert db.run(TRY.format("SELECT 1", "SELECT 2")) == [[(1,)]]


def test_what_came_before_the_error_stays(t: Client) -> None:
    once, other = "INSERT INTO t VALUES (1, 1); ", "INSERT INTO t VALUES (2, 2)"
    t.run(TRY.format(once + once + other, "PRINT ''"))
    assert _ids(t) == [1]


def test_an_error_in_the_midst_of_rows_is_caught(db: Client) -> None:
    sql = TRY.format("SELECT 6 / n FROM (VALUES (1), (2), (0)) AS v(n)", "SELECT ERROR_NUMBER()")
    assert db.run(sql)[-1] == [(8134,)]


@pytest.mark.parametrize("uncaught", ["SELECT * FROM nowhere", "SELECT TRY_PARSE('1' AS int)"])
def test_a_name_that_means_nothing_is_not_caught(db: Client, uncaught: str) -> None:
    db.error(TRY.format(uncaught, "SELECT 1"))


def test_it_is_caught_from_a_batch_below(db: Client) -> None:
    assert db.rows(TRY.format("EXEC ('SELECT * FROM nowhere')", "SELECT ERROR_NUMBER()")) == [(208,)]


def test_an_error_inside_catch_is_the_outer_ones(db: Client) -> None:
    inner = TRY.format("SELECT 1 / 0", "THROW 50007, 'inner', 1")
    assert db.run(TRY.format(inner, "SELECT ERROR_NUMBER()"))[-1] == [(50007,)]


def test_throw_alone_raises_it_again(db: Client) -> None:
    error = db.error(TRY.format("THROW 50005, 'it broke', 7", "PRINT 'noted'; THROW; PRINT 'never'"))
    assert (error.number, error.text, error.state) == (50005, "it broke", 7)
    assert db.error("THROW").number == 10704


def test_inside_try_raiserror_goes_to_catch(db: Client) -> None:
    assert db.run(TRY.format("RAISERROR ('no %d', 16, 3, 5); SELECT 1", CAUGHT)) == [[(50000, "no 5", 16, 3)]]


def test_with_xact_abort_catch_can_only_roll_back(t: Client) -> None:
    begin = "SET XACT_ABORT ON; BEGIN TRAN; INSERT INTO t VALUES (1, 1); "
    state = t.run(begin + TRY.format("SELECT 1 / 0", "SELECT XACT_STATE(); ROLLBACK"))
    assert state[-1] == [(-1,)]
    assert t.error(begin + TRY.format("SELECT 1 / 0", "COMMIT")).number == 3930
    assert t.error(begin + TRY.format("SELECT 1 / 0", "INSERT INTO t VALUES (2, 2)")).number == 3930
    assert t.error(begin + TRY.format("SELECT 1 / 0", "PRINT 'left open'")).number == 3998
    assert _ids(t) == []
    assert t.value("SELECT @@TRANCOUNT") == 0


def test_without_it_catch_can_commit(t: Client) -> None:
    begin = "BEGIN TRAN; INSERT INTO t VALUES (1, 1); "
    assert t.run(begin + TRY.format("SELECT 1 / 0", "SELECT XACT_STATE(); COMMIT"))[-1] == [(1,)]
    assert _ids(t) == [1]


def test_a_cancel_is_not_caught(db: Client) -> None:
    timer = threading.Timer(0.1, db.session.cancel)
    timer.start()
    assert db.error(TRY.format("WAITFOR DELAY '00:00:30'", "SELECT 1")).number == 3617
    timer.join()


def test_a_doomed_transaction_does_not_live_in_the_next_batch(t: Client) -> None:
    t.error("BEGIN TRAN; INSERT INTO t VALUES (1, 1); " + TRY.format("SELECT CAST('x' AS int)", "PRINT ''"))
    assert t.value("SELECT XACT_STATE()") == 0
    assert _ids(t) == []


@pytest.mark.parametrize(
    ("raised", "text"),
    [
        ("'100%% of %s', 0, 1, 'it'", "100% of it"),
        ("'%5d|%-5d|%05d', 0, 1, 1, 2, 3", "    1|2    |00003"),
        ("'%x %X %o %u', 0, 1, 255, 255, 8, 7", "ff FF 10 7"),
        ("'%.2s', 10, 1, N'abcdef'", "ab"),
        ("'%s', 0, 1", "(null)"),
    ],
)
def test_raiserror_below_severity_eleven_only_says_something(db: Client, raised: str, text: str) -> None:
    infos: list[Info] = []
    for result in db.session.execute(f"RAISERROR ({raised}) WITH NOWAIT; SELECT 1", {}):
        infos += result.infos
    assert [info.text for info in infos] == [text]


def test_raiserror_with_an_argument_of_another_type(db: Client) -> None:
    assert db.error("RAISERROR ('%d', 16, 1, 'x')").number == 2786


def test_waitfor_takes_a_time(db: Client) -> None:
    db.run("WAITFOR DELAY '00:00:00.010'")
    db.run("DECLARE @d varchar(12) = '00:00:00.001'; WAITFOR DELAY @d")
    assert db.error("WAITFOR DELAY '25:00'").number == 148


def test_the_next_batch_can_ask_for_the_error(db: Client) -> None:
    with pytest.raises(SqlError):
        db.run("THROW 50001, 'x', 1")
    assert db.value("SELECT @@ERROR") == 50001
