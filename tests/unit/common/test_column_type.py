"""What a value that is compared with a column is sent and cast as, and how the column's own values are read."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pyodbc
import pytest
import sqlalchemy as sa
from sqlalchemy.dialects.mssql.pyodbc import MSDialect_pyodbc

from common.database.mssql import pending_keys, statements
from common.database.mssql.column_type import COMES_BACK, MAX, ColumnType
from common.database.mssql.columns import Described, computed_from
from relay.sources.source import Source

DIALECT = MSDialect_pyodbc(paramstyle="qmark", dbapi=pyodbc)  # type: ignore[no-untyped-call]
CODE = ColumnType("varchar", length=40, collation="Vietnamese_CI_AS")
DAY = ColumnType("datetime2", scale=7)


def _sql(statement: sa.ClauseElement) -> str:
    return " ".join(str(statement.compile(dialect=DIALECT)).split())


def _table() -> tuple[Source, sa.Table]:
    columns = [
        sa.Column("code", CODE, primary_key=True),
        sa.Column("day", DAY, primary_key=True),
        sa.Column("status", ColumnType("varchar", length=20, collation="Latin1_General_CI_AS")),
    ]
    source = Source(name="t", table="T", args=("code", "day"), task="t.t", queue="t_queue")
    return source, sa.Table("T", sa.MetaData(), *columns, schema="dbo")


def test_keys_are_cast_to_their_columns_types_in_their_collations() -> None:
    source, table = _table()
    one = statements.pending_among(source, table, 1)
    assert _sql(one) == (
        "SELECT wanted.ordinal FROM (VALUES (0, ?, ?)) AS wanted (ordinal, k0, k1) JOIN dbo.[T] ON"
        " dbo.[T].code = TRY_CAST (wanted.k0 COLLATE Vietnamese_CI_AS AS varchar(40))"
        " AND dbo.[T].day = TRY_CAST (wanted.k1 AS datetime2(7))"
        " WHERE dbo.[T].status = CAST(? COLLATE Latin1_General_CI_AS AS varchar(20))"
    )
    keys = [("HD-1", "2026-02-28T12:30:01.1234567"), ("HĐ-2", "2026-02-28")]
    parameters = statements.key_parameters(keys)
    assert parameters == {"k0_0": "HD-1", "k1_0": keys[0][1], "k0_1": "HĐ-2", "k1_1": "2026-02-28"}
    assert parameters.keys() < statements.pending_among(source, table, 2).compile(dialect=DIALECT).params.keys()


@pytest.mark.parametrize("name", ["T", "a:k0_0", "a :b", "\\:b"])
def test_the_text_that_asks_for_keys_is_the_statement_itself(name: str) -> None:
    source, described = _table()
    table = sa.Table(name, sa.MetaData(), *(column._copy() for column in described.columns), schema="dbo")
    statement, text = statements.pending_among(source, table, 3), pending_keys._statement(source, table, 3)
    assert _sql(text) == _sql(statement)
    assert [each.get_dbapi_type(pyodbc) for each in _types(text)] == [
        each.get_dbapi_type(pyodbc) for each in _types(statement)
    ]


def _types(statement: sa.ClauseElement) -> list[sa.types.TypeEngine[object]]:
    compiled: Any = statement.compile(dialect=DIALECT)
    binds = {name: bind for bind, name in compiled.bind_names.items()}
    return [binds[name].type for name in compiled.positiontup]


def test_keys_are_read_so_that_they_come_back_and_args_as_what_they_are() -> None:
    source, table = _table()
    assert _sql(statements.pending_rows(source, table)).startswith(
        "SELECT cv.[SYS_CHANGE_VERSION], CAST(dbo.[T].code AS nvarchar(40)) AS code,"
        " CONVERT(nvarchar(100), dbo.[T].day, 126) AS [CONVERT_1], dbo.[T].day FROM"
    )
    assert statements.places_of_args(source, table) == [1, 3]


def test_what_is_read_each_cycle_is_compiled_once() -> None:
    (source, table), (_, same) = _table(), _table()
    key = statements.pending_rows(source, table)._generate_cache_key()
    assert key is not None
    assert statements.changed_rows(source, same, 7)._generate_cache_key() is not None
    longer = sa.Table("T", sa.MetaData(), *(_retyped(column) for column in same.columns), schema="dbo")
    assert statements.pending_rows(source, longer)._generate_cache_key() != key


def _retyped(column: sa.Column[Any]) -> sa.Column[Any]:
    kind = ColumnType("nvarchar", length=90) if column.name == "status" else column.type
    return sa.Column(column.name, kind, primary_key=column.primary_key)


@pytest.mark.parametrize(
    ("kind", "declared"),
    [
        (CODE, (pyodbc.SQL_WVARCHAR, 40, 0)),
        (ColumnType("nchar", length=8), (pyodbc.SQL_WVARCHAR, 8, 0)),
        (ColumnType("varchar", length=MAX), (pyodbc.SQL_WVARCHAR, 0, 0)),
        (ColumnType("varchar", length=8000), (pyodbc.SQL_WVARCHAR, 0, 0)),
        (ColumnType("decimal", precision=38, scale=10), (pyodbc.SQL_WVARCHAR, 100, 0)),
        (DAY, (pyodbc.SQL_WVARCHAR, 100, 0)),
    ],
    ids=str,
)
def test_a_text_is_declared_as_long_as_its_column(kind: ColumnType, declared: tuple[int, int, int]) -> None:
    assert kind.parameter.get_dbapi_type(pyodbc) == declared


@pytest.mark.parametrize(
    ("kind", "value", "sent"),
    [
        (ColumnType("bigint"), -(2**63), -(2**63)),
        (ColumnType("bigint"), 2**63, None),
        (ColumnType("bit"), True, 1),
        (ColumnType("int"), "7", None),
        (ColumnType("float"), 7, 7.0),
        (ColumnType("float"), "7", None),
        (ColumnType("decimal", precision=9, scale=2), 7, "7"),
        (ColumnType("decimal", precision=9, scale=2), Decimal(7), None),
        (ColumnType("binary", length=2), b"ab", b"ab"),
        (ColumnType("binary", length=2), "ab", None),
        (ColumnType("nvarchar", length=2), "\U0001f48a", "\U0001f48a"),
        (ColumnType("nvarchar", length=2), "\U0001f48aa", None),
        (ColumnType("nvarchar", length=2), b"\x3d\xd8", None),
        (ColumnType("nvarchar", length=MAX), "x" * 10_000, "x" * 10_000),
        (ColumnType("date"), "2026-02-28", "2026-02-28"),
        (ColumnType("date"), "x" * 101, None),
        (ColumnType("date"), None, None),
    ],
)
def test_what_cannot_be_a_columns_value_is_not_sent(kind: ColumnType, value: Any, sent: Any) -> None:
    found = kind.sent(value)
    assert (type(found), found) == (type(sent), sent)


@pytest.mark.parametrize("name", ["sql_variant", "hierarchyid", "timestamp", "xml", "geography", "vector", "json"])
def test_types_that_do_not_come_back(name: str) -> None:
    assert name not in COMES_BACK


@pytest.mark.parametrize(
    ("definition", "names"),
    [
        ("(case when [approved]=(1) AND [sent]=(0) then N'PENDING' else '[note]' end)", ["approved", "sent"]),
        ("([dbo].[fn]([a ]]b]))", ["a ]b"]),
        ("CASE WHEN Approved = 1 THEN 'it''s sent' END", ["approved"]),
        ("getdate()", []),
        (None, []),
    ],
)
def test_what_a_column_is_computed_from(definition: str | None, names: list[str]) -> None:
    column = Described(name="status", type=CODE, is_computed=True, definition=definition)
    assert computed_from(column, ["approved", "sent", "note", "a ]b"]) == names
