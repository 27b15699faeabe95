"""Changes joined to their table go by row numbers inside: that must find what the key finds."""

from __future__ import annotations

import pytest

from tests.unit.sqlserver.engine.client import Client

BY_KEY = "ct.id = s.id AND ct.n = s.n"
HISTORIES = {
    "inserted and updated": ["INSERT INTO s VALUES ('c', 3, 0)", "UPDATE s SET a = 9 WHERE id = 'a'"],
    "deleted": ["DELETE FROM s WHERE id = 'a'", "INSERT INTO s VALUES ('d', 4, 0)"],
    "deleted and inserted again": ["DELETE FROM s WHERE id = 'a'", "INSERT INTO s VALUES ('x', 0, 0), ('A ', 1, 5)"],
    "a number used again": [
        "UPDATE s SET a = a + 9",
        "DELETE FROM s WHERE id = 'é'",
        "INSERT INTO s VALUES ('z', 9, 9)",
    ],
    "keys changed places": ["UPDATE s SET id = CASE id WHEN 'a' THEN 'é' ELSE 'a' END, n = 3 - n"],
    "a unique column rewritten": ["UPDATE s SET a = 20 - a"],
    "the table rebuilt": ["UPDATE s SET a = a + 50", "DELETE FROM s WHERE id = 'a'", "ALTER TABLE s ADD b int NULL"],
    "one's own uncommitted change": [
        "UPDATE s SET a = a + 50",
        "BEGIN TRAN; DELETE FROM s WHERE id = 'é'; INSERT INTO s VALUES ('x', 0, 0), ('É', 2, 1)",
    ],
}


@pytest.fixture
def texts(db: Client) -> Client:
    """A tracked table s(id, n, a) with a key of text and number, and two rows."""
    db.run("ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON")
    db.run("CREATE TABLE s (id nvarchar(9), n int, a int, CONSTRAINT u UNIQUE (a), CONSTRAINT pk PRIMARY KEY (id, n))")
    db.run("INSERT INTO s VALUES ('gone', 0, 0)")
    db.run("INSERT INTO s VALUES ('a', 1, 10), ('é', 2, 11)")
    db.run("DELETE FROM s WHERE id = 'gone'")
    db.run("ALTER TABLE s ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)")
    return db


def joined(db: Client, kind: str, more: str) -> list[tuple[object, ...]]:
    """Keys of the changes, and of their rows. `more` makes of the join's condition one that shows no equal keys."""
    columns = "ct.id, ct.n, ct.SYS_CHANGE_OPERATION, s.id, s.n, s.a"
    changes = "CHANGETABLE(CHANGES s, 0) AS ct"
    return db.rows(f"SELECT {columns} FROM {changes} {kind} JOIN s ON {BY_KEY}{more} ORDER BY ct.n, ct.id")


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
@pytest.mark.parametrize("kind", ["INNER", "LEFT"])
def test_the_row_of_the_key_is_found(texts: Client, history: list[str], kind: str) -> None:
    for statement in history:
        texts.run(statement)
    found = joined(texts, kind, "")
    assert found == joined(texts, kind, " OR 1 = 0")
    assert found


@pytest.mark.parametrize("history", HISTORIES.values(), ids=HISTORIES)
def test_the_version_of_the_row_is_found(texts: Client, history: list[str]) -> None:
    for statement in history:
        texts.run(statement)
    applied = "OUTER APPLY CHANGETABLE(VERSION s, (n, id), (s.n, s.id)) AS v"
    by_row = texts.rows(f"SELECT s.id, v.SYS_CHANGE_VERSION FROM s {applied} ORDER BY s.id")
    by_key = texts.rows(f"SELECT s.id, v.SYS_CHANGE_VERSION FROM s {applied.replace('s.n,', 's.n + 0,')} ORDER BY s.id")
    assert by_row == by_key
    assert any(version is not None for _, version in by_row) or "BEGIN TRAN" in history[-1]
