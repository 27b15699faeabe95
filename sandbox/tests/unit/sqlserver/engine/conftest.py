from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.sqlserver.engine import SqlEngine, open_engine
from tests.unit.sqlserver.engine.client import Client

PASSWORD = "Fine-for-tests-1"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "sqlserver"


@pytest.fixture
def engine(data: Path) -> Iterator[SqlEngine]:
    opened = open_engine(data, user="sa", password="secret", database="sandbox")
    yield opened
    opened.close()


@pytest.fixture
def db(engine: SqlEngine) -> Client:
    return Client(engine)


@pytest.fixture
def other(engine: SqlEngine) -> Client:
    return Client(engine)


@pytest.fixture
def tracked(db: Client) -> Client:
    """A tracked table t(id, a, b, c) with the rows 1, 2 and 3, loaded before tracking began: version 0."""
    db.run("ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 2 DAYS, AUTO_CLEANUP = ON)")
    db.run("ALTER DATABASE CURRENT SET ALLOW_SNAPSHOT_ISOLATION ON")
    db.run("CREATE TABLE dbo.t (id INT NOT NULL PRIMARY KEY, a INT NULL, b NVARCHAR(20) NULL, c INT NULL)")
    db.run("INSERT INTO t (id, a) VALUES (1, 1), (2, 2), (3, 3)")
    db.run("ALTER TABLE dbo.t ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)")
    return db


@pytest.fixture
def hasty(other: Client) -> Client:
    """A session that waits for no lock."""
    other.run("SET LOCK_TIMEOUT 0")
    return other


@pytest.fixture
def user(tracked: Client, engine: SqlEngine) -> Client:
    """A session of the user u, who has no rights, beside the tracked table t."""
    tracked.run(f"CREATE LOGIN u WITH PASSWORD = '{PASSWORD}'; CREATE USER u FOR LOGIN u")
    return Client(engine, "sandbox", "u", PASSWORD)
