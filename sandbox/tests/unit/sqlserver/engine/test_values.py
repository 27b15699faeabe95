"""Types, comparisons and conversions."""

from __future__ import annotations

import datetime as dt
import uuid
from decimal import Decimal

import pytest

from sandbox.sqlserver.contract import SqlType
from tests.unit.sqlserver.engine.client import Client


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("'abc' = 'ABC'", True),
        ("'abc' = 'abc  '", True),
        ("'abc' = ' abc'", False),
        ("N'É' = N'é'", True),
        ("N'é' = N'e'", False),
        ("'abc' < 'ABD'", True),
        ("'B' IN ('a', 'b ')", True),
        ("'Abc' LIKE 'a%'", True),
        ("'a_c' LIKE 'a[_]c'", True),
        ("'abc' LIKE 'a[_]c'", False),
        ("'50%' LIKE '50!%' ESCAPE '!'", True),
        ("'abc' LIKE '[^b-d]bc'", True),
        ("'abc' NOT LIKE 'a%'", False),
        ("'abc' NOT LIKE 'b%'", True),
        ("NULL NOT LIKE 'b%'", False),
        ("NOT NULL LIKE 'b%'", False),
        ("NOT 'abc' NOT LIKE 'a%'", True),
        ("'50%' NOT LIKE '50!%' ESCAPE '!'", False),
        ("'50x' NOT LIKE '50!%' ESCAPE '!'", True),
        ("3 NOT IN (1, 2)", True),
        ("3 NOT IN (1, NULL)", False),
        ("3 NOT BETWEEN 1 AND 2", True),
        ("NOT EXISTS (SELECT 1)", False),
        ("1 IS NOT NULL", True),
        ("1 = '1'", True),
        ("'01' = 1", True),
        ("1.0 = 1", True),
        ("CAST(1.5 AS DECIMAL(5, 1)) = '1.50'", True),
        ("CAST('2024-01-02' AS DATE) = '2024-01-02T00:00:00'", True),
        ("NULL = NULL", False),
        ("NULL IS NULL", True),
        ("NOT (1 = NULL)", False),
        ("5 BETWEEN 1 AND '9'", True),
        (
            "CAST('6F9619FF-8B86-D011-B42D-00C04FC964FF' AS UNIQUEIDENTIFIER) = '6f9619ff-8b86-d011-b42d-00c04fc964ff'",
            True,
        ),
    ],
)
def test_conditions(db: Client, condition: str, expected: bool) -> None:
    assert db.value(f"SELECT CASE WHEN {condition} THEN 1 ELSE 0 END") == int(expected)


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("0x", b""),
        ("0x0", b"\0"),
        ("0xABC", b"\x0a\xbc"),
        ("DATALENGTH(0x)", 0),
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("-7 % 4", -3),
        ("1 + '2'", 3),
        ("'1' + '2'", "12"),
        ("CAST('12.345' AS DECIMAL(10, 2))", Decimal("12.35")),
        ("CAST(-12.345 AS DECIMAL(10, 2))", Decimal("-12.35")),
        ("CAST(1.9 AS INT)", 1),
        ("1.10 * 1.1", Decimal("1.210")),
        ("CAST(0.1 AS DECIMAL(9, 4)) + CAST(0.2 AS DECIMAL(9, 1))", Decimal("0.3000")),
        ("CAST('abcdef' AS NVARCHAR(3))", "abc"),
        ("CAST(5 AS CHAR(3))", "5  "),
        ("LEN('ab  ')", 2),
        ("CONCAT('a', NULL, 1)", "a1"),
        ("ISNULL(NULL, 'x')", "x"),
        ("COALESCE(NULL, '5', 1)", 5),
        ("NULLIF('A', 'a')", None),
        ("IIF(1 > 2, 'a', 'b')", "b"),
        ("SUBSTRING('abcdef', 0, 3)", "ab"),
        ("RIGHT('abc', 2) + LEFT('abc', 1)", "bca"),
        ("REPLACE('AbA', 'a', 'x')", "xbx"),
        ("CHARINDEX('B', 'abc')", 2),
        ("CONVERT(VARCHAR(30), CAST('2024-05-06 07:08:09.1234567' AS DATETIME2), 126)", "2024-05-06T07:08:09.1234567"),
        ("CONVERT(VARCHAR(30), CAST('0001-01-01' AS DATETIME2(0)), 126)", "0001-01-01T00:00:00"),
        ("CAST(CAST('07:08:09.1234567' AS TIME) AS VARCHAR(20))", "07:08:09.1234567"),
        ("CAST(CAST('07:08:09.1236' AS TIME(3)) AS VARCHAR(20))", "07:08:09.124"),
        ("CAST(CAST('07:08:09.6' AS TIME(0)) AS VARCHAR(20))", "07:08:10"),
        ("IIF(CAST('2024-05-06 07:08:09.1234567' AS DATETIME2) = '2024-05-06 07:08:09.1234568', 1, 0)", 0),
        (
            "CONVERT(VARCHAR(30), DATEADD(month, 1, CAST('2024-05-06 07:08:09.1234567' AS DATETIME2)), 126)",
            "2024-06-06T07:08:09.1234567",
        ),
        (
            "CONVERT(VARCHAR(30), DATEADD(microsecond, -1, CAST('2024-05-06 07:08:09.1234567' AS DATETIME2)), 126)",
            "2024-05-06T07:08:09.1234557",
        ),
        ("CONVERT(VARCHAR(10), CAST('2024-05-06' AS DATETIME), 120)", "2024-05-06"),
        ("CAST(CAST('2024-05-06 07:08:09.005' AS DATETIME) AS DATETIME2)", dt.datetime(2024, 5, 6, 7, 8, 9, 7000)),
        ("DATEADD(month, 1, CAST('2024-01-31' AS DATE))", dt.date(2024, 2, 29)),
        ("DATEADD(second, -1, CAST('2024-01-01T00:00:00' AS DATETIME2))", dt.datetime(2023, 12, 31, 23, 59, 59)),
        ("DATEDIFF(day, '2024-01-01T23:59:00', '2024-01-02T00:01:00')", 1),
        ("DATEDIFF(minute, '2024-01-01T00:00:59', '2024-01-01T00:01:00')", 1),
        ("CAST(0x0102 AS INT)", 258),
        ("CAST(CAST('true' AS BIT) AS INT) + 1", 2),
    ],
)
def test_expressions(db: Client, expression: str, value: object) -> None:
    found = db.value(f"SELECT {expression}")
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize(
    ("expression", "number"),
    [
        ("CAST('x' AS INT)", 245),
        ("CAST('99999999999' AS INT)", 248),
        ("CAST('x' AS BIGINT)", 8114),
        ("CAST('x' AS DECIMAL(5, 2))", 8114),
        ("CAST('x' AS FLOAT)", 8114),
        ("CAST('x' AS DATETIME2)", 241),
        ("CAST('2024-02-30' AS DATE)", 241),
        ("CAST('x' AS UNIQUEIDENTIFIER)", 8169),
        ("CAST(0x01 AS UNIQUEIDENTIFIER)", 40000),
        ("CAST(1 AS DATE)", 529),
        ("CASE WHEN 1 = CAST('2024-01-01' AS DATE) THEN 1 END", 206),
    ],
)
def test_refused_conversions(db: Client, expression: str, number: int) -> None:
    assert db.number(f"SELECT {expression}") == number


