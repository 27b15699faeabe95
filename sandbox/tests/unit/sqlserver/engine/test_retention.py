"""The clock that can be moved, and what change tracking forgets by it."""

from __future__ import annotations

import datetime as dt

import pytest

from sandbox.sqlserver.engine import SqlEngine
from sandbox.waiting import wait_until
from tests.unit.sqlserver.engine.client import Client

STATE = "SELECT begin_version, min_valid_version, cleanup_version FROM sys.change_tracking_tables"
TWO_DAYS = dt.timedelta(days=2, seconds=1)


def real_time() -> dt.datetime:
    return dt.datetime.now(dt.UTC).replace(tzinfo=None)


def moment(db: Client, expression: str) -> dt.datetime:
    value = db.value(f"SELECT {expression}")
    assert isinstance(value, dt.datetime)
    return value


def is_close(moment: dt.datetime, expected: dt.datetime) -> bool:
    return abs(moment - expected) < dt.timedelta(seconds=30)


@pytest.mark.parametrize("function", ["SYSUTCDATETIME()", "GETDATE()", "CURRENT_TIMESTAMP"])
def test_all_time_comes_from_the_clock(db: Client, engine: SqlEngine, function: str) -> None:
    engine.clock.put_forward(dt.timedelta(days=8))
    engine.clock.put_forward(dt.timedelta(hours=1))
    assert is_close(moment(db, function), real_time() + dt.timedelta(days=8, hours=1))
    engine.clock.set_real()
    assert is_close(moment(db, function), real_time())


def test_what_is_written_bears_the_clocks_time(tracked: Client, engine: SqlEngine) -> None:
    engine.clock.put_forward(dt.timedelta(days=8))
    later = real_time() + dt.timedelta(days=8)
    tracked.run("UPDATE t SET a = 9; CREATE TABLE k (id INT NOT NULL)")
    assert is_close(moment(tracked, "(SELECT commit_time FROM sys.dm_tran_commit_table)"), later)
    assert is_close(moment(tracked, "(SELECT create_date FROM sys.objects WHERE name = 'k')"), later)


def test_the_clock_does_not_go_back(engine: SqlEngine) -> None:
    with pytest.raises(ValueError, match="forward only"):
        engine.clock.put_forward(dt.timedelta(seconds=-1))
    with pytest.raises(OverflowError):
        engine.clock.put_forward(dt.timedelta(days=4_000_000))
    assert engine.clock.ahead == dt.timedelta()


def test_only_what_is_older_than_the_retention_is_forgotten(tracked: Client, engine: SqlEngine) -> None:
    tracked.run("UPDATE t SET a = a WHERE id = 1; UPDATE t SET a = a WHERE id = 2")
    engine.clock.put_forward(TWO_DAYS)
    tracked.run("UPDATE t SET a = a WHERE id = 3")
    assert engine.retention.clean() == {"sandbox": 2}
    assert tracked.rows(STATE) == [(0, 2, 2)]
    assert tracked.value("SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('t'))") == 2
    assert tracked.changes(0) == [("U", 3, None, 3)]
    assert tracked.version == 3


def test_what_is_young_is_kept(tracked: Client, engine: SqlEngine) -> None:
    tracked.run("UPDATE t SET a = a")
    engine.clock.put_forward(dt.timedelta(days=1))
    assert engine.retention.clean() == {}
    assert tracked.rows(STATE) == [(0, 0, None)]


@pytest.mark.parametrize("unit", ["DAYS", "HOURS", "MINUTES"])
def test_the_retentions_unit_counts(tracked: Client, engine: SqlEngine, unit: str) -> None:
    tracked.run(f"ALTER DATABASE CURRENT SET CHANGE_TRACKING (CHANGE_RETENTION = 3 {unit})")
    tracked.run("UPDATE t SET a = a")
    engine.clock.put_forward(dt.timedelta(**{unit.lower(): 3}) - dt.timedelta(seconds=20))
    assert engine.retention.clean() == {}
    engine.clock.put_forward(dt.timedelta(seconds=21))
    assert engine.retention.clean() == {"sandbox": 1}


def test_auto_cleanup_that_is_off_keeps_everything(tracked: Client, engine: SqlEngine) -> None:
    tracked.run("ALTER DATABASE CURRENT SET CHANGE_TRACKING (AUTO_CLEANUP = OFF); UPDATE t SET a = a")
    engine.clock.put_forward(TWO_DAYS)
    assert engine.retention.clean() == {}
    assert len(tracked.changes(0)) == 3


def test_a_pass_leaves_readers_of_a_snapshot_alone(tracked: Client, other: Client, engine: SqlEngine) -> None:
    tracked.run("UPDATE t SET a = a")
    other.run("SET TRANSACTION ISOLATION LEVEL SNAPSHOT")
    other.session.begin(0)
    assert len(other.changes(0)) == 3
    engine.clock.put_forward(TWO_DAYS)
    engine.retention.clean_unread()
    assert other.run("UPDATE t SET a = 5 WHERE id = 1") == [1]
    other.session.commit()
    engine.retention.clean_unread()
    assert tracked.value("SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('t'))") == 1


def test_a_pass_that_was_asked_for_is_invisible_in_a_snapshot(
    tracked: Client, other: Client, engine: SqlEngine
) -> None:
    tracked.run("UPDATE t SET a = a")
    other.run("SET TRANSACTION ISOLATION LEVEL SNAPSHOT")
    other.session.begin(0)
    assert len(other.changes(0)) == 3
    engine.clock.put_forward(TWO_DAYS)
    assert engine.retention.clean() == {"sandbox": 1}
    assert len(other.changes(0)) == 3
    assert other.value("SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('t'))") == 0


def test_a_pass_waits_for_no_definition(tracked: Client, other: Client, engine: SqlEngine) -> None:
    tracked.run("UPDATE t SET a = a")
    engine.clock.put_forward(TWO_DAYS)
    other.session.begin(0)
    other.run("ALTER TABLE t ADD d INT NULL")
    assert engine.retention.clean() == {}
    other.session.commit()
    assert engine.retention.clean() == {"sandbox": 1}


def test_a_pass_goes_by_what_is_not_committed(tracked: Client, other: Client, engine: SqlEngine) -> None:
    tracked.run("UPDATE t SET a = a")
    engine.clock.put_forward(TWO_DAYS)
    other.session.begin(0)
    other.run("UPDATE t SET b = 'open' WHERE id = 1")
    assert engine.retention.clean() == {"sandbox": 1}
    other.session.commit()
    assert tracked.changes(1) == [("U", 2, None, 1)]


def test_passes_are_made_by_themselves(tracked: Client, engine: SqlEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sandbox.sqlserver.engine.retention.EVERY_SECONDS", 0.01)
    tracked.run("UPDATE t SET a = a")
    engine.retention.start()
    try:
        engine.clock.put_forward(TWO_DAYS)
        wait_until(lambda: tracked.changes(0) == [])
    finally:
        engine.retention.stop()
