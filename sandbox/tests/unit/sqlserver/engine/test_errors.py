"""Errors by SQL Server's number."""

from __future__ import annotations

import pytest

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine import SqlEngine
from tests.unit.sqlserver.engine.client import Client


def test_wrong_logins(engine: SqlEngine) -> None:
    for user, password, database, number in (
        ("sa", "wrong", "sandbox", 18456),
        ("who", "secret", "sandbox", 18456),
        ("sa", "secret", "none", 4060),
    ):
        with pytest.raises(SqlError) as raised:
            engine.login(user, password, database, "tests")
        assert raised.value.number == number


@pytest.mark.parametrize(
    ("sql", "number"),
    [
        ("SELECT * FROM nothing", 208),
        ("SELECT nothing FROM t", 207),
        ("SELECT x.id FROM t", 4104),
        ("SELECT id FROM t AS x JOIN t AS y ON x.id = y.id", 209),
        ("SELECT @nothing", 137),
        ("SELECT FROM WHERE", 102),
        ("SELEC * FROM t", 102),
        ("SELECT 'open", 105),
        ("SELECT id, COUNT(*) FROM t", 8120),
        ("SELECT id FROM t WHERE COUNT(*) > 1", 147),
        ("SELECT 1 / 0", 8134),
        ("SELECT 2147483647 + 1", 8115),
        ("SELECT CAST(300 AS TINYINT)", 8115),
        ("SELECT CAST(1234.5 AS DECIMAL(4, 2))", 8115),
        ("SELECT (SELECT id FROM t)", 512),
        ("INSERT INTO t (id, b) VALUES (9, REPLICATED)", 207),
        ("INSERT INTO t (id) VALUES (NULL)", 515),
        ("UPDATE t SET id = NULL", 515),
        ("INSERT INTO t (id) VALUES (1)", 2627),
        ("UPDATE t SET id = 7", 2627),
        ("INSERT INTO t (id, b) VALUES (9, '123456789012345678901')", 2628),
        ("INSERT INTO t (id, a) VALUES (9, 'x')", 245),
        ("INSERT INTO t (id) VALUES (9, 9)", 110),
        ("CREATE TABLE t (id INT)", 2714),
        ("DROP TABLE nothing", 3701),
        ("USE nothing", 911),
        ("THROW 50007, 'mine', 1", 50007),
        ("EXEC sp_nothing", 2812),
        ("SELEC 1", 2812),  # A batch may call a procedure without EXEC, and this could be one.
    ],
)
def test_numbers(tracked: Client, sql: str, number: int) -> None:
    assert tracked.number(sql) == number


@pytest.mark.parametrize(
    ("sql", "number"),
    [
        ("ALTER DATABASE CURRENT SET CHANGE_TRACKING = ON", 5088),
        ("ALTER DATABASE CURRENT SET CHANGE_TRACKING = OFF", 22115),
        ("ALTER DATABASE CURRENT SET CHANGE_TRACKING (CHANGE_RETENTION = 0 DAYS)", 5092),
        ("ALTER DATABASE CURRENT SET CHANGE_TRACKING (CHANGE_RETENTION = 1 DAY)", 155),
        ("ALTER DATABASE CURRENT SET CHANGE_TRACKING (AUTO_CLEANUP = ON, AUTO_CLEANUP = ON)", 5091),
        ("ALTER DATABASE CURRENT SET CHANGE_TRACKING (AUTO_CLEANUP = ON), RECOVERY SIMPLE", 22114),
        ("ALTER DATABASE master SET CHANGE_TRACKING = ON", 5090),
        ("ALTER TABLE t ENABLE CHANGE_TRACKING", 4996),
        ("ALTER TABLE k ENABLE CHANGE_TRACKING", 4997),
        ("ALTER TABLE k DISABLE CHANGE_TRACKING", 4998),
        ("ALTER TABLE t DROP CONSTRAINT pk_t", 3728),
        ("SELECT * FROM CHANGETABLE(CHANGES t, 0)", 22104),
        ("SELECT * FROM CHANGETABLE(CHANGES k, 0) AS c", 22105),
        ("SELECT 1; IF 1 = 2 SELECT * FROM CHANGETABLE(CHANGES k, 0) AS c", 22105),
        ("SELECT * FROM CHANGETABLE(CHANGES t, 1 + 1) AS c", 102),
        ("SELECT * FROM CHANGETABLE(CHANGES t, 'x') AS c", 8114),
        ("SELECT * FROM CHANGETABLE(VERSION t, (a), (1)) AS c", 22111),
        ("SELECT * FROM CHANGETABLE(VERSION t, (id, id), (1, 1)) AS c", 22112),
        ("SELECT * FROM CHANGETABLE(VERSION t, (id), (1, 1)) AS c", 22103),
        ("WITH CHANGE_TRACKING_CONTEXT ('x') UPDATE t SET a = 1", 102),
        ("WITH CHANGE_TRACKING_CONTEXT (NULL) UPDATE t SET a = 1", 156),
        ("SELECT CHANGE_TRACKING_MIN_VALID_VERSION(NULL)", 8116),
    ],
)
def test_change_tracking_numbers(tracked: Client, sql: str, number: int) -> None:
    tracked.run("CREATE TABLE k (id INT NULL)")
    assert tracked.number(sql) == number


