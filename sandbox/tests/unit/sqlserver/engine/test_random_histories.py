"""Random histories against an independent model of change tracking, for every baseline."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sandbox.sqlserver.engine import open_engine
from tests.unit.sqlserver.engine.client import Client

KEYS = (1, 2, 3)
COLUMN_IDS = {"a": 2, "b": 3}


@dataclass
class Entry:
    """What one transaction did to one key: (operation, columns) in order."""

    version: int
    steps: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)


class Model:
    """Keys that exist, and for every key its entries, oldest first."""

    def __init__(self) -> None:
        self.rows: set[int] = set()
        self.entries: dict[int, list[Entry]] = {}
        self.version = 0

    def copy(self) -> Model:
        twin = Model()
        twin.rows, twin.version = set(self.rows), self.version
        twin.entries = {key: [Entry(e.version, list(e.steps)) for e in log] for key, log in self.entries.items()}
        return twin

    def note(self, key: int, operation: str, columns: tuple[str, ...] = ()) -> None:
        log = self.entries.setdefault(key, [])
        if not log or log[-1].version != self.version + 1:
            log.append(Entry(self.version + 1))
        log[-1].steps.append((operation, columns))

    def apply(self, kind: str, key: int, columns: tuple[str, ...]) -> None:
        if kind == "insert" and key not in self.rows:
            self.rows.add(key)
            self.note(key, "I")
        elif kind == "delete" and key in self.rows:
            self.rows.remove(key)
            self.note(key, "D")
        elif kind == "update" and key in self.rows:
            self.note(key, "U", columns)
        elif kind == "shift":
            moved = sorted(self.rows)
            for old in moved:
                self.note(old, "D")
            for old in moved:
                self.note(old + 1, "I")
            self.rows = {old + 1 for old in moved}

    def commit(self) -> None:
        if any(log and log[-1].version == self.version + 1 for log in self.entries.values()):
            self.version += 1

    def changes(self, since: int) -> dict[int, tuple[object, ...]]:
        """(operation, version, creation version, columns in first-set order or None) by key."""
        found = {}
        for key, log in self.entries.items():
            inside = [entry for entry in log if entry.version > since]
            if inside:
                found[key] = self._fold(inside)
        return found

    @staticmethod
    def _fold(inside: list[Entry]) -> tuple[object, ...]:
        steps = [step for entry in inside for step in entry.steps]
        created = [entry.version for entry in inside if any(operation == "I" for operation, _ in entry.steps)]
        if steps[-1][0] == "D":
            operation = "D"
        elif steps[0][0] == "I":
            operation = "I"
        else:
            operation = "U"
        columns: tuple[str, ...] | None = None
        if all(name == "U" and len(named) < len(COLUMN_IDS) for name, named in steps):
            columns = tuple(dict.fromkeys(column for _, named in steps for column in named))
        return operation, inside[-1].version, created[-1] if created else None, columns


def sql_of(kind: str, key: int, columns: tuple[str, ...]) -> str:
    if kind == "insert":
        return f"IF NOT EXISTS (SELECT 1 FROM t WHERE id = {key}) INSERT INTO t (id) VALUES ({key})"
    if kind == "delete":
        return f"DELETE FROM t WHERE id = {key}"
    if kind == "shift":
        return "UPDATE t SET id = id + 1"
    return f"UPDATE t SET {', '.join(f'{column} = 1' for column in columns)} WHERE id = {key}"


CHANGE = st.tuples(
    st.sampled_from(["insert", "insert", "update", "update", "delete", "shift"]),
    st.sampled_from(KEYS),
    st.sampled_from([("a",), ("b",), ("a", "b"), ("b", "a")]),
)
TRANSACTION = st.tuples(st.lists(CHANGE, min_size=1, max_size=5), st.sampled_from(["commit", "commit", "rollback"]))


def columns_of(mask: object) -> tuple[str, ...] | None:
    if not isinstance(mask, bytes):
        return None
    names = {number: name for name, number in COLUMN_IDS.items()}
    return tuple(names[int.from_bytes(mask[at : at + 4], "little")] for at in range(4, len(mask), 4))


def compare(db: Client, model: Model) -> None:
    assert db.version == model.version
    for since in range(model.version + 1):
        rows = db.rows(
            "SELECT c.id, c.SYS_CHANGE_OPERATION, c.SYS_CHANGE_VERSION, c.SYS_CHANGE_CREATION_VERSION, "
            "c.SYS_CHANGE_COLUMNS FROM CHANGETABLE(CHANGES t, @P1) AS c",
            since,
        )
        found = {row[0]: (row[1], row[2], row[3], columns_of(row[4])) for row in rows}
        assert found == model.changes(since)
    last = {key: log[-1].version for key, log in model.entries.items()}
    versions = db.rows(
        "SELECT p.id, v.SYS_CHANGE_VERSION FROM t p CROSS APPLY CHANGETABLE(VERSION t, (id), (p.id)) AS v"
    )
    assert dict(versions) == {key: last.get(key) for key in model.rows}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(TRANSACTION, max_size=8))
def test_every_baseline_of_every_history(history: list[tuple[list[tuple[str, int, tuple[str, ...]]], str]]) -> None:
    with tempfile.TemporaryDirectory() as directory:
        engine = open_engine(Path(directory), user="sa", password="secret", database="sandbox")
        try:
            db = Client(engine)
            db.run("ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON")
            db.run("CREATE TABLE t (id INT NOT NULL PRIMARY KEY, a INT NULL, b INT NULL)")
            db.run("ALTER TABLE t ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)")
            model = Model()
            for changes, ending in history:
                before = model.copy()
                db.session.begin(0)
                for change in changes:
                    db.run(sql_of(*change))
                    model.apply(*change)
                if ending == "commit":
                    db.session.commit()
                    model.commit()
                else:
                    db.session.rollback()
                    model = before
            compare(db, model)
        finally:
            engine.close()
