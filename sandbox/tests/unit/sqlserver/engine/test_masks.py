"""SYS_CHANGE_COLUMNS."""

from __future__ import annotations

import pytest

from tests.unit.sqlserver.engine.client import Client

A, B, C = 2, 3, 4
"""Column ids of t(id, a, b, c)."""


def mask(*columns: int) -> bytes:
    return bytes(4) + b"".join(column.to_bytes(4, "little") for column in columns)


def test_one_column(tracked: Client) -> None:
    tracked.run("UPDATE t SET b = 'x' WHERE id = 1")
    assert tracked.masks(0) == {1: mask(B)}


def test_several_updates_in_the_order_in_which_columns_were_first_set(tracked: Client) -> None:
    tracked.run("UPDATE t SET c = 1 WHERE id = 1; UPDATE t SET a = 1 WHERE id = 1; UPDATE t SET c = 2 WHERE id = 1")
    assert tracked.masks(0) == {1: mask(C, A)}
    assert tracked.masks(2) == {1: mask(C)}


def test_one_update_of_all_columns_is_null(tracked: Client) -> None:
    tracked.run("UPDATE t SET a = 1, b = 'x', c = 3 WHERE id = 1")
    assert tracked.masks(0) == {1: None}


def test_three_updates_that_cover_all_columns_are_not(tracked: Client) -> None:
    tracked.run("UPDATE t SET a = 1 WHERE id = 1; UPDATE t SET b = '' WHERE id = 1; UPDATE t SET c = 1 WHERE id = 1")
    assert tracked.masks(0) == {1: mask(A, B, C)}


def test_an_update_of_all_columns_in_the_range_makes_it_null(tracked: Client) -> None:
    tracked.run("UPDATE t SET a = 1, b = 'x', c = 3 WHERE id = 1; UPDATE t SET a = 1 WHERE id = 1")
    assert tracked.masks(0) == {1: None}
    assert tracked.masks(1) == {1: mask(A)}


def test_the_set_list_counts_not_the_value(tracked: Client) -> None:
    tracked.run("UPDATE t SET a = a WHERE id = 1")
    assert tracked.masks(0) == {1: mask(A)}


def test_inserts_and_deletes_have_none(tracked: Client) -> None:
    tracked.run("INSERT INTO t (id) VALUES (9); DELETE FROM t WHERE id = 1")
    assert tracked.masks(0) == {1: None, 9: None}


def test_a_rowversion_is_set_by_every_update(tracked: Client) -> None:
    tracked.run("CREATE TABLE k (id INT NOT NULL PRIMARY KEY, a INT, b INT, v ROWVERSION)")
    tracked.run("INSERT INTO k (id) VALUES (1); ALTER TABLE k ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)")
    before = tracked.value("SELECT v FROM k")
    tracked.run("UPDATE k SET a = 1")
    assert tracked.masks(0, "k") == {1: mask(2, 4)}
    assert tracked.value("SELECT v FROM k") > before  # type: ignore[operator]


def test_without_column_tracking_there_is_no_mask(tracked: Client) -> None:
    tracked.run("CREATE TABLE k (id INT NOT NULL PRIMARY KEY, a INT, b INT); INSERT INTO k VALUES (1, 1, 1)")
    tracked.run("ALTER TABLE k ENABLE CHANGE_TRACKING; UPDATE k SET a = 2")
    assert tracked.masks(0, "k") == {1: None}


@pytest.mark.parametrize(("column", "expected"), [("a", 0), ("b", 1)])
def test_is_column_in_mask_in_list_and_where(tracked: Client, column: str, expected: int) -> None:
    tracked.run("UPDATE t SET b = 'x' WHERE id = 1")
    call = (
        "CHANGE_TRACKING_IS_COLUMN_IN_MASK(COLUMNPROPERTY(OBJECT_ID('dbo.t'), '%s', 'ColumnId'), c.SYS_CHANGE_COLUMNS)"
    )
    source = f"{call % column} FROM CHANGETABLE(CHANGES t, @P1) AS c"
    assert tracked.rows(f"SELECT {source}", 0) == [(expected,)]
    assert (
        tracked.rows(f"SELECT c.id FROM CHANGETABLE(CHANGES t, 0) AS c WHERE {call % column} = 1") == [(1,)][:expected]
    )


def test_a_null_mask_holds_every_column_and_a_short_one_is_an_error(tracked: Client) -> None:
    assert tracked.value("SELECT CHANGE_TRACKING_IS_COLUMN_IN_MASK(2, NULL)") == 1
    assert tracked.number("SELECT CHANGE_TRACKING_IS_COLUMN_IN_MASK(2, 0x00)") == 22101
    assert tracked.number("SELECT CHANGE_TRACKING_IS_COLUMN_IN_MASK('a', NULL)") == 8116
