"""Every row of the table of net changes in change tracking's reference."""

from __future__ import annotations

from tests.unit.sqlserver.engine.client import Client

ADD = "INSERT INTO t (id) VALUES (9)"
SET = "UPDATE t SET a = 1 WHERE id = 9"
REMOVE = "DELETE FROM t WHERE id = 9"


def play(db: Client, *statements: str) -> None:
    for statement in statements:
        db.run(statement)


def test_nothing_has_changed_yet(tracked: Client) -> None:
    assert tracked.version == 0
    assert tracked.changes(None) == []


def test_insert(tracked: Client) -> None:
    play(tracked, ADD)
    assert tracked.changes(0) == [("I", 1, 1, 9)]


def test_insert_and_update_is_an_insert_to_whom_the_row_is_new(tracked: Client) -> None:
    play(tracked, ADD, SET)
    assert tracked.changes(0) == [("I", 2, 1, 9)]


def test_insert_and_update_is_an_update_to_whom_has_seen_the_insert(tracked: Client) -> None:
    play(tracked, ADD, SET)
    assert tracked.changes(1) == [("U", 2, None, 9)]


def test_two_updates(tracked: Client) -> None:
    play(tracked, ADD, SET, SET)
    assert tracked.changes(1) == [("U", 3, None, 9)]


def test_delete(tracked: Client) -> None:
    play(tracked, ADD, REMOVE)
    assert tracked.changes(1) == [("D", 2, None, 9)]


def test_delete_of_a_row_that_the_reader_never_saw(tracked: Client) -> None:
    play(tracked, ADD, REMOVE)
    assert tracked.changes(0) == [("D", 2, 1, 9)]


def test_insert_and_delete_in_one_transaction(tracked: Client) -> None:
    play(tracked, f"BEGIN TRAN; {ADD}; {REMOVE}; COMMIT")
    assert tracked.changes(0) == [("D", 1, 1, 9)]


def test_delete_and_insert_is_an_update_of_all_columns(tracked: Client) -> None:
    play(tracked, ADD, REMOVE, ADD)
    assert tracked.changes(1) == [("U", 3, 3, 9)]
    assert tracked.masks(1) == {9: None}


def test_delete_and_insert_twice(tracked: Client) -> None:
    play(tracked, ADD, REMOVE, ADD, REMOVE, ADD)
    assert tracked.changes(1) == [("U", 5, 5, 9)]


def test_delete_insert_and_update_in_one_transaction(tracked: Client) -> None:
    play(tracked, ADD, f"BEGIN TRAN; {REMOVE}; {ADD}; {SET}; COMMIT")
    assert tracked.changes(1) == [("U", 2, 2, 9)]


def test_a_changed_key_is_a_delete_and_an_insert(tracked: Client) -> None:
    play(tracked, "UPDATE t SET id = 11 WHERE id = 1")
    assert tracked.changes(0) == [("D", 1, None, 1), ("I", 1, 1, 11)]


def test_keys_that_move_up_by_one(tracked: Client) -> None:
    play(tracked, "UPDATE t SET id = id + 1")
    assert tracked.changes(0) == [("D", 1, None, 1), ("U", 1, 1, 2), ("U", 1, 1, 3), ("I", 1, 1, 4)]
    assert tracked.rows("SELECT id, a FROM t ORDER BY id") == [(2, 1), (3, 2), (4, 3)]


def test_a_key_set_to_itself(tracked: Client) -> None:
    play(tracked, "UPDATE t SET id = id WHERE id = 1")
    assert tracked.changes(0) == [("U", 1, 1, 1)]
    assert tracked.masks(0) == {1: None}


def test_a_key_that_changes_only_its_case_keeps_its_first_spelling(tracked: Client) -> None:
    tracked.run("CREATE TABLE k (id NVARCHAR(10) NOT NULL PRIMARY KEY)")
    tracked.run("ALTER TABLE k ENABLE CHANGE_TRACKING")
    play(tracked, "INSERT INTO k VALUES ('abc')", "UPDATE k SET id = 'ABC'")
    assert tracked.changes(0, "k") == [("I", 2, 2, "abc")]
    assert tracked.rows("SELECT id FROM k") == [("ABC",)]


def test_a_version_above_the_current_one_gives_nothing(tracked: Client) -> None:
    play(tracked, ADD)
    assert tracked.changes(7) == []


def test_keys_come_in_key_order_not_in_table_order(tracked: Client) -> None:
    tracked.run("CREATE TABLE k (a INT NOT NULL, b INT NOT NULL, id INT, CONSTRAINT pk_k PRIMARY KEY (b, a))")
    tracked.run("ALTER TABLE k ENABLE CHANGE_TRACKING; INSERT INTO k VALUES (1, 2, 3)")
    rows = tracked.rows("SELECT * FROM CHANGETABLE(CHANGES k, 0) AS c")
    assert rows == [(1, 1, "I", None, None, 2, 1)]


def test_one_version_for_a_transaction_over_two_tables(tracked: Client) -> None:
    tracked.run("CREATE TABLE k (id INT NOT NULL PRIMARY KEY); ALTER TABLE k ENABLE CHANGE_TRACKING")
    play(tracked, f"BEGIN TRAN; {ADD}; INSERT INTO k VALUES (1); COMMIT")
    assert tracked.changes(0) == [("I", 1, 1, 9)]
    assert tracked.changes(0, "k") == [("I", 1, 1, 1)]
    assert tracked.version == 1


def test_an_update_of_a_unique_column_is_an_update(tracked: Client) -> None:
    tracked.run("CREATE TABLE k (id INT NOT NULL PRIMARY KEY, u INT NOT NULL UNIQUE)")
    tracked.run("INSERT INTO k VALUES (1, 1), (2, 2); ALTER TABLE k ENABLE CHANGE_TRACKING")
    play(tracked, "UPDATE k SET u = 3 - u")
    assert tracked.changes(0, "k") == [("U", 1, None, 1), ("U", 1, None, 2)]
    assert tracked.rows("SELECT id, u FROM k ORDER BY id") == [(1, 2), (2, 1)]