def test_options_while_change_tracking_is_off(db: Client) -> None:
    assert db.number("ALTER DATABASE CURRENT SET CHANGE_TRACKING = OFF") == 5089
    assert db.number("ALTER DATABASE CURRENT SET CHANGE_TRACKING (AUTO_CLEANUP = OFF)") == 5089
    db.run("CREATE TABLE k (id INT NOT NULL PRIMARY KEY)")
    assert db.number("ALTER TABLE k ENABLE CHANGE_TRACKING") == 1718


def test_the_primary_key_of_a_tracked_table_stays(tracked: Client) -> None:
    (name,) = tracked.rows("SELECT name FROM sys.key_constraints")[0]
    assert tracked.number(f"ALTER TABLE t DROP CONSTRAINT [{name}]") == 3735


def test_duplicates_name_the_constraint_the_table_and_the_value(db: Client) -> None:
    db.run("CREATE TABLE k (a INT NOT NULL, b NVARCHAR(9) NOT NULL, CONSTRAINT pk_k PRIMARY KEY (a, b))")
    db.run("CREATE UNIQUE INDEX ux_b ON k (b)")
    db.run("INSERT INTO k VALUES (1, 'x')")
    assert db.error("INSERT INTO k VALUES (@P1, 'X')", 1).text == (
        "Violation of PRIMARY KEY constraint 'pk_k'. Cannot insert duplicate key in object 'dbo.k'. "
        "The duplicate key value is (1, X)."
    )
    error = db.error("INSERT INTO k VALUES (2, 'x')")
    assert (error.number, error.severity) == (2601, 14)
    assert "unique index 'ux_b'. The duplicate key value is (x)." in error.text


def test_a_unique_index_allows_one_null(db: Client) -> None:
    db.run("CREATE TABLE k (a INT NULL UNIQUE); INSERT INTO k VALUES (NULL)")
    assert db.number("INSERT INTO k VALUES (NULL)") == 2627


def test_checks(db: Client) -> None:
    db.run("CREATE TABLE k (a INT, s NVARCHAR(9), CONSTRAINT ck_k CHECK (a > 0 AND s IN ('x', 'y')))")
    db.run("INSERT INTO k VALUES (1, 'X'), (NULL, NULL)")
    error = db.error("INSERT INTO k VALUES (0, 'x')")
    assert error.number == 547
    assert '"ck_k"' in error.text


def test_identity_values_are_not_given_by_hand(db: Client) -> None:
    db.run("CREATE TABLE k (id INT IDENTITY(10, 5) NOT NULL PRIMARY KEY, a INT)")
    assert db.number("INSERT INTO k (id) VALUES (1)") == 544
    assert db.number("UPDATE k SET id = 1") == 8102
    db.run("INSERT INTO k (a) VALUES (1), (2)")
    db.run("SET IDENTITY_INSERT k ON; INSERT INTO k (id) VALUES (100); SET IDENTITY_INSERT k OFF")
    db.run("INSERT INTO k (a) VALUES (3)")
    assert db.rows("SELECT id FROM k ORDER BY id") == [(10,), (15,), (100,), (105,)]
    assert db.value("SELECT SCOPE_IDENTITY()") == 105


@pytest.mark.parametrize("columns", ["", "a INT, c INT"])
def test_alter_column_takes_one_column(tracked: Client, columns: str) -> None:
    """Found by nonsense: it broke the stand-in instead of the statement."""
    assert tracked.number(f"ALTER TABLE t ALTER COLUMN {columns}") == 102


def test_fetch_without_a_count(tracked: Client) -> None:
    """Found by nonsense, as above."""
    assert tracked.number("SELECT id FROM t ORDER BY id OFFSET 1 ROWS FETCH ROWS ONLY") == 102


@pytest.mark.parametrize(("argument", "count"), [("1.50", 1), ("N'4'", 1), ("NULL", 16)])
def test_a_procedure_converts_its_arguments(db: Client, argument: str, count: int) -> None:
    """Found by nonsense, as above."""
    assert len(db.rows(f"EXEC sp_datatype_info {argument}")) == count
    assert db.number("EXEC sp_datatype_info N'four'") == 245
