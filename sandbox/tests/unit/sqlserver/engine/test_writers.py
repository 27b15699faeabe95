"""Writers wait for each other where they must, and circles of them are broken."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine import SqlEngine
from tests.unit.sqlserver.engine.client import Client
from tests.unit.sqlserver.engine.locking import SNAPSHOT, waiting


def test_writers_of_other_rows_do_not_wait(tracked: Client, hasty: Client) -> None:
    tracked.run("BEGIN TRAN; UPDATE t SET a = 7 WHERE id = 1; INSERT INTO t (id, a) VALUES (10, 10)")
    hasty.run("BEGIN TRAN; UPDATE t SET a = 8 WHERE id = 2; INSERT INTO t (id, a) VALUES (11, 11)")
    hasty.run("INSERT INTO t (id, a) VALUES (12, 12); DELETE FROM t WHERE id = 3")
    tracked.run("UPDATE t SET a = 70 WHERE id = 10; INSERT INTO t (id, a) VALUES (13, 13)")
    hasty.run("COMMIT")
    tracked.run("UPDATE t SET b = N'đủ' WHERE id = 13; COMMIT")
    rows = [(1, 7), (2, 8), (10, 70), (11, 11), (12, 12), (13, 13)]
    assert tracked.rows("SELECT id, a FROM t ORDER BY id") == rows
    changes = [("U", 2, None, 1), ("U", 1, None, 2), ("D", 1, None, 3), ("I", 2, 2, 10), ("I", 1, 1, 11)]
    assert tracked.changes(0) == [*changes, ("I", 1, 1, 12), ("I", 2, 2, 13)]
    assert tracked.rows("SELECT t.a FROM CHANGETABLE(CHANGES t, 1) AS c JOIN t ON t.id = c.id ORDER BY t.id") == [
        (7,),
        (70,),
        (13,),
    ]


def test_writers_of_one_row_wait(tracked: Client, other: Client) -> None:
    tracked.run("BEGIN TRAN; UPDATE t SET a = a + 1 WHERE id = 2")
    other.run("BEGIN TRAN; UPDATE t SET a = a * 100 WHERE id = 1")
    with waiting(other, "UPDATE t SET a = a * 10 WHERE id <= 2; COMMIT") as answer:
        tracked.run("COMMIT")
    assert answer.result() == [2]
    assert tracked.rows("SELECT a FROM t ORDER BY id") == [(1000,), (30,), (3,)]


def test_a_key_that_another_has_inserted(tracked: Client, other: Client) -> None:
    tracked.run("BEGIN TRAN; INSERT INTO t (id) VALUES (9)")
    with waiting(other, "INSERT INTO t (id) VALUES (9)") as answer:
        tracked.run("COMMIT")
    error = answer.exception()
    assert isinstance(error, SqlError)
    assert error.number == 2627
    tracked.run("BEGIN TRAN; DELETE FROM t WHERE id = 9")
    with waiting(other, "INSERT INTO t (id, a) VALUES (9, 2)") as answer:
        tracked.run("COMMIT")
    assert answer.result() == [1]


def test_identity_values_are_never_given_twice(db: Client, other: Client) -> None:
    db.run("CREATE TABLE k (id INT IDENTITY PRIMARY KEY, who INT)")
    for _ in range(3):
        db.run("IF @@TRANCOUNT = 0 BEGIN TRAN; INSERT INTO k (who) VALUES (1)")
        other.run("IF @@TRANCOUNT = 0 BEGIN TRAN; INSERT INTO k (who) VALUES (2)")
    db.run("COMMIT")
    other.run("COMMIT; INSERT INTO k (who) VALUES (3)")
    assert db.rows("SELECT id, who FROM k ORDER BY id") == [(1, 1), (2, 2), (3, 1), (4, 2), (5, 1), (6, 2), (7, 3)]
    db.run("BEGIN TRAN; INSERT INTO k (who) VALUES (4)")
    other.run("UPDATE k SET who = 0 WHERE id = 1")
    db.run("COMMIT")
    assert db.value("SELECT IDENT_CURRENT('k')") == 8


def test_a_snapshot_that_writes_keeps_its_moment(tracked: Client, hasty: Client) -> None:
    tracked.run(SNAPSHOT)
    tracked.run("BEGIN TRAN; UPDATE t SET a = 7 WHERE id = 1")
    assert hasty.number("UPDATE t SET a = 8 WHERE id = 2") == 1222
    assert tracked.rows("SELECT a FROM t ORDER BY id") == [(7,), (2,), (3,)]


def test_an_error_undoes_its_statement_only_though_another_writes_between(tracked: Client, other: Client) -> None:
    tracked.run("BEGIN TRAN; UPDATE t SET a = 7 WHERE id = 1")
    other.run("UPDATE t SET a = 8 WHERE id = 2")
    assert tracked.number("INSERT INTO t (id) VALUES (8), (1)") == 2627
    other.run("UPDATE t SET a = 9 WHERE id = 3")
    tracked.run("UPDATE t SET c = 1 WHERE id = 1; COMMIT")
    assert tracked.rows("SELECT id, a, c FROM t") == [(1, 7, 1), (2, 8, None), (3, 9, None)]
    assert [change[:2] for change in tracked.changes(0)] == [("U", 3), ("U", 1), ("U", 2)]


@pytest.mark.parametrize("second", ["SELECT a FROM {table}", "UPDATE {table} SET a = 0", "DELETE FROM {table}"])
def test_opposite_orders_give_1205_to_one(tracked: Client, other: Client, second: str) -> None:
    tracked.run("CREATE TABLE k (id INT PRIMARY KEY, a INT); INSERT INTO k VALUES (1, 1)")
    tracked.run("BEGIN TRAN; UPDATE t SET a = 70 WHERE id = 1")
    other.run("BEGIN TRAN; UPDATE k SET a = 80 WHERE id = 1")
    with waiting(tracked, second.format(table="k")) as answer:
        error = other.error(second.format(table="t"))
        assert error.number == 1205
        assert f"Process ID {other.session.spid}" in error.text
        assert other.value("SELECT @@TRANCOUNT") == 0
    assert answer.exception() is None
    tracked.run("COMMIT")
    assert other.rows("SELECT a FROM t WHERE id = 1") == [(70,)]
    assert other.rows("SELECT COUNT(*) FROM k WHERE a = 80") == [(0,)]


def test_three_in_a_circle(tracked: Client, other: Client, engine: SqlEngine) -> None:
    third = Client(engine)
    for key, client in enumerate((tracked, other, third), 1):
        client.run("BEGIN TRAN; UPDATE t SET a = 0 WHERE id = @P1", key)
    with waiting(tracked, "UPDATE t SET a = 1 WHERE id = 2") as first:
        with waiting(other, "UPDATE t SET a = 2 WHERE id = 3") as second:
            assert third.number("SELECT a FROM t WHERE id = 1") == 1205
        assert second.result() == [1]
        other.run("COMMIT")
    assert first.result() == [1]
    tracked.run("COMMIT")
    assert tracked.rows("SELECT a FROM t ORDER BY id") == [(0,), (1,), (2,)]


def test_a_victim_in_a_try_keeps_its_locks_until_it_rolls_back(tracked: Client, other: Client) -> None:
    tracked.run("BEGIN TRAN; UPDATE t SET a = 70 WHERE id = 1")
    other.run("BEGIN TRAN; UPDATE t SET a = 80 WHERE id = 2")
    with waiting(tracked, "UPDATE t SET a = 71 WHERE id = 2"):
        caught = other.run(
            "BEGIN TRY UPDATE t SET a = 81 WHERE id = 1 END TRY "
            "BEGIN CATCH SELECT ERROR_NUMBER(), XACT_STATE(); ROLLBACK END CATCH"
        )
        assert caught == [[(1205, -1)]]


def test_a_cancel_ends_a_readers_wait(tracked: Client, other: Client) -> None:
    tracked.run("BEGIN TRAN; UPDATE t SET a = 7")
    with waiting(other, "SELECT a FROM t") as answer:
        other.session.cancel()
    error = answer.exception()
    assert isinstance(error, SqlError)
    assert error.number == 3617
    tracked.run("ROLLBACK")
    assert other.value("SELECT MAX(a) FROM t") == 3


def test_who_is_closed_frees_its_rows(tracked: Client, other: Client) -> None:
    tracked.run("BEGIN TRAN; UPDATE t SET a = 7 WHERE id = 1")
    other.run("UPDATE t SET a = 8 WHERE id = 2")
    with waiting(other, "SELECT a FROM t ORDER BY id") as answer:
        tracked.session.close()
    assert answer.result() == [[(1,), (8,), (3,)]]


def test_what_reads_no_table_does_not_wait_for_a_statement_that_runs(tracked: Client, hasty: Client) -> None:
    tracked.run("BEGIN TRAN; UPDATE t SET a = 7 WHERE id = 1")
    running = tracked.session.execute("SELECT id FROM t", {})
    assert next(iter(next(running).rows)) == (1,)
    assert hasty.rows("SELECT 1") == [(1,)]
    assert hasty.value("SELECT COUNT(*) FROM sys.tables") == 1
    assert hasty.number("SELECT a FROM t WHERE id = 2") == 1222
    running.close()
    assert hasty.value("SELECT a FROM t WHERE id = 2") == 2


def test_definitions_wait_for_all_and_all_for_them(tracked: Client, other: Client, engine: SqlEngine) -> None:
    tracked.run("BEGIN TRAN; UPDATE t SET a = 7 WHERE id = 1")
    with waiting(other, "BEGIN TRAN; ALTER TABLE t ADD d INT NULL"):
        tracked.run("COMMIT")
    hasty = Client(engine)
    hasty.run("SET LOCK_TIMEOUT 0")
    assert hasty.number("SELECT id FROM t") == 1222
    assert hasty.number("SELECT id FROM t WITH (READPAST)") == 1222
    assert hasty.number("INSERT INTO t (id) VALUES (5)") == 1222
    other.run("COMMIT")
    assert len(hasty.rows("SELECT * FROM t")[0]) == 5


def test_more_than_5000_rows_lock_their_table(tracked: Client, hasty: Client) -> None:
    tracked.run("CREATE TABLE many (id INT PRIMARY KEY, a INT); CREATE TABLE k (id INT)")
    numbers = ", ".join(f"({number})" for number in range(80))
    cross = f"(VALUES {numbers}) AS x(n) CROSS JOIN (VALUES {numbers}) AS y(n)"
    tracked.run(f"INSERT INTO many SELECT x.n * 80 + y.n, 1 FROM {cross}")
    tracked.run("BEGIN TRAN; UPDATE many SET a = 2 WHERE id < 5001")
    assert hasty.number("SELECT a FROM many WHERE id = 6000") == 1222
    assert hasty.number("SELECT a FROM many WITH (READPAST) WHERE id = 6000") == 1222
    assert hasty.value("SELECT COUNT(*) FROM many WITH (NOLOCK)") == 6400
    assert hasty.rows("SELECT id FROM k") == []
    tracked.run("ROLLBACK; BEGIN TRAN; UPDATE many SET a = 2 WHERE id < 5000")
    assert hasty.value("SELECT a FROM many WHERE id = 6000") == 1
    hasty.run("INSERT INTO k VALUES (1)")
    assert hasty.number("SELECT COUNT(*) FROM many") == 1222
    tracked.run("COMMIT")
    assert hasty.value("SELECT SUM(a) FROM many") == 6400 + 5000


def test_many_writers_and_readers_lose_nothing(tracked: Client, engine: SqlEngine) -> None:
    """Transfers between rows in both orders: the sum stays, to every reader, and victims do it again."""
    victims: list[int] = []

    def transfer(seed: int) -> None:
        client = Client(engine)
        for step in range(25):
            one, two = (1 + (seed + step) % 3, 1 + (seed + 2 * step + 1) % 3)
            while True:
                try:
                    client.run("BEGIN TRAN; UPDATE t SET a = a - 1 WHERE id = @P1", one)
                    client.run("UPDATE t SET a = a + 1 WHERE id = @P1; COMMIT", two)
                    break
                except SqlError as error:
                    if error.number != 1205:
                        raise
                    victims.append(seed)
        client.session.close()

    def read() -> None:
        client = Client(engine)
        while not done.is_set():
            assert client.rows("SELECT SUM(a), COUNT(*) FROM t") == [(6, 3)]
        client.session.close()

    done = threading.Event()
    with ThreadPoolExecutor(6) as pool:
        readers = [pool.submit(read) for _ in range(2)]
        writers = [pool.submit(transfer, seed) for seed in range(4)]
        try:
            for writer in writers:
                writer.result(60)
        finally:
            done.set()
        for reader in readers:
            reader.result(60)
    assert tracked.rows("SELECT SUM(a) FROM t") == [(6,)]
    assert tracked.version == 100
