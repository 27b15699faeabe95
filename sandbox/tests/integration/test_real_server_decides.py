"""What no document says of change tracking (reference: conflicts and gaps), asked of the server itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyodbc
import pytest

from sandbox.testing.real_server_decides import REFUSED, Decide
from sandbox.testing.sqlserver_process import SqlServer

pytestmark = pytest.mark.real_server_decides

MIN_VALID = "SELECT CHANGE_TRACKING_MIN_VALID_VERSION(OBJECT_ID('dbo.T'))"
CURRENT = "SELECT CHANGE_TRACKING_CURRENT_VERSION()"
BEGIN = "SELECT begin_version FROM sys.change_tracking_tables WHERE object_id = OBJECT_ID('dbo.T')"


@pytest.fixture
def database(server: SqlServer) -> str:
    """A database with one tracked table, in which three rows were written."""
    name = server.new_database()
    with _connected(server, name) as connection:
        connection.execute(f"ALTER DATABASE [{name}] SET ALLOW_SNAPSHOT_ISOLATION ON")
        connection.execute(f"ALTER DATABASE [{name}] SET CHANGE_TRACKING = ON (CHANGE_RETENTION = 7 DAYS)")
        connection.execute("CREATE TABLE dbo.T (id int NOT NULL PRIMARY KEY, a int NULL)")
        connection.execute("ALTER TABLE dbo.T ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)")
        for number in range(3):
            connection.execute("INSERT INTO dbo.T VALUES (?, 0)", number)
    return name


@pytest.fixture
def sql(server: SqlServer, database: str) -> Iterator[pyodbc.Connection]:
    with _connected(server, database) as connection:
        yield connection


@pytest.fixture
def other(server: SqlServer, database: str) -> Iterator[pyodbc.Connection]:
    with _connected(server, database) as connection:
        yield connection


def test_truncate_where_nothing_was_written_since(sql: pyodbc.Connection, decide: Decide) -> None:
    watermark = sql.execute(CURRENT).fetchval()
    sql.execute("TRUNCATE TABLE dbo.T")
    passes = watermark >= sql.execute(MIN_VALID).fetchval()
    decide(sql, "a watermark at the current version passes the validation after TRUNCATE", True, passes)


def test_truncate_moves_the_begin_version(sql: pyodbc.Connection, decide: Decide) -> None:
    before = sql.execute(BEGIN).fetchval()
    sql.execute("TRUNCATE TABLE dbo.T")
    decide(sql, "TRUNCATE moves begin_version", True, sql.execute(BEGIN).fetchval() > before)


def test_enabling_anew_where_nothing_was_written_since(sql: pyodbc.Connection, decide: Decide) -> None:
    watermark = sql.execute(CURRENT).fetchval()
    sql.execute("ALTER TABLE dbo.T DISABLE CHANGE_TRACKING")
    sql.execute("ALTER TABLE dbo.T ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)")
    passes = watermark >= sql.execute(MIN_VALID).fetchval()
    decide(sql, "a watermark at the current version passes after DISABLE and ENABLE", True, passes)


def test_a_negative_version(sql: pyodbc.Connection, decide: Decide) -> None:
    answer = _answer(sql, "SELECT COUNT(*) FROM CHANGETABLE(CHANGES dbo.T, -1) AS c")
    decide(sql, "CHANGETABLE(CHANGES t, -1) over three inserted rows", REFUSED, answer)


def test_a_context_before_a_select(sql: pyodbc.Connection, decide: Decide) -> None:
    answer = _answer(sql, "WITH CHANGE_TRACKING_CONTEXT (0x01) SELECT COUNT(*) FROM dbo.T")
    decide(sql, "WITH CHANGE_TRACKING_CONTEXT before SELECT", REFUSED, answer)


def test_the_mask_of_an_update_of_all_but_a_computed_column(sql: pyodbc.Connection, decide: Decide) -> None:
    sql.execute("ALTER TABLE dbo.T ADD twice AS a * 2")
    since = sql.execute(CURRENT).fetchval()
    sql.execute("UPDATE dbo.T SET a = 1 WHERE id = 1")
    query = "DECLARE @v bigint = ?; SELECT c.SYS_CHANGE_COLUMNS FROM CHANGETABLE(CHANGES dbo.T, @v) AS c"
    mask = sql.execute(query, since).fetchval()
    decide(sql, "an UPDATE of all columns but a computed one has a mask", True, mask is not None)


def test_auto_cleanup_switched_on_again(sql: pyodbc.Connection, database: str, decide: Decide) -> None:
    sql.execute(f"ALTER DATABASE [{database}] SET CHANGE_TRACKING (AUTO_CLEANUP = OFF)")
    sql.execute(f"ALTER DATABASE [{database}] SET CHANGE_TRACKING (AUTO_CLEANUP = ON)")
    row = sql.execute(
        "SELECT retention_period, retention_period_units_desc FROM sys.change_tracking_databases"
        " WHERE database_id = DB_ID()"
    ).fetchone()
    assert row is not None
    decide(sql, "the retention of 7 days after AUTO_CLEANUP off and on", (7, "DAYS"), tuple(row))


def test_the_longest_retention(sql: pyodbc.Connection, database: str, decide: Decide) -> None:
    longest = f"ALTER DATABASE [{database}] SET CHANGE_TRACKING (CHANGE_RETENTION = 2147483647 DAYS)"
    decide(sql, "a retention of 2147483647 days", 5092, _answer(sql, longest))


def test_the_current_version_inside_a_snapshot(
    sql: pyodbc.Connection, other: pyodbc.Connection, decide: Decide
) -> None:
    sql.execute("SET TRANSACTION ISOLATION LEVEL SNAPSHOT")
    sql.execute("BEGIN TRANSACTION")
    before = sql.execute(CURRENT).fetchval()
    other.execute("INSERT INTO dbo.T VALUES (10, 0)")
    stays = sql.execute(CURRENT).fetchval() == before
    sql.execute("ROLLBACK")
    decide(sql, "CHANGE_TRACKING_CURRENT_VERSION() stays inside a snapshot while others commit", True, stays)


def test_changes_inside_a_snapshot(sql: pyodbc.Connection, other: pyodbc.Connection, decide: Decide) -> None:
    sql.execute("SET TRANSACTION ISOLATION LEVEL SNAPSHOT")
    sql.execute("BEGIN TRANSACTION")
    version = sql.execute(CURRENT).fetchval()
    other.execute("INSERT INTO dbo.T VALUES (10, 0)")
    beyond = sql.execute("SELECT COUNT(*) FROM CHANGETABLE(CHANGES dbo.T, ?) AS c", version).fetchval()
    sql.execute("ROLLBACK")
    decide(sql, "changes above the current version that CHANGETABLE shows inside a snapshot", 0, beyond)


def test_a_reader_whose_table_is_no_longer_tracked(sql: pyodbc.Connection, decide: Decide) -> None:
    sql.execute("ALTER TABLE dbo.T DISABLE CHANGE_TRACKING")
    answer = _answer(sql, "SELECT COUNT(*) FROM CHANGETABLE(CHANGES dbo.T, 0) AS c")
    decide(sql, "CHANGETABLE after DISABLE CHANGE_TRACKING", 22105, answer)


def test_a_snapshot_whose_table_is_no_longer_tracked(
    sql: pyodbc.Connection, other: pyodbc.Connection, decide: Decide
) -> None:
    sql.execute("SET TRANSACTION ISOLATION LEVEL SNAPSHOT")
    sql.execute("BEGIN TRANSACTION")
    sql.execute(CURRENT).fetchval()
    other.execute("ALTER TABLE dbo.T DISABLE CHANGE_TRACKING")
    answer = _answer(sql, "SELECT COUNT(*) FROM CHANGETABLE(CHANGES dbo.T, 0) AS c")
    decide(sql, "CHANGETABLE in a snapshot that is older than DISABLE CHANGE_TRACKING", 3961, answer)


def test_how_the_table_is_named_that_is_not_tracked(sql: pyodbc.Connection, decide: Decide) -> None:
    sql.execute("CREATE TABLE dbo.U (id int NOT NULL PRIMARY KEY)")
    with pytest.raises(pyodbc.Error) as caught:
        sql.execute("SELECT * FROM CHANGETABLE(CHANGES dbo.U, 0) AS c").fetchall()
    decide(sql, "22105 names the table as the query does", False, "'dbo.U'" in str(caught.value.args[1]))


def _answer(connection: pyodbc.Connection, statement: str) -> object:
    """The first value of a statement's rows, None without rows, or the number of its error."""
    try:
        cursor = connection.execute(statement)
        return cursor.fetchval() if cursor.description else None
    except pyodbc.Error as error:
        return int(str(error.args[1]).rsplit("(", 2)[1].split(")")[0])


@contextmanager
def _connected(server: SqlServer, database: str) -> Iterator[pyodbc.Connection]:
    connection = server.connect(database)
    try:
        yield connection
    finally:
        connection.close()
