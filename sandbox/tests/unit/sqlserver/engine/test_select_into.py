"""SELECT ... INTO: a table of what a query gives."""

from __future__ import annotations

import pytest

from tests.unit.sqlserver.engine.client import Client


@pytest.fixture
def t(db: Client) -> Client:
    db.run("CREATE TABLE t (id int PRIMARY KEY, s nvarchar(20) NOT NULL, n decimal(9, 2) NULL)")
    db.run("INSERT INTO t VALUES (1, N'a', 1.5), (2, N'b', NULL)")
    return db


def test_a_table_is_made_and_filled(t: Client) -> None:
    assert t.run("SELECT id, s, n * 2 AS twice INTO u FROM t WHERE id > 0") == [2]
    assert [row[:2] for row in t.rows("SELECT id, s FROM u ORDER BY id")] == [(1, "a"), (2, "b")]
    columns = "SELECT COLUMN_NAME, DATA_TYPE, IS_NULLABLE FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 'u'"
    assert t.rows(columns) == [("id", "int", "NO"), ("s", "nvarchar", "NO"), ("twice", "decimal", "YES")]


def test_it_takes_no_key_with_it(t: Client) -> None:
    t.run("SELECT * INTO u FROM t")
    t.run("INSERT INTO u SELECT * FROM t")
    assert t.value("SELECT COUNT(*) FROM u") == 4


def test_with_a_common_table(t: Client) -> None:
    t.run("WITH c AS (SELECT id FROM t) SELECT id INTO dbo.u FROM c WHERE id = 2")
    assert t.rows("SELECT id FROM u") == [(2,)]


def test_in_a_transaction_that_is_rolled_back_it_never_was(t: Client) -> None:
    t.run("BEGIN TRAN; SELECT * INTO u FROM t; ROLLBACK")
    assert t.error("SELECT * FROM u").number == 208


@pytest.mark.parametrize(
    ("sql", "number"),
    [
        ("SELECT * INTO t FROM t", 2714),
        ("SELECT id + 1 INTO u FROM t", 1038),
        ("SELECT id, id INTO u FROM t", 2705),
        ("SELECT * INTO #u FROM t", 40000),
        ("SELECT * INTO u FROM nowhere", 208),
    ],
)
def test_what_cannot_be_is_refused(t: Client, sql: str, number: int) -> None:
    assert t.error(sql).number == number
    assert t.value("SELECT OBJECT_ID('u')") is None
