"""The statements that SQLAlchemy, Alembic and the samples send."""

from __future__ import annotations

import pytest

from sandbox.sqlserver.contract import Parameter, SqlType
from tests.unit.sqlserver.engine.client import Client, parameter


def test_what_sqlalchemy_asks_when_it_connects(db: Client) -> None:
    assert db.value("SELECT CAST(SERVERPROPERTY('ProductVersion') AS VARCHAR)") == "16.0.4135.4"
    assert db.value("SELECT schema_name()") == "dbo"
    names = "SELECT name FROM sys.system_views WHERE name IN ('dm_exec_sessions','dm_pdw_nodes_exec_sessions')"
    assert db.value(names) == "dm_exec_sessions"
    level = "SELECT transaction_isolation_level FROM sys.dm_exec_sessions where session_id = @@SPID"
    assert db.value(level) == 2
    assert db.rows("SELECT 1 FROM fn_listextendedproperty(default, default, default, default, default)") == []


def test_insert_many_with_output_keeps_the_order(db: Client) -> None:
    db.run("CREATE TABLE k (id INT IDENTITY PRIMARY KEY, s NVARCHAR(9) NOT NULL)")
    values = [f"row {number}" for number in range(50)]
    listed = ", ".join(f"(@P{place}, {len(values) - place})" for place in range(1, len(values) + 1))
    sql = f"INSERT INTO k (s) OUTPUT inserted.id, inserted.s SELECT p0 FROM (VALUES {listed}) AS v(p0, n) ORDER BY n"
    assert db.rows(sql, *values) == [(place, value) for place, value in enumerate(reversed(values), 1)]


def test_update_and_delete_with_joins_top_and_output(tracked: Client) -> None:
    assert tracked.run("UPDATE x SET a = v.n FROM t AS x JOIN (VALUES (1, 10), (2, 20)) AS v(k, n) ON v.k = x.id") == [
        2
    ]
    assert tracked.rows("UPDATE t SET a = a + 1 OUTPUT deleted.a, inserted.a AS after WHERE id < 3") == [
        (10, 11),
        (20, 21),
    ]
    assert tracked.rows("DELETE TOP (1) FROM t OUTPUT deleted.id WHERE id > 1") == [(2,)]
    assert tracked.run("DELETE x FROM t AS x WHERE EXISTS (SELECT 1 FROM t AS y WHERE y.id < x.id)") == [1]
    assert tracked.rows("SELECT id, a FROM t") == [(1, 11)]


def test_paging_grouping_and_unions(tracked: Client) -> None:
    assert tracked.rows("SELECT TOP (@P1) id FROM t ORDER BY a DESC", 2) == [(3,), (2,)]
    assert tracked.rows("SELECT id FROM t ORDER BY id OFFSET @P1 ROWS FETCH FIRST @P2 ROWS ONLY", 1, 1) == [(2,)]
    grouped = (
        "SELECT a % 2 AS odd, COUNT(*), SUM(a), MIN(id), MAX(id) FROM t GROUP BY a % 2 HAVING COUNT(*) > 0 ORDER BY odd"
    )
    assert tracked.rows(grouped) == [(0, 1, 2, 2, 2), (1, 2, 4, 1, 3)]
    assert tracked.rows("WITH q AS (SELECT id FROM t) SELECT id FROM q UNION ALL SELECT 9 ORDER BY id DESC") == [
        (9,),
        (3,),
        (2,),
        (1,),
    ]
    assert len(tracked.rows("SELECT 'a' AS s UNION SELECT 'A ' UNION SELECT 'b'")) == 2
    assert len(tracked.rows("SELECT DISTINCT s FROM (VALUES ('a'), ('A'), ('b')) AS v(s)")) == 2


def test_control_flow(db: Client) -> None:
    batch = (
        "SET NOCOUNT ON DECLARE @i INT = 0, @s NVARCHAR(3) WHILE @i < 3 BEGIN SET @i = @i + 1 END "
        "SET @s = 'abcdef' IF @i = 3 SELECT @i, @s ELSE SELECT 'no'"
    )
    assert db.run(batch) == [[(3, "abc")]]
    assert db.run("IF NOT EXISTS (SELECT 1 FROM sys.tables WHERE name = 'k') CREATE TABLE k (id INT); SELECT 1") == [
        [(1,)]
    ]
    assert db.run("DECLARE @n INT; SELECT @n = COUNT(*) FROM k; SELECT @n; EXEC (N'SELECT 5')") == [[(0,)], [(5,)]]
    assert db.run("SELECT 1; RETURN; SELECT 2") == [[(1,)]]


