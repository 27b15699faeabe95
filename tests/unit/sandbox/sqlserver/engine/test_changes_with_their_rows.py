"""Changes joined to their table go by row numbers inside: that must find what the key finds."""

from __future__ import annotations

from pathlib import Path

import pytest

from sandbox.sqlserver.engine import SqlEngine, open_engine
from tests.unit.sandbox.sqlserver.engine.client import Client

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


def test_a_log_that_an_older_stand_in_has_made(texts: Client, engine: SqlEngine, data: Path) -> None:
    texts.run("UPDATE s SET a = 9 WHERE id = 'a'")
    texts.run("DELETE FROM s WHERE id = 'é'")
    raw = texts.session.connection.raw
    ((log,),) = raw.execute("SELECT name FROM sqlite_master WHERE type = 'table' AND name LIKE 'changes.%'").fetchall()
    for (trigger,) in raw.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        raw.execute(f'DROP TRIGGER "{trigger}"')
    raw.execute(f'DROP INDEX "{log}.row"')
    raw.execute(f'ALTER TABLE "{log}" DROP COLUMN row_id')
    raw.execute(f'CREATE INDEX "{log}.key" ON "{log}" (k0, k1, seq)')
    engine.close()

    reopened = open_engine(data, user="sa", password="secret", database="relay")
    db = Client(reopened)
    assert joined(db, "INNER", "") == [("a", 1, "U", "a", 1, 9)]
    db.run("UPDATE s SET a = 8 WHERE id = 'a'")
    assert joined(db, "LEFT", "") == [("a", 1, "U", "a", 1, 8), ("é", 2, "D", None, None, None)]
    reopened.close()
