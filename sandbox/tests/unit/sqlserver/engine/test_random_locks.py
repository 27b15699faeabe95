"""Transactions of three sessions in random turns, held against a model of rows that are locked by key.

Each session is in one thread and waits for nothing (LOCK_TIMEOUT 0), so that every step has one right answer.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import pytest

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine import SqlEngine
from tests.unit.sqlserver.engine.client import Client

Rows = dict[int, int]
KEYS = range(1, 9)
STEPS = 120


@dataclass
class Session:
    """A client, and what its open transaction has done: None for a row that it has deleted."""

    client: Client
    done: dict[int, int | None] = field(default_factory=dict)
    order: list[int] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        return self.client.session.transactions.is_open


class Game:
    """The sessions, the committed rows, and when each was changed last."""

    def __init__(self, sessions: list[Session], chance: random.Random) -> None:
        self.sessions = sessions
        self.chance = chance
        self.committed: Rows = {}
        self.version = 0
        self.versions: Rows = {}

    def sees(self, session: Session) -> Rows:
        both = self.committed | {}
        for key, value in session.done.items():
            both.pop(key, None)
            if value is not None:
                both[key] = value
        return both

    def everything(self) -> list[tuple[int, int]]:
        rows = dict(self.committed)
        for session in self.sessions:
            rows = {key: value for key, value in rows.items() if key not in session.done}
            rows |= {key: value for key, value in session.done.items() if value is not None}
        return sorted(rows.items())

    def step(self) -> None:
        session = self.chance.choice(self.sessions)
        if not session.is_open:
            session.client.run("BEGIN TRAN")
        if self.chance.random() < 0.2:
            self.end(session)
            return
        key, value = self.chance.choice(KEYS), self.chance.randrange(1000)
        is_locked = any(key in other.done for other in self.sessions if other is not session)
        is_there = key in self.sees(session)
        verb = self.chance.choice(["INSERT", "UPDATE", "DELETE", "RENAME"])
        if verb == "RENAME":
            self.rename(session, key)
            return
        statement = {
            "INSERT": "INSERT INTO k (id, code, a) VALUES (@P1, CONCAT(N'HĐ-', @P1), @P2)",
            "UPDATE": "UPDATE k SET a = @P2 WHERE id = @P1",
            "DELETE": "DELETE FROM k WHERE id = @P1 AND @P2 >= 0",
        }[verb]
        number = self.number(session, statement, key, value)
        if verb == "INSERT":
            assert number == (1222 if is_locked else 2627 if is_there else 0), (verb, key)
        elif is_locked:
            # A row that another has inserted is not there for one who changes rows by key.
            assert number == (1222 if key in self.committed else 0), (verb, key)
        if number == 0 and (verb == "INSERT" or is_there) and not is_locked:
            session.done[key] = None if verb == "DELETE" else value

    def rename(self, session: Session, key: int) -> None:
        """The key is written back as it is: change tracking sees a delete and an insert."""
        is_locked = any(key in other.done for other in self.sessions if other is not session)
        rows = self.sees(session)
        number = self.number(session, "UPDATE k SET id = id, a = a + 1 WHERE id = @P1", key)
        if is_locked:
            assert number == (1222 if key in self.committed else 0)
        elif key in rows:
            assert number == 0
            session.done[key] = rows[key] + 1

    def number(self, session: Session, statement: str, *values: int) -> int:
        try:
            session.client.run(statement, *values)
        except SqlError as error:
            return error.number
        return 0

    def end(self, session: Session) -> None:
        if self.chance.random() < 0.4:
            session.client.run("ROLLBACK")
        else:
            session.client.run("COMMIT")
            if session.done:
                self.version += 1
            self.committed = self.sees(session)
            self.versions |= dict.fromkeys(session.done, self.version)
        session.done = {}

    def check(self, reader: Client) -> None:
        assert reader.rows("SELECT id, a FROM k WITH (NOLOCK) ORDER BY id") == self.everything()
        locked = {key for session in self.sessions for key in session.done}
        free = sorted((key, value) for key, value in self.committed.items() if key not in locked)
        assert reader.rows("SELECT id, a FROM k WITH (READPAST) ORDER BY id") == free
        for session in self.sessions:
            if not any(other.done for other in self.sessions if other is not session):
                assert session.client.rows("SELECT id, a FROM k ORDER BY id") == sorted(self.sees(session).items())
        reader.session.begin(5)
        assert reader.rows("SELECT id, a FROM k ORDER BY id") == sorted(self.committed.items())
        changes = reader.changes(0, "k")
        assert {change[3]: change[1] for change in changes} == self.versions
        assert {change[3] for change in changes if change[0] != "D"} == set(self.committed)
        reader.session.commit()
        reader.run("SET TRANSACTION ISOLATION LEVEL READ COMMITTED")


@pytest.mark.parametrize("seed", range(12))
def test_random_turns(tracked: Client, engine: SqlEngine, seed: int) -> None:
    tracked.run("CREATE TABLE k (id INT PRIMARY KEY, code NVARCHAR(10) UNIQUE, a INT, n INT IDENTITY)")
    tracked.run("ALTER TABLE k ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)")
    sessions = [Session(Client(engine)) for _ in range(3)]
    for session in sessions:
        session.client.run("SET LOCK_TIMEOUT 0")
    game = Game(sessions, random.Random(seed))
    reader = Client(engine)
    for _ in range(STEPS):
        game.step()
        game.check(reader)
    for session in sessions:
        if session.is_open:
            game.end(session)
    game.check(reader)
    assert reader.value("SELECT COUNT(DISTINCT n) FROM k") == len(game.committed)
