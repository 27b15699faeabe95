"""T-SQL around the statements: assignments, loops, names of transactions, and what is refused by name."""

from __future__ import annotations

import pytest

from tests.unit.sqlserver.engine.client import Client


@pytest.mark.parametrize(
    ("assignment", "value"),
    [
        ("a += 5", 12),
        ("a -= 5 + 1", 1),
        ("a *= 2 + 1", 21),
        ("a /= 2", 3),
        ("a %= 4", 3),
        ("a &= 6", 6),
        ("a |= 8", 15),
        ("a ^= 5", 2),
        ("a += (SELECT MAX(id) FROM t), c = 1", 10),
        ("c = 1, t.a += @P1", 107),
        ("[a] += CASE WHEN a = 7 THEN 1 ELSE 2 END", 8),
    ],
)
def test_compound_assignments(tracked: Client, assignment: str, value: int) -> None:
    tracked.run("UPDATE t SET a = 7")
    assert tracked.run(f"UPDATE t SET {assignment} WHERE id = 1", 100) == [1]
    assert tracked.value("SELECT a FROM t WHERE id = 1") == value
    assert tracked.value("SELECT a FROM t WHERE id = 2") == 7


def test_a_compound_assignment_is_a_change_of_its_column(tracked: Client) -> None:
    tracked.run("UPDATE x SET x.a += 1, x.c -= 1 FROM t AS x WHERE x.id = 1")
    assert tracked.masks(0) == {1: bytes(4) + (2).to_bytes(4, "little") + (4).to_bytes(4, "little")}


def test_variables_are_set_one_after_the_other(tracked: Client) -> None:
    batch = "DECLARE @x INT = 1, @s NVARCHAR(9) = 'a'; SET @x += 2 * 2; SET @s += 'b'; SELECT @x *= 2, @s = @s + @s"
    assert tracked.run(f"{batch}; SELECT @x, @s") == [[(10, "abab")]]
    assert tracked.run("DECLARE @x INT, @y INT; SELECT @x = 1, @y = @x + 1; SELECT @y") == [[(2,)]]
    assert tracked.run("DECLARE @x INT = 5; SELECT @x += a FROM t WHERE id = 3; SELECT @x") == [[(8,)]]


def test_no_variable_is_carried_from_row_to_row(tracked: Client) -> None:
    assert tracked.number("DECLARE @x INT = 0; SELECT @x = @x + a FROM t") == 40000
    assert tracked.number("DECLARE @x INT, @y INT; SELECT @x = a, @y = @x FROM t WHERE id = 1") == 40000


def test_loops(db: Client) -> None:
    batch = (
        "DECLARE @i INT = 0, @sum INT = 0 WHILE 1 = 1 BEGIN SET @i += 1; IF @i = 2 CONTINUE; "
        "IF @i > 5 BREAK SET @sum += @i; END SELECT @i, @sum"
    )
    assert db.run(batch) == [[(6, 13)]]
    assert db.number("BREAK") == 135
    assert db.number("IF 1 = 1 CONTINUE") == 136


def test_a_statement_may_follow_end_at_once(db: Client) -> None:
    assert db.run("IF 1 = 1 BEGIN SELECT 1; END SELECT 2") == [[(1,)], [(2,)]]


def test_a_transaction_is_rolled_back_by_its_name(tracked: Client) -> None:
    tracked.run("BEGIN TRAN work; UPDATE t SET a = 7; SAVE TRAN half; UPDATE t SET a = 8; ROLLBACK TRAN half")
    assert tracked.value("SELECT MAX(a) FROM t") == 7
    assert tracked.run("ROLLBACK TRAN WORK; SELECT @@TRANCOUNT, MAX(a) FROM t") == [[(0, 3)]]


def test_sp_executesql_inside_a_batch(db: Client) -> None:
    assert db.run("EXEC sp_executesql N'SELECT @a + @b', N'@a INT, @b INT', @b = 5, @a = '2'") == [[(7,)]]
    assert db.run("EXEC sys.sp_executesql N'SELECT 1; SELECT 2'") == [[(1,)], [(2,)]]
    assert db.number("EXEC sp_executesql N'SELECT @a', N'@a INT'") == 8178
    assert db.number("EXEC sp_executesql N'SELECT @a = 1', N'@a INT OUTPUT', 1") == 40000


