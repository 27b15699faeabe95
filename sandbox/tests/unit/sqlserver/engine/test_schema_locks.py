"""An open transaction that has altered a table: nobody looks at the table, or at what the catalog says of it.

Microsoft, "Transaction locking and row versioning guide" (schema locks), "Transaction isolation levels" (metadata
access), "SET LOCK_TIMEOUT"; error 3961: "MSSQLSERVER_3961".
"""

from __future__ import annotations

import pytest

from tests.unit.sqlserver.engine.client import Client
from tests.unit.sqlserver.engine.locking import PATIENCE, SNAPSHOT, waiting

ALTER = "BEGIN TRAN; ALTER TABLE t ADD d int NULL"
CATALOG = [
    "SELECT OBJECT_ID(N'dbo.t')",
    "SELECT name FROM sys.tables WHERE name = 't'",
    "SELECT name FROM sys.columns WHERE object_id = OBJECT_ID(N'dbo.t')",
    "SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES",
    "SELECT begin_version FROM sys.change_tracking_tables",
    "SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID(N'dbo.t'))",
    "IF EXISTS (SELECT 1 FROM sys.tables WHERE object_id = OBJECT_ID(N'dbo.t')) SELECT 1",
]


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE t ADD d int NULL",
        "ALTER TABLE t ALTER COLUMN c bigint NULL",
        "ALTER TABLE t DROP COLUMN c",
        "ALTER TABLE t DISABLE CHANGE_TRACKING",
        "CREATE INDEX i ON t (a)",
        "TRUNCATE TABLE t",
        "DROP TABLE t",
    ],
)
def test_the_table_is_read_by_nobody(statement: str, tracked: Client, hasty: Client) -> None:
    tracked.run(f"BEGIN TRAN; {statement}")
    assert hasty.number("SELECT a FROM t WHERE id = 1") == 1222
    assert hasty.number("SELECT a FROM t WITH (NOLOCK)") == 1222
    hasty.run(SNAPSHOT)
    assert hasty.number("SELECT a FROM t WHERE id = 1") == 1222
    tracked.run("ROLLBACK")
    assert hasty.value("SELECT a FROM t WHERE id = 1") == 1


@pytest.mark.parametrize("query", CATALOG)
def test_the_catalog_says_nothing_of_it(query: str, tracked: Client, hasty: Client) -> None:
    tracked.run(ALTER)
    assert hasty.number(query) == 1222
    hasty.run(SNAPSHOT)
    assert hasty.number(query) == 1222
    tracked.run("ROLLBACK")
    assert hasty.rows(query)


@pytest.mark.parametrize("query", CATALOG[:1])
def test_without_a_lock_timeout_one_waits(query: str, tracked: Client, other: Client) -> None:
    tracked.run(ALTER)
    with waiting(other, query) as answer:
        tracked.run("COMMIT")
        assert answer.result(PATIENCE)


def test_the_catalog_goes_on_saying_what_it_knows_of_others(tracked: Client, hasty: Client) -> None:
    tracked.run("CREATE TABLE dbo.u (id int NOT NULL PRIMARY KEY)")
    tracked.run(ALTER)
    assert hasty.value("SELECT OBJECT_ID(N'dbo.u')") is not None
    assert hasty.value("SELECT name FROM sys.tables WHERE name = 'u'") == "u"
    assert hasty.value("SELECT COUNT(*) FROM u") == 0
    assert hasty.number("SELECT COUNT(*) FROM sys.tables") == 1222


def test_rows_that_are_changed_lock_no_definition(tracked: Client, hasty: Client) -> None:
    tracked.run("BEGIN TRAN; UPDATE t SET a = 9")
    assert hasty.value("SELECT OBJECT_ID(N'dbo.t')") is not None
    hasty.run(SNAPSHOT)
    assert hasty.value("SELECT a FROM t WHERE id = 1") == 1


def test_ones_own_alterations_are_seen(tracked: Client) -> None:
    tracked.run(ALTER)
    assert tracked.value("SELECT COL_NAME(OBJECT_ID(N'dbo.t'), 5)") == "d"
    assert tracked.rows("SELECT d FROM t WHERE id = 1") == [(None,)]


def test_a_snapshot_does_not_read_what_was_altered_since(tracked: Client, other: Client) -> None:
    tracked.run("CREATE TABLE dbo.u (id int NOT NULL PRIMARY KEY)")
    other.run(f"{SNAPSHOT}; BEGIN TRAN")
    tracked.run("ALTER TABLE t ADD d int NULL")
    assert other.value("SELECT COUNT(*) FROM u") == 0
    other.run("ROLLBACK; BEGIN TRAN")
    assert other.value("SELECT COUNT(*) FROM u") == 0
    tracked.run("ALTER TABLE t ADD e int NULL")
    assert other.number("SELECT a FROM t") == 3961
    assert other.value("SELECT @@TRANCOUNT") == 0, "the transaction is rolled back"
    other.run("BEGIN TRAN")
    assert other.rows("SELECT d FROM t WHERE id = 1") == [(None,)]


def test_a_snapshot_reads_what_an_alteration_that_was_rolled_back_left(tracked: Client, other: Client) -> None:
    other.run(f"{SNAPSHOT}; BEGIN TRAN")
    assert other.value("SELECT a FROM t WHERE id = 1") == 1
    tracked.run(f"{ALTER}; ROLLBACK")
    assert other.value("SELECT a FROM t WHERE id = 2") == 2


@pytest.mark.parametrize(
    ("statement", "is_altered"),
    [
        ("ALTER TABLE t ALTER COLUMN c bigint NULL", True),
        ("CREATE INDEX i ON t (a)", True),
        ("UPDATE t SET a = 5", False),
        ("ALTER TABLE u ADD a int NULL", False),
    ],
)
def test_modify_date_tells_that_a_table_was_altered(statement: str, is_altered: bool, tracked: Client) -> None:
    modified = "SELECT modify_date FROM sys.tables WHERE name = 't'"
    tracked.run("CREATE TABLE dbo.u (id int NOT NULL PRIMARY KEY)")
    assert tracked.value(f"SELECT COUNT(*) FROM sys.tables WHERE create_date > ({modified})") == 1
    before = tracked.value(modified)
    tracked.run("WAITFOR DELAY '00:00:00.010'")
    tracked.run(statement)
    assert (tracked.value(modified) != before) is is_altered
