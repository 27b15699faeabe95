"""Columns of several code pages. What Microsoft says: "Collation and Unicode support", "Collation precedence", and for
the conversions "CAST and CONVERT"; 468 is in the list of errors."""

from __future__ import annotations

import pytest

from tests.unit.sqlserver.engine.client import Client

VIETNAMESE, CYRILLIC, UTF8 = "Vietnamese_CI_AS", "Cyrillic_General_CI_AS", "Latin1_General_100_CI_AS_SC_UTF8"
DEFAULT = "SQL_Latin1_General_CP1_CI_AS"


@pytest.mark.parametrize(
    ("collation", "written", "kept"),
    [
        (DEFAULT, "Café Đơn", "Café ??n"),
        (VIETNAMESE, "Đơn mơ\u0301i", "Đơn mơ\u0301i"),
        (VIETNAMESE, "Chờ", "Ch?"),
        (CYRILLIC, "Дом é", "Дом ?"),
        (UTF8, "Chờ 药", "Chờ 药"),
    ],
)
def test_a_column_keeps_what_its_code_page_has(collation: str, written: str, kept: str, db: Client) -> None:
    db.run(f"CREATE TABLE t (id INT, a VARCHAR(20) COLLATE {collation} NULL, b NVARCHAR(20) COLLATE {collation} NULL)")
    db.run("INSERT INTO t VALUES (1, @P1, @P1)", written)
    assert db.rows("SELECT a, b FROM t") == [(kept, written)]
    assert db.value(f"SELECT CAST(@P1 COLLATE {collation} AS VARCHAR(20))", written) == kept
    assert db.rows("SELECT id FROM t WHERE a = @P1 AND b = @P2", kept, written) == [(1,)]
    names = "SELECT collation_name FROM sys.columns WHERE object_id = OBJECT_ID('t') AND name <> 'id'"
    assert db.rows(names) == [(collation,), (collation,)]
    names = "SELECT COLLATION_NAME FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 't' AND COLUMN_NAME <> 'id'"
    assert db.rows(names) == [(collation,), (collation,)]


def test_a_cast_takes_the_code_page_of_what_it_is_given(db: Client) -> None:
    assert db.value(f"SELECT CAST(N'Đơn' AS VARCHAR(9)) COLLATE {VIETNAMESE}") == "??n"
    assert db.value(f"SELECT CAST(N'Đơn' COLLATE {VIETNAMESE} AS VARCHAR(9))") == "Đơn"
    assert db.value(f"SELECT CAST(N'Đơn' COLLATE {VIETNAMESE} AS VARCHAR(9)) COLLATE {CYRILLIC}") == "??n"


def test_a_length_counts_bytes(db: Client) -> None:
    db.run(f"CREATE TABLE t (a VARCHAR(4) COLLATE {UTF8})")
    db.run("INSERT INTO t VALUES (N'Đơ')")
    assert db.number("INSERT INTO t VALUES (N'Đơn')") == 2628
    assert db.value(f"SELECT CAST(N'Đơn' COLLATE {UTF8} AS VARCHAR(3))") == "Đ"
    assert db.rows("SELECT a FROM t") == [("Đơ",)]


def test_two_columns_of_two_collations_do_not_compare(db: Client) -> None:
    db.run(f"CREATE TABLE t (a VARCHAR(9) COLLATE {VIETNAMESE}, b VARCHAR(9) COLLATE {CYRILLIC})")
    assert db.number("SELECT 1 FROM t WHERE a = b") == 468


@pytest.mark.parametrize("name", ["Latin1_General_BIN", "Latin1_General_CI_AI", "Nonsense_CI_AS"])
def test_collations_that_compare_otherwise_are_refused(name: str, db: Client) -> None:
    assert db.number(f"CREATE TABLE t (a VARCHAR(9) COLLATE {name})") == 40000
    assert db.number(f"SELECT N'a' COLLATE {name}") == 40000


def test_a_computed_column_has_the_collation_of_what_it_is_computed_from(db: Client) -> None:
    db.run(f"CREATE TABLE t (a VARCHAR(9) COLLATE {VIETNAMESE}, b AS a)")
    db.run("INSERT INTO t (a) VALUES (N'Đơn')")
    assert db.rows("SELECT a, b FROM t") == [("Đơn", "Đơn")]
