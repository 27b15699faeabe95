"""When a version is drawn, what is valid, and cleanup."""

from __future__ import annotations

import pytest

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine import SqlEngine
from tests.unit.sqlserver.engine.client import Client

STATE = (
    "SELECT t.begin_version, t.min_valid_version, t.cleanup_version FROM sys.change_tracking_tables AS t "
    "WHERE t.object_id = OBJECT_ID('dbo.t')"
)


def test_a_statement_that_finds_no_row_draws_no_version(tracked: Client) -> None:
    tracked.run("UPDATE t SET a = 1 WHERE id = 99; DELETE FROM t WHERE id = 99")
    assert tracked.version == 0


def test_the_same_value_again_draws_a_version(tracked: Client) -> None:
    tracked.run("UPDATE t SET a = a WHERE id = 1")
    assert tracked.changes(0) == [("U", 1, None, 1)]


def test_rollback_draws_no_version(tracked: Client) -> None:
    tracked.run("BEGIN TRAN; UPDATE t SET a = 9; ROLLBACK")
    assert tracked.version == 0
    assert tracked.changes(None) == []


def test_a_failed_statement_draws_no_version(tracked: Client) -> None:
    assert tracked.number("INSERT INTO t (id) VALUES (8), (1)") == 2627
    assert tracked.version == 0


def test_rollback_to_a_savepoint_drops_only_what_lies_behind_it(tracked: Client) -> None:
    tracked.run(
        "BEGIN TRAN; UPDATE t SET a = 9 WHERE id = 1; SAVE TRAN s; UPDATE t SET a = 9 WHERE id = 2; "
        "ROLLBACK TRAN s; COMMIT"
    )
    assert tracked.changes(0) == [("U", 1, None, 1)]


def test_a_savepoint_that_undoes_everything_leaves_no_version(tracked: Client) -> None:
    tracked.run("BEGIN TRAN; SAVE TRAN s; UPDATE t SET a = 9; ROLLBACK TRAN s; COMMIT")
    assert tracked.version == 0


def test_untracked_tables_draw_no_version(tracked: Client) -> None:
    tracked.run("CREATE TABLE k (id INT NOT NULL PRIMARY KEY); INSERT INTO k VALUES (1)")
    assert tracked.version == 0


def test_own_uncommitted_changes_are_not_seen(tracked: Client) -> None:
    tracked.run("BEGIN TRAN; UPDATE t SET a = 9 WHERE id = 1")
    assert tracked.version == 0
    assert tracked.changes(0) == []
    query = "SELECT v.SYS_CHANGE_VERSION FROM CHANGETABLE(VERSION t, (id), (1)) AS v"
    assert tracked.rows(query) == [(None,)]
    tracked.run("COMMIT")
    assert tracked.rows(query) == [(1,)]


def test_the_counter_survives_off_and_on(tracked: Client) -> None:
    tracked.run("UPDATE t SET a = 9; ALTER TABLE t DISABLE CHANGE_TRACKING")
    tracked.run("ALTER DATABASE CURRENT SET CHANGE_TRACKING = OFF")
    assert tracked.version is None
    tracked.run("ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON")
    assert tracked.version == 1


def test_enabling_again_forgets_and_begins_at_the_current_version(tracked: Client) -> None:
    tracked.run("UPDATE t SET a = 9; ALTER TABLE t DISABLE CHANGE_TRACKING; ALTER TABLE t ENABLE CHANGE_TRACKING")
    assert tracked.rows(STATE) == [(1, 1, None)]
    assert tracked.changes(0) == []


def test_truncate_forgets_without_drawing_a_version(tracked: Client) -> None:
    tracked.run("UPDATE t SET a = 9; TRUNCATE TABLE t")
    assert tracked.version == 1
    assert tracked.rows(STATE) == [(1, 1, None)]
    assert tracked.changes(0) == []


