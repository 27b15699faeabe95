"""Databases that are taken offline, brought online, copied and put back."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine import SqlEngine, open_engine
from sandbox.sqlserver.engine.administration import AdministrationError
from sandbox.sqlserver.engine.execution.engine_session import EngineSession
from tests.unit.sqlserver.engine.client import Client

DATABASES = "SELECT name, state, state_desc FROM sys.databases ORDER BY database_id"


@pytest.fixture
def guest(engine: SqlEngine) -> Iterator[EngineSession]:
    """A session that ends when its client is hung up on."""

    def hang_up() -> None:
        session.close()

    session = engine.login("sa", "secret", "sandbox", "guest", hang_up)
    yield session
    session.close()


@pytest.fixture
def master(engine: SqlEngine) -> Client:
    return Client(engine, "master")


def is_open(session: EngineSession) -> bool:
    try:
        session.connection.run("SELECT 1")
    except sqlite3.ProgrammingError:
        return False
    return True


def test_offline_ends_sessions_and_refuses_logins(engine: SqlEngine, guest: EngineSession, master: Client) -> None:
    engine.administration.take_offline("SANDBOX")
    assert not is_open(guest)
    with pytest.raises(SqlError) as raised:
        engine.login("sa", "secret", "sandbox", "tests")
    assert (raised.value.number, raised.value.severity) == (4060, 11)
    assert raised.value.then is not None
    assert (raised.value.then.number, raised.value.then.severity) == (18456, 14)
    assert master.number("USE sandbox") == 942
    assert master.value("SELECT DB_NAME()") == "master"
    assert master.number("ALTER DATABASE sandbox SET ALLOW_SNAPSHOT_ISOLATION ON") == 942
    assert master.rows(DATABASES) == [("master", 0, "ONLINE"), ("sandbox", 6, "OFFLINE")]


def test_online_again_nothing_is_lost(engine: SqlEngine, guest: EngineSession) -> None:
    for _ in guest.execute("CREATE TABLE k (id INT NOT NULL PRIMARY KEY); INSERT INTO k (id) VALUES (1)", {}):
        pass
    engine.administration.take_offline("sandbox")
    engine.administration.take_offline("sandbox")
    engine.administration.bring_online("sandbox")
    engine.administration.bring_online("sandbox")
    assert Client(engine).rows("SELECT id FROM k") == [(1,)]


def test_what_was_not_committed_is_rolled_back(engine: SqlEngine, guest: EngineSession) -> None:
    list(guest.execute("CREATE TABLE k (id INT NOT NULL PRIMARY KEY)", {}))
    guest.begin(0)
    list(guest.execute("INSERT INTO k (id) VALUES (1)", {}))
    engine.administration.take_offline("sandbox")
    engine.administration.bring_online("sandbox")
    assert Client(engine).value("SELECT COUNT(*) FROM k") == 0


def test_a_session_elsewhere_goes_on(engine: SqlEngine, master: Client) -> None:
    engine.administration.take_offline("sandbox")
    assert master.value("SELECT 1") == 1


def test_a_session_that_does_not_end_is_told(engine: SqlEngine, db: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database stays as it was: taken for offline, it would be replaced under that session's feet."""
    engine.administration.back_up("sandbox", "early")
    monkeypatch.setattr("sandbox.sqlserver.engine.administration.EMPTY_SECONDS", 0.1)
    for _ in range(2):
        with pytest.raises(AdministrationError, match="did not end"):
            engine.administration.restore("sandbox", "early")
    assert db.value("SELECT 1") == 1
    late = Client(engine)
    assert late.value("SELECT DB_NAME()") == "sandbox"
    late.session.close()
    db.session.close()
    engine.administration.restore("sandbox", "early")
    assert Client(engine).value("SELECT DB_NAME()") == "sandbox"


