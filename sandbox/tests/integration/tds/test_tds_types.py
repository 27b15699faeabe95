"""Values of every type, to the server as parameters and back as columns."""

from __future__ import annotations

import datetime as dt
import struct
import uuid
from collections.abc import Iterator, Mapping
from decimal import Decimal

import pyodbc
import pytest

from sandbox.sqlserver.contract import Column, Parameter, Result, SqlType
from tests.integration.tds.fake_engine import FakeEngine, FakeSession

VALUES = [
    True,
    False,
    0,
    -1,
    2**31 - 1,
    -(2**31),
    2**63 - 1,
    -(2**63),
    1.5,
    -1e300,
    Decimal("1.25"),
    Decimal("-99999999999999999999999999999999.999999"),
    "",
    "plain",
    "Grüße, Привет, 🎉",
    "x" * 4000,
    "x" * 4001,
    "🎉" * 50_000,
    b"",
    b"\x00\xff",
    b"x" * 8000,
    b"x" * 8001,
    b"x" * 1_000_000,
    dt.date(1, 1, 1),
    dt.date(9999, 12, 31),
    dt.time(0, 0),
    dt.datetime(2024, 2, 29, 12, 30, 15, 123456),
    dt.datetime(9999, 12, 31, 23, 59, 59, 999999),
    uuid.UUID("12345678-1234-5678-1234-567812345678"),
    None,
]


@pytest.mark.parametrize("value", VALUES, ids=lambda value: f"{type(value).__name__} {value!r}"[:40])
def test_a_parameter_comes_back(client: pyodbc.Connection, value: object) -> None:
    (found,) = client.execute("ECHO ?", value).fetchone()
    if isinstance(value, uuid.UUID):
        assert uuid.UUID(found) == value
    else:
        assert found == value
        assert isinstance(found, type(value))


def test_many_parameters_at_once(client: pyodbc.Connection) -> None:
    assert list(client.execute("ECHO " + ",".join("?" * 500), *range(500)).fetchone()) == list(range(500))


COLUMNS = [
    (SqlType(name="tinyint"), 255, int),
    (SqlType(name="smallint"), -32768, int),
    (SqlType(name="int"), 5, int),
    (SqlType(name="bigint"), -(2**63), int),
    (SqlType(name="bit"), 1, bool),
    (SqlType(name="real"), 0.5, float),
    (SqlType(name="float"), 1e-300, float),
    (SqlType(name="decimal", precision=38, scale=10), Decimal("1234567890123456789012345678.0123456789"), Decimal),
    (SqlType(name="decimal", precision=9, scale=0), Decimal("-999999999"), Decimal),
    (SqlType(name="money"), Decimal("-922337203685477.5808"), Decimal),
    (SqlType(name="smallmoney"), Decimal("214748.3647"), Decimal),
    (SqlType(name="date"), dt.date(2024, 2, 29), dt.date),
    (SqlType(name="time", scale=7), dt.time(23, 59, 59), dt.time),
    (SqlType(name="datetime2", scale=7), dt.datetime(2024, 2, 29, 1, 2, 3, 456789), dt.datetime),
    (SqlType(name="datetime2", scale=3), dt.datetime(2024, 2, 29, 1, 2, 3, 456000), dt.datetime),
    (SqlType(name="datetime2", scale=0), dt.datetime(2024, 2, 29, 1, 2, 3), dt.datetime),
    (SqlType(name="datetime"), dt.datetime(1753, 1, 1, 23, 59, 59, 997000), dt.datetime),
    (SqlType(name="smalldatetime"), dt.datetime(2079, 6, 6, 23, 59), dt.datetime),
    (SqlType(name="uniqueidentifier"), uuid.UUID(int=7), str),
    (SqlType(name="nvarchar", length=5), "Gößé", str),
    (SqlType(name="nvarchar", length=-1), "x" * 100_000, str),
    (SqlType(name="varchar", length=5), "Gößé€", str),
    (SqlType(name="varchar", length=-1), "é" * 100_000, str),
    (SqlType(name="nchar", length=1), "I", str),
    (SqlType(name="char", length=3), "abc", str),
    (SqlType(name="varbinary", length=5), b"\x00\x01", bytearray),
    (SqlType(name="varbinary", length=-1), b"\x01" * 100_000, bytearray),
    (SqlType(name="binary", length=2), b"\x00\x01", bytearray),
    (SqlType(name="rowversion"), b"\x00\x00\x00\x00\x00\x00\x07\xd1", bytearray),
]


@pytest.mark.parametrize("nullable", [True, False])
@pytest.mark.parametrize(("sql_type", "value", "python"), COLUMNS, ids=lambda value: str(value)[:40])
def test_a_column_arrives(
    client: pyodbc.Connection, engine: FakeEngine, sql_type: SqlType, value: object, python: type, nullable: bool
) -> None:
    def rows(_session: FakeSession, _parameters: Mapping[str, Parameter]) -> Iterator[Result]:
        column = Column(name="value", type=sql_type, nullable=nullable)
        last = [None] if nullable else [value]
        yield Result(columns=[column, Column(name="after", type=SqlType(name="int"))], rows=[[value, 1], [*last, 2]])

    engine.scripts["ROWS"] = rows
    cursor = client.execute("ROWS")
    name, described, *_, described_nullable = cursor.description[0]
    found = cursor.fetchall()
    assert (name, described, described_nullable) == ("value", python, nullable)
    assert str(found[0][0]).lower() == str(value).lower() if python is str else found[0][0] == value
    assert [row[1] for row in found] == [1, 2]
    assert (found[1][0] is None) == nullable


def test_datetimeoffset(client: pyodbc.Connection, engine: FakeEngine) -> None:
    moment = dt.datetime(2024, 2, 29, 23, 30, 15, 123456, dt.timezone(dt.timedelta(hours=-5, minutes=-30)))

    def rows(_session: FakeSession, _parameters: Mapping[str, Parameter]) -> Iterator[Result]:
        yield Result(columns=[Column(name="at", type=SqlType(name="datetimeoffset", scale=7))], rows=[[moment]])

    def converter(data: bytes) -> dt.datetime:
        *parts, nanoseconds, hours, minutes = struct.unpack("<6hI2h", data)
        zone = dt.timezone(dt.timedelta(hours=hours, minutes=minutes))
        return dt.datetime(*parts, nanoseconds // 1000, zone)

    engine.scripts["ROWS"] = rows
    client.add_output_converter(-155, converter)
    found = client.execute("ROWS").fetchval()
    assert (found, found.utcoffset()) == (moment, moment.utcoffset())


def test_the_declared_type_arrives(client: pyodbc.Connection, engine: FakeEngine) -> None:
    cursor = client.cursor()
    cursor.setinputsizes([(pyodbc.SQL_WVARCHAR, 50, 0), (pyodbc.SQL_DECIMAL, 12, 3)])
    cursor.execute("ECHO ?, ?", "short", Decimal("1.5")).fetchall()
    (parameters,) = engine.sessions[0].parameters
    assert [parameter.type for parameter in parameters.values()] == [
        SqlType(name="nvarchar", length=50),
        SqlType(name="decimal", precision=12, scale=3),
    ]