def test_cleanup_raises_min_valid_for_every_table(tracked: Client, engine: SqlEngine) -> None:
    for _ in range(3):
        tracked.run("UPDATE t SET a = a WHERE id = 1")
    tracked.run("UPDATE t SET a = a WHERE id = 2")
    engine.clean_up_to("sandbox", 3)
    assert tracked.rows(STATE) == [(0, 3, 3)]
    assert tracked.value("SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('t'))") == 3
    assert tracked.changes(0) == [("U", 4, None, 2)]


def test_cleanup_by_retention_keeps_what_is_young(tracked: Client) -> None:
    tracked.run("UPDATE t SET a = a; EXEC sys.sp_flush_CT_internal_table_on_demand")
    assert tracked.rows(STATE) == [(0, 0, None)]


def test_min_valid_is_null_for_what_is_not_tracked(tracked: Client) -> None:
    tracked.run("CREATE TABLE k (id INT NOT NULL PRIMARY KEY)")
    assert tracked.value("SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('k'))") is None
    assert tracked.value("SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('none'))") is None


def test_a_dropped_and_made_again_table_is_another_object(tracked: Client) -> None:
    before = tracked.value("SELECT OBJECT_ID('t')")
    tracked.run("DROP TABLE t; CREATE TABLE t (id INT NOT NULL PRIMARY KEY)")
    assert tracked.value("SELECT OBJECT_ID('t')") != before
    assert tracked.number("SELECT * FROM CHANGETABLE(CHANGES t, 0) AS c") == 22105


def test_version_of_rows_under_apply(tracked: Client) -> None:
    tracked.run("UPDATE t SET a = 9 WHERE id = 2")
    query = "SELECT p.id, v.SYS_CHANGE_VERSION FROM t AS p {} APPLY CHANGETABLE(VERSION dbo.t, (id), (p.id)) AS v"
    for word in ("CROSS", "OUTER"):
        assert tracked.rows(query.format(word) + " ORDER BY p.id") == [(1, None), (2, 1), (3, None)]


def test_the_context_of_the_last_statement_stays(tracked: Client) -> None:
    query = "SELECT c.SYS_CHANGE_CONTEXT FROM CHANGETABLE(CHANGES t, 0) AS c"
    tracked.run("WITH CHANGE_TRACKING_CONTEXT (0x0102) UPDATE t SET a = 1 WHERE id = 1")
    assert tracked.rows(query) == [(b"\x01\x02",)]
    tracked.run("UPDATE t SET a = 2 WHERE id = 1")
    assert tracked.rows(query) == [(None,)]
    tracked.run("WITH CHANGE_TRACKING_CONTEXT (@P1) UPDATE t SET a = 1 WHERE id = 1", b"")
    assert tracked.rows(query) == [(b"",)]


@pytest.mark.parametrize("version", ["-1", "@P1"])
def test_negative_versions_are_refused(tracked: Client, version: str) -> None:
    with pytest.raises(SqlError, match="negative version"):
        tracked.run(f"SELECT c.id FROM CHANGETABLE(CHANGES t, {version}) AS c", -1)


def test_everything_is_there_after_a_restart(tracked: Client, engine: SqlEngine, data: object) -> None:
    from pathlib import Path

    from sandbox.sqlserver.engine import open_engine

    tracked.run("UPDATE t SET b = 'x' WHERE id = 2")
    engine.close()
    again = open_engine(Path(str(data)), user="sa", password="secret", database="sandbox")
    client = Client(again)
    assert client.changes(0) == [("U", 1, None, 2)]
    assert client.rows("SELECT id, b FROM t WHERE b = 'X '") == [(2, "x")]
    again.close()


SIDE = "SELECT object_id FROM sys.internal_tables WHERE parent_id = OBJECT_ID('dbo.t') AND internal_type = 209"


def test_the_side_table_stays_when_the_table_is_truncated_and_is_another_when_tracking_is_switched(
    tracked: Client,
) -> None:
    before = tracked.value(SIDE)
    tracked.run("TRUNCATE TABLE t")
    assert tracked.value(SIDE) == before
    tracked.run("ALTER TABLE t DISABLE CHANGE_TRACKING")
    assert tracked.rows(SIDE) == []
    tracked.run("ALTER TABLE t ENABLE CHANGE_TRACKING")
    assert tracked.value(SIDE) not in (None, before)