def test_a_restore_takes_everything_back(engine: SqlEngine, tracked: Client) -> None:
    tracked.run("UPDATE t SET a = 9 WHERE id = 1")
    before = tracked.changes(0)
    engine.administration.back_up("sandbox", "early")
    tracked.run("TRUNCATE TABLE t; INSERT INTO t (id) VALUES (7); CREATE TABLE k (id INT NOT NULL)")
    assert tracked.version == 2
    tracked.session.close()

    engine.administration.restore("sandbox", "early")

    again = Client(engine)
    assert again.version == 1
    assert again.changes(0) == before
    assert again.rows("SELECT id, a FROM t ORDER BY id") == [(1, 9), (2, 2), (3, 3)]
    assert again.rows("SELECT begin_version FROM sys.change_tracking_tables") == [(0,)]
    assert again.number("SELECT * FROM k") == 208
    again.run("UPDATE t SET a = 8 WHERE id = 2")
    assert again.changes(1) == [("U", 2, None, 2)]


def test_a_backup_is_consistent_while_others_write(engine: SqlEngine, tracked: Client) -> None:
    done = threading.Event()

    def write() -> None:
        while not done.is_set():
            tracked.run("BEGIN TRAN; UPDATE t SET a = a + 1 WHERE id = 1; UPDATE t SET a = a + 1 WHERE id = 2; COMMIT")

    tracked.run("UPDATE t SET a = 0")
    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(10):
            engine.administration.back_up("sandbox", f"copy-{number}")
    finally:
        done.set()
        writer.join()
    tracked.session.close()
    for number in range(10):
        engine.administration.restore("sandbox", f"copy-{number}")
        reader = Client(engine)
        assert reader.value("SELECT a FROM t WHERE id = 1") == reader.value("SELECT a FROM t WHERE id = 2")
        reader.session.close()


def test_identities_and_rowversions_go_back_too(engine: SqlEngine, db: Client) -> None:
    db.run("CREATE TABLE k (id INT IDENTITY NOT NULL PRIMARY KEY, a INT, v ROWVERSION); INSERT INTO k (a) VALUES (1)")
    engine.administration.back_up("sandbox", "early")
    insert = "INSERT INTO k (a) OUTPUT inserted.id, inserted.v VALUES (2)"
    first = db.rows(insert)
    db.session.close()
    engine.administration.restore("sandbox", "early")
    assert Client(engine).rows(insert) == first


def test_an_offline_database_is_restored_and_online_then(engine: SqlEngine) -> None:
    engine.administration.back_up("sandbox", "early")
    engine.administration.take_offline("sandbox")
    engine.administration.restore("sandbox", "early")
    assert Client(engine).value("SELECT DB_NAME()") == "sandbox"


def test_a_copy_is_no_database_and_outlives_the_server(data: Path) -> None:
    for name in ("early", "early.sqlite"):
        engine = open_engine(data, user="sa", password="secret", database="sandbox")
        engine.administration.back_up("sandbox", name)
        engine.close()
    engine = open_engine(data, user="sa", password="secret", database="sandbox")
    engine.administration.restore("sandbox", "early")
    assert [row[0] for row in Client(engine).rows(DATABASES)] == ["master", "sandbox"]
    engine.close()


@pytest.mark.parametrize("name", ["", "..", "../up", "a/b", ".hidden"])
def test_a_name_that_leaves_the_folder_is_refused(engine: SqlEngine, name: str) -> None:
    with pytest.raises(AdministrationError, match="cannot be a backup's name"):
        engine.administration.back_up("sandbox", name)


def test_what_is_not_there_is_named(engine: SqlEngine) -> None:
    administration = engine.administration
    with pytest.raises(AdministrationError, match="no backup late of database sandbox"):
        administration.restore("sandbox", "late")
    with pytest.raises(AdministrationError, match="no database none"):
        administration.take_offline("none")
    with pytest.raises(AdministrationError, match="master stays"):
        administration.take_offline("master")
    administration.take_offline("sandbox")
    with pytest.raises(AdministrationError, match="bring it online first"):
        administration.back_up("sandbox", "early")