def test_parameters_are_converted_to_the_column(db: Client) -> None:
    db.run("CREATE TABLE k (id INT PRIMARY KEY, g UNIQUEIDENTIFIER, d DATETIME2(3), n DECIMAL(9, 3), f FLOAT, b BIT)")
    guid = uuid.UUID("6f9619ff-8b86-d011-b42d-00c04fc964ff")
    db.run(
        "INSERT INTO k VALUES (@P1, @P2, @P3, @P4, @P5, @P6)",
        "1",
        str(guid),
        "2024-01-02 03:04:05.6789",
        "1.2345",
        2,
        7,
    )
    row = (1, guid, dt.datetime(2024, 1, 2, 3, 4, 5, 679000), Decimal("1.235"), 2.0, 1)
    assert db.rows("SELECT * FROM k WHERE g = @P1 AND n = @P2 AND id = @P3", guid, Decimal("1.235"), "1") == [row]


def test_every_type_can_be_assigned_to_itself(db: Client) -> None:
    kinds = ["INT", "BIT", "DECIMAL(9, 2)", "FLOAT", "NVARCHAR(5)", "CHAR(5)", "VARBINARY(5)", "UNIQUEIDENTIFIER"]
    kinds += ["DATETIME2", "DATETIME2(3)", "DATETIME", "SMALLDATETIME", "DATE", "TIME", "MONEY", "NVARCHAR(MAX)"]
    columns = ", ".join(f"c{place} {kind} NULL" for place, kind in enumerate(kinds))
    db.run(f"CREATE TABLE k ({columns}); INSERT INTO k (c0) VALUES (1); INSERT INTO k SELECT * FROM k")
    sets = ", ".join(f"c{place} = c{place}" for place in range(len(kinds)))
    assert db.run(f"UPDATE k SET {sets}") == [2]