def test_rowcount_and_nocount(tracked: Client) -> None:
    assert tracked.run("UPDATE t SET a = 1; SELECT @@ROWCOUNT") == [3, [(3,)]]
    assert tracked.run("SET NOCOUNT ON; UPDATE t SET a = 1; SELECT @@ROWCOUNT") == [[(3,)]]


def test_definitions_and_the_catalog(db: Client) -> None:
    db.run(
        "CREATE TABLE dbo.k (id BIGINT IDENTITY(1,1) NOT NULL, s NVARCHAR(40) NOT NULL DEFAULT N'new', "
        "n DECIMAL(10,2) NULL, at DATETIME2(3) NOT NULL CONSTRAINT df_at DEFAULT (SYSUTCDATETIME()), "
        "CONSTRAINT pk_k PRIMARY KEY CLUSTERED (id))"
    )
    db.run("CREATE INDEX ix_s ON k (s DESC) INCLUDE (at); INSERT INTO k DEFAULT VALUES")
    columns = (
        "SELECT COLUMN_NAME, DATA_TYPE, IS_NULLABLE, CHARACTER_MAXIMUM_LENGTH, NUMERIC_PRECISION, COLUMN_DEFAULT "
        "FROM INFORMATION_SCHEMA.COLUMNS WHERE TABLE_NAME = 'K' ORDER BY ORDINAL_POSITION"
    )
    assert db.rows(columns) == [
        ("id", "bigint", "NO", None, 19, None),
        ("s", "nvarchar", "NO", 40, None, "(N'new')"),
        ("n", "decimal", "YES", None, 10, None),
        ("at", "datetime2", "NO", None, None, "(SYSUTCDATETIME())"),
    ]
    db.run("ALTER TABLE k ADD c INT NOT NULL DEFAULT 7, d INT NULL; ALTER TABLE k ALTER COLUMN n DECIMAL(12,4) NULL")
    assert db.rows("SELECT id, s, n, c, d FROM k") == [(1, "new", None, 7, None)]
    db.run("ALTER TABLE k DROP COLUMN d; DROP INDEX ix_s ON k; ALTER TABLE k ADD CONSTRAINT uq_s UNIQUE (s)")
    assert db.rows("SELECT name, type FROM sys.objects WHERE type IN ('PK', 'UQ') ORDER BY name") == [
        ("pk_k", "PK"),
        ("uq_s", "UQ"),
    ]
    assert db.rows("SELECT TABLE_NAME FROM INFORMATION_SCHEMA.TABLES") == [("k",)]
    db.run("DROP TABLE k")
    assert db.rows("SELECT name FROM sys.objects") == []


def test_adding_columns_is_not_a_change(tracked: Client) -> None:
    tracked.run(
        "UPDATE t SET a = 9 WHERE id = 1; ALTER TABLE t ADD d INT NOT NULL DEFAULT 1; ALTER TABLE t DROP COLUMN c"
    )
    assert tracked.changes(0) == [("U", 1, None, 1)]
    tracked.run("UPDATE t SET d = 2 WHERE id = 2")
    assert tracked.changes(1) == [("U", 2, None, 2)]


def test_change_tracking_in_the_catalog(tracked: Client) -> None:
    assert tracked.rows(
        "SELECT is_auto_cleanup_on, retention_period, retention_period_units, retention_period_units_desc "
        "FROM sys.change_tracking_databases WHERE database_id = DB_ID()"
    ) == [(1, 2, 3, "DAYS")]
    assert tracked.value("SELECT snapshot_isolation_state FROM sys.databases WHERE name = DB_NAME()") == 1
    assert tracked.value("SELECT DATABASEPROPERTYEX(DB_NAME(), 'Updateability')") == "READ_WRITE"
    assert tracked.value("SELECT DATABASEPROPERTYEX(DB_NAME(), 'IsChangeTrackingEnabled')") == 1
    assert tracked.value("SELECT HAS_PERMS_BY_NAME('dbo.t', 'OBJECT', 'VIEW CHANGE TRACKING')") == 1