@pytest.mark.parametrize(
    "call",
    [
        "sp_datatype_info_100 -9,3",
        "sp_datatype_info_100 -9 , 3;",
        "[sys].sp_datatype_info_100 @ODBCVer = 3, @data_type = -9",
        "EXEC sp_datatype_info_100 N'-9'",
        "DECLARE @t INT = -9 EXECUTE sp_datatype_info @t",
    ],
)
def test_a_procedure_is_called_with_constants_and_variables(db: Client, call: str) -> None:
    ((name, number, *_),) = db.rows(call)
    assert (name, number) == ("nvarchar", -9)


def test_only_the_first_statement_may_call_a_procedure_without_exec(db: Client) -> None:
    assert len(db.run("sp_datatype_info_100 12; SELECT 1")) == 2
    assert db.number("SELECT 1; sp_datatype_info_100 12") == 102


@pytest.mark.parametrize("call", ["sp_datatype_info 1 + 1", "EXEC sp_datatype_info 1 2", "EXEC sp_datatype_info 1,"])
def test_an_argument_is_no_other_expression(db: Client, call: str) -> None:
    assert db.number(call) == 102


@pytest.mark.parametrize(
    ("sql", "name"),
    [
        ("SELECT * FROM t PIVOT (SUM(a) FOR id IN ([1], [2])) AS p", "PIVOT"),
        ("SELECT * FROM (SELECT id, a FROM t) AS s UNPIVOT (v FOR k IN (a, id)) AS u", "PIVOT"),
        ("SELECT CUME_DIST() OVER (ORDER BY id) FROM t", "OVER"),
        ("SELECT TOP (1) WITH TIES id FROM t ORDER BY a", "WITH TIES"),
        ("SELECT a FROM t GROUP BY a WITH ROLLUP", "ROLLUP"),
        ("WITH q AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM q WHERE n < 5) SELECT n FROM q", "recursive"),
        ("SELECT id FROM #t", "temporary"),
        ("SELECT id FROM ##t", "temporary"),
        ("CREATE TABLE #t (id INT)", "temporary"),
        ("DROP TABLE IF EXISTS #t", "temporary"),
        ("SELECT id FROM t FOR BROWSE", "FOR"),
        ("DECLARE @t TABLE (id INT)", "TABLE"),
        ("DECLARE c CURSOR FOR SELECT 1", "CURSOR"),
        ("FETCH NEXT FROM c", "FETCH"),
        ("MERGE t USING t AS u ON 1 = 2 WHEN MATCHED THEN DELETE;", "MERGE"),
        ("SELECT 1 KILL 5", "KILL"),
        ("UPDATE STATISTICS t", "STATISTICS"),
        ("INSERT BULK t (a INT) WITH (TABLOCK)", "INSERT BULK"),
        ("UPDATE t SET @v = a = 5", "@v"),
        ("again: SELECT 1", "labels"),
        ("EXECUTE AS USER = 'dbo'", "EXECUTE AS"),
        ("EXEC sp_rename 't.i', 'u', 'INDEX'", "sp_rename"),
        ("EXEC sp_cursoropen 1, N'SELECT 1'", "sp_cursoropen"),
        ("EXEC sp_datatype_info twelve", "twelve without quotes"),
        ("EXEC sp_datatype_info DEFAULT", "DEFAULT"),
        ("EXEC sp_executesql N'SELECT 1', N'@a INT', @P1 OUTPUT", "OUTPUT"),
        ("BEGIN TRAN x WITH MARK 'm'", "MARK"),
        ("CREATE CLUSTERED INDEX i ON t (a)", "CLUSTERED"),
        ("SET STATISTICS IO ON", "STATISTICS"),
        ("SELECT other.dbo.t.id FROM t", "other"),
    ],
)
def test_what_is_not_known_is_refused_by_name(tracked: Client, sql: str, name: str) -> None:
    error = tracked.error(sql)
    assert error.number == 40000
    assert name in error.text


@pytest.mark.parametrize(
    "sql", ["SELECT id FROM t WHERE a !> 2", "SELECT sandbox.dbo.t.id FROM sandbox..t WHERE 2 !< a"]
)
def test_rare_spellings(tracked: Client, sql: str) -> None:
    assert sorted(tracked.rows(sql)) == [(1,), (2,)]