def test_guids_are_ordered_by_their_last_six_bytes_first(db: Client) -> None:
    low, high = uuid.UUID(int=0xFF << 120), uuid.UUID(int=1)
    db.run("CREATE TABLE k (g UNIQUEIDENTIFIER PRIMARY KEY); INSERT INTO k VALUES (@P1), (@P2)", high, low)
    assert db.rows("SELECT g FROM k ORDER BY g") == [(low,), (high,)]


def test_result_columns_are_typed(db: Client) -> None:
    db.run("CREATE TABLE k (id BIGINT IDENTITY PRIMARY KEY, s NVARCHAR(7) NOT NULL, n DECIMAL(9, 3) NULL)")
    listed = "SELECT a.id, a.s, b.n, b.id AS other, COUNT(*), 'x'"
    sql = f"{listed} FROM k a LEFT JOIN k b ON a.id = b.id GROUP BY a.id, a.s, b.n, b.id"
    (result,) = list(db.session.execute(sql, {}))
    columns = result.columns or ()
    assert [column.name for column in columns] == ["id", "s", "n", "other", "", ""]
    assert [column.nullable for column in columns] == [False, False, True, True, True, False]
    assert columns[0].identity
    assert columns[1].type == SqlType(name="nvarchar", length=7)
    assert columns[2].type == SqlType(name="decimal", precision=9, scale=3)
    assert columns[4].type == SqlType(name="int")


@pytest.mark.parametrize(
    "sql",
    [
        "MERGE t USING t AS s ON 1 = 1",
        "SELECT SOUNDEX('a')",
        "SELECT * FROM OPENJSON('[]')",
        "CREATE VIEW v AS SELECT 1",
        "CREATE PROCEDURE p AS SELECT 1",
        "CREATE TABLE k (a AS 1 + 1)",
        "CREATE TABLE k (a INT REFERENCES t (id))",
        "CREATE TABLE #k (a INT)",
        "CREATE TABLE k (a XML)",
        "SELECT CAST('2024-01-01' AS DATETIMEOFFSET)",
        "SELECT TOP 5 PERCENT 1",
        "SELECT * FROM t TABLESAMPLE (10 PERCENT)",
        "SELECT * FROM t WITH (SNAPSHOT)",
        "SELECT id, a FROM t FOR JSON AUTO",
        "SELECT x.id FROM t AS x CROSS APPLY (SELECT 1 AS n) AS y",
        "SELECT 1 WHERE 1 = 1 FOR XML PATH",
        "BEGIN TRY SELECT 1 / 0 END TRY BEGIN CATCH SELECT ERROR_LINE() END CATCH",
        "SET ROWCOUNT 5",
        "SELECT FORMAT(1, 'N')",
        "SELECT TRY_PARSE('x' AS INT)",
        "SELECT @@CPU_BUSY",
        "SELECT PERCENT_RANK() OVER (ORDER BY n) FROM (VALUES (1)) AS v(n)",
        "ALTER DATABASE CURRENT SET RECOVERY SIMPLE",
        "WAITFOR TIME '23:00'",
        "SELECT 'a' COLLATE Latin1_General_BIN",
    ],
)
def test_what_is_not_known_is_refused_by_name(tracked: Client, sql: str) -> None:
    error = tracked.error(sql)
    assert error.text.startswith("sandbox does not support: ") or error.number in (102, 156)
    assert tracked.value("SELECT COUNT(*) FROM t") == 3


@pytest.mark.parametrize(
    ("value", "column", "pair"),
    [
        ("'x'", "VARBINARY(5)", "from data type varchar to varbinary is not allowed"),
        (
            "CAST('x' AS NVARCHAR(MAX))",
            "VARBINARY(MAX)",
            "from data type nvarchar(max) to varbinary(max) is not allowed",
        ),
        ("CAST('2024-01-01' AS DATE)", "DECIMAL(5, 2)", "date is incompatible with decimal"),
    ],
)
def test_types_that_do_not_go_together_are_named_without_lengths(
    db: Client, value: str, column: str, pair: str
) -> None:
    db.run(f"CREATE TABLE k (v {column})")
    assert pair in db.error(f"INSERT INTO k VALUES ({value})").text


def test_a_type_that_is_not_known_is_refused_by_its_own_name(db: Client) -> None:
    assert "the type datetimeoffset" in db.error("CREATE TABLE k (v DATETIMEOFFSET(7))").text
