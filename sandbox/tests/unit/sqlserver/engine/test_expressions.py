"""What people type into a SELECT list, with the answers that Microsoft's reference gives or that follow from it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest

from tests.unit.sqlserver.engine.client import Client

VALUES = "(VALUES (1, 'b', 10), (2, 'a', 20), (3, 'B', NULL)) AS v(id, s, n)"


@pytest.mark.parametrize(
    ("expression", "answer"),
    [
        # Numbers
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("-7 % 3", -1),
        ("2.0 / 3", Decimal("0.666666")),
        ("1.0 / 3.00", Decimal("0.333333")),
        ("-1.00 / 8", Decimal("-0.125000")),
        ("10 / 4.0", Decimal("2.500000")),
        ("7.5 % 2", Decimal("1.5")),
        ("ROUND(2.567, 2)", Decimal("2.570")),
        ("ROUND(-2.5, 0)", Decimal("-3.0")),
        ("ROUND(2.567, 1, 1)", Decimal("2.500")),
        ("ROUND(1234, -2)", 1200),
        ("SIGN(-5)", -1),
        ("ABS(-5)", 5),
        ("CEILING(CAST(1.2 AS float))", 2.0),
        # Texts
        ("'a' + 'b'", "ab"),
        ("LEN('ab  ')", 2),
        ("DATALENGTH(N'ab')", 4),
        ("STUFF('abcdef', 2, 3, 'ijklmn')", "aijklmnef"),
        ("STUFF('abc', 9, 1, 'x')", None),
        ("STUFF('abc', 2, 1, NULL)", "ac"),
        ("REPLICATE('ab', 3)", "ababab"),
        ("REVERSE('abc')", "cba"),
        ("SPACE(3) + 'x'", "   x"),
        ("CONCAT_WS(',', 'a', NULL, 'b')", "a,b"),
        ("CHARINDEX('b', 'abcb', 3)", 4),
        ("CHARINDEX('B', 'abc')", 2),
        ("PATINDEX('%en_ure%', 'Please ensure the door is locked')", 8),
        ("PATINDEX('%[0-9]%', 'ab7c')", 3),
        ("PATINDEX('x%', 'ax')", 0),
        ("ASCII('A')", 65),
        ("UNICODE(N'Å')", 197),
        ("CHAR(65)", "A"),
        ("NCHAR(7841)", "ạ"),
        ("TRIM('  a ')", "a"),
        # Choices
        ("IIF(1 > 2, 'yes', 'no')", "no"),
        ("CHOOSE(2, 'a', 'b', 'c')", "b"),
        ("CHOOSE(9, 'a', 'b')", None),
        ("NULLIF('a', 'A ')", None),
        ("COALESCE(NULL, NULL, 3)", 3),
        ("CASE 'A' WHEN 'a' THEN 1 ELSE 2 END", 1),
        # Conversions
        ("TRY_CAST('12' AS int)", 12),
        ("TRY_CAST('x' AS int)", None),
        ("TRY_CAST('300' AS tinyint)", None),
        ("TRY_CONVERT(date, '2024-02-30')", None),
        ("TRY_CONVERT(date, '2024-02-29')", dt.date(2024, 2, 29)),
        ("CAST(2.5 AS int)", 2),
        ("CAST(NULL AS int)", None),
        # Moments
        ("EOMONTH('2024-02-10')", dt.date(2024, 2, 29)),
        ("EOMONTH('2024-01-31', 1)", dt.date(2024, 2, 29)),
        ("DATENAME(month, '2024-02-10')", "February"),
        ("DATENAME(year, '2024-02-10')", "2024"),
        ("DATEFROMPARTS(2024, 2, 29)", dt.date(2024, 2, 29)),
        ("CONVERT(varchar(10), CAST('2024-02-09' AS date), 103)", "09/02/2024"),
        ("CONVERT(varchar(8), CAST('2024-02-09 13:05:07' AS datetime), 108)", "13:05:07"),
        ("DATEDIFF(year, '2023-12-31', '2024-01-01')", 1),
        ("DATEADD(month, 1, CAST('2024-01-31' AS date))", dt.date(2024, 2, 29)),
    ],
)
def test_an_expression_has_its_answer(db: Client, expression: str, answer: object) -> None:
    assert db.value(f"SELECT {expression}") == answer


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("SELECT id, ROW_NUMBER() OVER (ORDER BY s, id DESC) FROM {v} ORDER BY 2", [(2, 1), (3, 2), (1, 3)]),
        (
            "SELECT id, RANK() OVER (ORDER BY s), DENSE_RANK() OVER (ORDER BY s) FROM {v} ORDER BY id",
            [(1, 2, 2), (2, 1, 1), (3, 2, 2)],
        ),
        ("SELECT id, COUNT(*) OVER (PARTITION BY s) FROM {v} ORDER BY id", [(1, 2), (2, 1), (3, 2)]),
        (
            "SELECT id, SUM(id) OVER (ORDER BY id), SUM(id) OVER () FROM {v} ORDER BY id",
            [(1, 1, 6), (2, 3, 6), (3, 6, 6)],
        ),
        (
            "SELECT AVG(id) OVER (ORDER BY id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) FROM {v} ORDER BY id",
            [(1,), (1,), (2,)],
        ),
        (
            "SELECT LAG(id) OVER (ORDER BY id), LEAD(id, 2, 0) OVER (ORDER BY id) FROM {v} ORDER BY id",
            [(None, 3), (1, 0), (2, 0)],
        ),
        ("SELECT FIRST_VALUE(s) OVER (ORDER BY id) FROM {v} ORDER BY id", [("b",), ("b",), ("b",)]),
        ("SELECT NTILE(2) OVER (ORDER BY id) FROM {v} ORDER BY id", [(1,), (1,), (2,)]),
        ("SELECT MAX(n) OVER (PARTITION BY s ORDER BY id) FROM {v} ORDER BY id", [(10,), (20,), (10,)]),
        (
            "SELECT x.id FROM (SELECT id, ROW_NUMBER() OVER (PARTITION BY s ORDER BY id) AS r"
            " FROM {v}) AS x WHERE r = 1 ORDER BY 1",
            [(1,), (2,)],
        ),
        (
            "SELECT s, COUNT(*), RANK() OVER (ORDER BY COUNT(*) DESC) FROM {v} GROUP BY s ORDER BY 2 DESC",
            [("b", 2, 1), ("a", 1, 2)],
        ),
        ("SELECT STRING_AGG(s, ',') FROM {v} WHERE id < 3", [("b,a",)]),
        ("SELECT STRING_AGG(s, '-') WITHIN GROUP (ORDER BY s, id) FROM {v} WHERE id < 3", None),
        ("SELECT STRING_AGG(s, '-') WITHIN GROUP (ORDER BY s) FROM {v} WHERE id < 3", [("a-b",)]),
        ("SELECT STRING_AGG(id, '+') WITHIN GROUP (ORDER BY id DESC) FROM {v}", [("3+2+1",)]),
        ("SELECT STRING_AGG(s, ',') FROM {v} WHERE id > 3", [(None,)]),
        ("SELECT AVG(CAST(id AS decimal(5, 1))) FROM {v} WHERE id < 3", [(Decimal("1.500000"),)]),
        ("SELECT AVG(n), COUNT(n), SUM(n) FROM {v}", [(15, 2, 30)]),
        ("SELECT id FROM {v} EXCEPT SELECT 2 ORDER BY id", [(1,), (3,)]),
        ("SELECT s FROM {v} INTERSECT SELECT 'a'", [("a",)]),
    ],
)
def test_a_query_has_its_rows(db: Client, query: str, rows: list[tuple[object, ...]] | None) -> None:
    text = query.format(v=VALUES)
    if rows is None:
        assert db.error(text).number == 40000
    else:
        assert db.rows(text) == rows


@pytest.mark.parametrize(
    ("sql", "number"),
    [
        ("SELECT ROW_NUMBER() OVER (PARTITION BY 1)", 4112),
        ("SELECT ROW_NUMBER() OVER (ORDER BY 1)", 5308),
        ("SELECT COUNT(DISTINCT id) OVER () FROM (VALUES (1)) AS v(id)", 10759),
        ("SELECT STRING_AGG('a', ',') OVER ()", 4113),
        ("SELECT 1.0 / 0", 8134),
        ("SELECT DATEFROMPARTS(2024, 2, 30)", 289),
        ("SELECT CHAR(200)", 40000),
        ("SELECT FORMAT(1, 'N')", 40000),
        ("SELECT $5.20", 40000),
        ("SELECT * FROM sys.dm_exec_requests", 40000),
        ("SELECT is_tracked_by_cdc FROM sys.tables", 40000),
        ("SELECT t.is_tracked_by_cdc FROM sys.tables AS t", 40000),
        ("SELECT nothing FROM (SELECT name FROM sys.tables) AS t", 207),
        ("SELECT * FROM STRING_SPLIT('a,b', ',')", 40000),
    ],
)
def test_what_cannot_be_is_refused(db: Client, sql: str, number: int) -> None:
    assert db.error(sql).number == number