def test_undeclared_parameters(tracked: Client) -> None:
    sql = "UPDATE t SET b = @P1 WHERE id = @P2"
    (result,) = tracked.session.call("sp_describe_undeclared_parameters", [("", parameter(sql))])
    assert len(result.columns or ()) == 24
    assert [(row[0], row[1], row[3]) for row in result.rows] == [(1, "@P1", "nvarchar(20)"), (2, "@P2", "int")]


@pytest.mark.parametrize(
    ("sql", "types"),
    [
        ("DECLARE @c VARBINARY(9) = @P1; UPDATE t SET a = @P2, b = @P3", ["varbinary(9)", "int", "nvarchar(20)"]),
        ("IF EXISTS (SELECT 1 FROM t WHERE b = @P1) INSERT INTO t (id, b) VALUES (@P2, @P3)", None),
        ("UPDATE t SET a += @P1, c = (a - @P2) * 2 WHERE b IN (@P3, @P1)", ["int", "int", "nvarchar(20)"]),
        ("SELECT @@ROWCOUNT, @P2 WHERE @P1 = 1", ["nvarchar(4000)", "nvarchar(4000)"]),
    ],
)
def test_undeclared_parameters_of_whole_batches(tracked: Client, sql: str, types: list[str] | None) -> None:
    (result,) = tracked.session.call("sp_describe_undeclared_parameters", [("", parameter(sql))])
    assert [row[3] for row in result.rows] == (types or ["nvarchar(20)", "int", "nvarchar(20)"])


@pytest.mark.parametrize("number", [12, -9, -3, 93])
def test_type_info(db: Client, number: int) -> None:
    argument = Parameter(type=SqlType(name="int"), value=number)
    (result,) = db.session.call("[sys].sp_datatype_info_100", [("@data_type", argument)])
    assert len(result.columns or ()) == 20
    assert {row[1] for row in result.rows} == {number}


def test_rowversions_grow(db: Client) -> None:
    db.run("CREATE TABLE k (id INT PRIMARY KEY, v ROWVERSION); INSERT INTO k (id) VALUES (1), (2)")
    before = dict(db.rows("SELECT id, v FROM k"))
    db.run("UPDATE k SET id = id WHERE id = 1")
    after = dict(db.rows("SELECT id, v FROM k"))
    assert after[1] > before[2] > before[1]  # type: ignore[operator]
    assert after[2] == before[2]


def test_a_batch_with_an_untracked_changetable_does_nothing(tracked: Client) -> None:
    tracked.run("CREATE TABLE k (id INT NOT NULL PRIMARY KEY)")
    batch = "UPDATE t SET a = 77; IF 1 = 2 SELECT * FROM CHANGETABLE(CHANGES k, 0) AS c"
    assert tracked.number(batch) == 22105
    assert tracked.rows("SELECT id FROM t WHERE a = 77") == []


def test_names_and_properties_as_parameters(db: Client) -> None:
    db.run("CREATE TABLE dbo.[odd ]]name] (id INT NOT NULL PRIMARY KEY, [a b] INT)")
    assert db.value("SELECT COLUMNPROPERTY(OBJECT_ID(N'[dbo].[odd ]]name]'), @P1, @P2)", "A B", "ColumnId") == 2
    assert db.value("SELECT OBJECT_NAME(OBJECT_ID(@P1))", "sandbox..[odd ]]name]") == "odd ]name"
    assert db.value("SELECT OBJECT_ID('other.dbo.[odd ]]name]')") is None
    assert db.value("SELECT DATABASEPROPERTYEX(DB_NAME(), @P1)", "Updateability") == "READ_WRITE"
    assert db.number("SELECT DATABASEPROPERTYEX(DB_NAME(), 'Recovery')") == 40000
    assert db.rows("SELECT dbo.[odd ]]name].[a b] FROM dbo.[odd ]]name] WHERE dbo.[odd ]]name].id = 1") == []
