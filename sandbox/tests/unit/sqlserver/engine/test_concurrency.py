"""Many sessions at once: nothing is lost, and no reader sees a version before its rows."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from sandbox.sqlserver.engine import SqlEngine
from tests.unit.sqlserver.engine.client import Client

WRITERS = 4
ROUNDS = 25


def test_increments_from_many_sessions(tracked: Client, engine: SqlEngine) -> None:
    def write(key: int) -> None:
        client = Client(engine)
        for _ in range(ROUNDS):
            client.run("BEGIN TRAN; UPDATE t SET a = a + 1 WHERE id = 1")
            client.run("UPDATE t SET c = a WHERE id = @P1; COMMIT", key)
        client.session.close()

    with ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(write, [1, 2, 3, 2]))
    assert tracked.value("SELECT a FROM t WHERE id = 1") == 1 + WRITERS * ROUNDS
    assert tracked.version == WRITERS * ROUNDS


def test_a_snapshot_never_shows_a_version_above_its_current_one(tracked: Client, engine: SqlEngine) -> None:
    done = threading.Event()

    def write() -> None:
        client = Client(engine)
        for number in range(100):
            client.run("INSERT INTO t (id) VALUES (@P1)", 100 + number)
        done.set()

    writer = threading.Thread(target=write)
    writer.start()
    reader = Client(engine)
    reader.run("SET TRANSACTION ISOLATION LEVEL SNAPSHOT")
    finished = False
    while not finished:
        finished = done.is_set()
        reader.session.begin(0)
        version = reader.version
        versions = {row[1] for row in reader.changes(0)}
        assert versions == set(range(1, int(str(version)) + 1))
        reader.session.commit()
    writer.join(10)
    assert len(tracked.changes(0)) == 100


def test_a_changed_table_is_planned_anew_in_every_session(tracked: Client, other: Client) -> None:
    query = "SELECT * FROM t WHERE id = 1"
    assert other.rows(query) == [(1, 1, None, None)]
    tracked.run("ALTER TABLE t ADD d INT NOT NULL DEFAULT 5")
    assert other.rows(query) == [(1, 1, None, None, 5)]
    tracked.run("DROP TABLE t")
    assert other.number(query) == 208
