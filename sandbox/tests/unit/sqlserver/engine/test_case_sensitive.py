"""Collations that count case. What Microsoft says: "Collation and Unicode support", "Windows collation name"; that
blanks at the end count to none: "String comparison" under "= (Equals)"."""

from __future__ import annotations

import pytest

from tests.unit.sqlserver.engine.client import Client

CASE_SENSITIVE = ["Latin1_General_CS_AS", "Latin1_General_BIN2", "Vietnamese_CS_AS", "Vietnamese_BIN2"]


@pytest.fixture(params=CASE_SENSITIVE)
def words(request: pytest.FixtureRequest, db: Client) -> Client:
    db.run(f"CREATE TABLE t (id INT NOT NULL PRIMARY KEY, a NVARCHAR(20) COLLATE {request.param} NULL)")
    db.run("INSERT INTO t VALUES (1, 'new'), (2, 'NEW'), (3, 'new  '), (4, 'other'), (5, NULL)")
    return db


def _ids(db: Client, condition: str, *arguments: str) -> list[object]:
    return [row[0] for row in db.rows(f"SELECT id FROM t WHERE {condition} ORDER BY id", *arguments)]


def test_case_counts_in_a_comparison_and_blanks_at_the_end_do_not(words: Client) -> None:
    assert _ids(words, "a = @P1", "new") == [1, 3]
    assert _ids(words, "@P1 = a", "NEW") == [2]
    assert _ids(words, "a <> @P1", "new") == [2, 4]
    assert _ids(words, "a IN ('NEW', 'Other')") == [2]
    assert _ids(words, "a IN (SELECT 'NEW')") == [2]
    assert _ids(words, "a = CAST('NEW' AS VARCHAR(9))") == [2]
    assert words.rows("SELECT id FROM t WHERE NULLIF(a, 'NEW') IS NULL ORDER BY id") == [(2,), (5,)]


def test_case_counts_in_groups_and_aggregates(words: Client) -> None:
    assert words.value("SELECT COUNT(DISTINCT a) FROM t") == 3
    assert sorted(row[0] for row in words.rows("SELECT COUNT(*) FROM t WHERE a IS NOT NULL GROUP BY a")) == [1, 1, 2]
    assert len(words.rows("SELECT DISTINCT a FROM t")) == 4
    assert [row[0] for row in words.rows("SELECT a FROM t WHERE id IN (2, 4) ORDER BY a DESC")] == ["other", "NEW"]


@pytest.mark.parametrize("collation", CASE_SENSITIVE)
def test_case_counts_in_keys(collation: str, db: Client) -> None:
    db.run(f"CREATE TABLE k (a VARCHAR(20) COLLATE {collation} NOT NULL PRIMARY KEY)")
    db.run("INSERT INTO k VALUES ('a'), ('A')")
    assert db.number("INSERT INTO k VALUES ('a ')") == 2627


def test_a_binary_collation_tells_accents_apart_by_their_encoding(db: Client) -> None:
    db.run("CREATE TABLE u (a NVARCHAR(9) COLLATE Latin1_General_CS_AS, b NVARCHAR(9) COLLATE Latin1_General_BIN2)")
    db.run("INSERT INTO u VALUES (@P1, @P1)", "\u00e9")
    assert len(db.rows("SELECT 1 AS n FROM u WHERE a = @P1", "e\u0301")) == 1
    assert len(db.rows("SELECT 1 AS n FROM u WHERE b = @P1", "e\u0301")) == 0


@pytest.mark.parametrize("condition", ["a LIKE 'n%'", "REPLACE(a, 'n', 'm') = ''", "CHARINDEX('n', a) = 1"])
def test_what_looks_into_text_is_refused(condition: str, words: Client) -> None:
    assert words.number(f"SELECT id FROM t WHERE {condition}") == 40000
