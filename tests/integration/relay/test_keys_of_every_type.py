"""Keys come back from the task log as what they were: what Redis lost is found again, whatever the key's type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import nullcontext

import pyodbc
import pytest
from celery import Celery
from sandbox.testing.real_server_decides import STAND_IN
from sqlalchemy.exc import DBAPIError

from common.database.errors import ConfigurationError
from common.database.mssql_client import MSSQLClient
from examples.pharmacy.connection import connect
from relay.operations.service import look_for_stuck, scan
from relay.operations.stuck_rows import Verdict
from relay.sources.check import check_sources
from relay.tracking import enabling
from relay.tracking.checks import NotReadyError
from relay.wiring import Relay
from tests.support.key_table import SOURCE, key_table, lose_all
from tests.support.queues import Queued, business_ids_in_redis

KEYS = {
    "bit": ["0", "1"],
    "tinyint": ["0", "255"],
    "smallint": ["-32768", "32767"],
    "int": ["-2147483648", "7", "2147483647"],
    "bigint": ["-9223372036854775808", "7", "9223372036854775807"],
    "decimal(9, 2)": ["-0.01", "0", "1234567.89"],
    "decimal(18, 10)": ["0", "0.0000000001", "-99999999.9999999999"],
    "numeric(18, 0)": ["1", "999999999999999999"],
    "decimal(38, 20)": ["0", "-0.00000000000000000001", "0.001"],
    "money": ["-92233720368547.5808", "0.0001", "92233720368547.5807"],
    "smallmoney": ["-214748.3648", "0.1"],
    "float": ["0.1E0", "1E300", "1.7976931348623157E308", "-2.2250738585072014E-308", "0.30000000000000004E0", "3E0"],
    "real": ["0.1E0", "16777216E0", "-3.4E38", "1E-30"],
    "date": ["'0001-01-01'", "'2026-02-28'", "'9999-12-31'"],
    "smalldatetime": ["'2026-02-28T12:30:00'", "'1900-01-01T00:00:00'"],
    "datetime": [f"'2026-02-28T23:59:59.{part}'" for part in ("000", "003", "007", "010", "990", "993", "997")],
    "datetime2(0)": ["'2026-02-28T12:30:01'", "'0001-01-01T00:00:00'"],
    "datetime2(3)": ["'2026-02-28T12:30:01.001'", "'2026-02-28T12:30:01.002'"],
    "datetime2(7)": [f"'2026-02-28T12:30:01.123456{digit}'" for digit in range(10)],
    "time(0)": ["'00:00:00'", "'23:59:59'"],
    "time(7)": ["'12:30:01'", "'23:59:59.9999998'", "'23:59:59.9999999'"],
    "uniqueidentifier": ["'6F9619FF-8B86-D011-B42D-00C04FC964FF'", "'00000000-0000-0000-0000-000000000001'"],
    "binary(4)": ["0x00000000", "0x01020300", "0xFFFFFFFF"],
    "varbinary(8)": ["0x", "0x00FF", "0xFF00000000000001"],
    "char(8)": ["'HD-1'", "'HD-12345'", "N'Nhà 3'", "''"],
    "varchar(40)": ["'HD-1'", "N'Café 2'", "'a b '", "''"],
    "nchar(8)": ["N'HD-1'", "N'HĐ-2'", "N'药-3'", "N''"],
    "nvarchar(40)": ["N'HD-1'", "N'HĐ-2'", "N'药-3'", "N'\U0001f48a'", "N'Nhà thuốc Á Đông'", "N'a''b'", "N' a'"],
    "nvarchar(400)": ["N'" + "Đ" * 400 + "'", "N'HD-1'"],
    "varchar(40) COLLATE Vietnamese_CI_AS": ["'HD-1'", "N'HĐ-2'", "N'Đức'", "N'Nhà thuô\u0301c'", "N'Ơn'"],
    "char(12) COLLATE Vietnamese_CI_AS": ["'HD-1'", "N'HĐ-2'"],
    "varchar(40) COLLATE Cyrillic_General_CI_AS": ["'HD-1'", "N'Дом-2'"],
    "varchar(40) COLLATE Latin1_General_100_CI_AS_SC_UTF8": ["'HD-1'", "N'HĐ-2'", "N'药-3'", "N'\U0001f48a'"],
    "nvarchar(40) COLLATE Vietnamese_CI_AS": ["N'HD-1'", "N'HĐ-2'", "N'药-3'"],
    "nvarchar(40) COLLATE Latin1_General_BIN2": ["N'HD-1'", "N'hd-1'", "N'HĐ-1'", "N'hđ-1'"],
    "varchar(40) COLLATE Latin1_General_CS_AS": ["'HD-1'", "'hd-1'", "N'Ð-1'"],
}
"""Types of a key, and rows that have it, as they are written in T-SQL. Of most, the first value is unlike the rest."""
ON_A_REAL_SERVER = {
    "decimal(38, 20)": ["123456789012345678.12345678901234567890", "-0.00000000000000000001"],
    "money": ["-922337203685477.5808", "0.0001", "922337203685477.5807"],
    "datetimeoffset(7)": [
        "'2026-02-28T12:30:01.1234567+07:00'",
        "'2026-02-28T12:30:01.1234568+07:00'",
        "'2026-02-28T12:30:01.1234567Z'",
    ],
    "varchar(40) COLLATE Japanese_CI_AS": ["'HD-1'", "N'ソ-2'", "N'表-3'"],
}
"""The same, of which the stand-in says that it does not know them."""


@pytest.fixture
def queued(celery_app: Celery) -> Queued:
    return lambda: business_ids_in_redis(celery_app, SOURCE.queue)


@pytest.mark.parametrize("key_type", KEYS)
def test_what_redis_loses_is_found_again(
    key_type: str,
    relay: Relay,
    mssql: MSSQLClient,
    environment: Mapping[str, str],
    celery_app: Celery,
    queued: Queued,
) -> None:
    with key_table(environment, mssql, f"id {key_type} NOT NULL PRIMARY KEY") as writer:
        _lose_and_find(writer, KEYS[key_type], relay, celery_app, queued)


@pytest.mark.real_server_decides
@pytest.mark.parametrize("key_type", ON_A_REAL_SERVER)
def test_what_redis_loses_is_found_again_on_a_real_server(
    key_type: str,
    relay: Relay,
    mssql: MSSQLClient,
    environment: Mapping[str, str],
    celery_app: Celery,
    queued: Queued,
) -> None:
    with mssql.engine.connect() as connection:
        is_stand_in = STAND_IN in connection.exec_driver_sql("SELECT @@VERSION").scalar_one()
    refused = pytest.raises(pyodbc.ProgrammingError, match="sandbox does not support")
    key = f"id {key_type} NOT NULL PRIMARY KEY"
    with refused if is_stand_in else nullcontext(), key_table(environment, mssql, key) as writer:
        _lose_and_find(writer, ON_A_REAL_SERVER[key_type], relay, celery_app, queued)


def _lose_and_find(
    writer: pyodbc.Connection, keys: Sequence[str], relay: Relay, celery_app: Celery, queued: Queued
) -> None:
    scan(relay, SOURCE)
    for number, key in enumerate(keys):
        writer.execute(f"INSERT INTO dbo.KeyTest VALUES ({key}, 'row {number}', 'PENDING_SYNC')")
    scan(relay, SOURCE)
    names = [f"row {number}" for number in range(len(keys))]
    assert sorted(queued()) == names
    assert look_for_stuck(relay, SOURCE).counts == {Verdict.IN_QUEUE: len(keys)}

    lose_all(celery_app)
    [report] = scan(relay, SOURCE)
    assert sorted(queued()) == names
    assert report.repaired == len(keys)

    writer.execute("UPDATE dbo.KeyTest SET status = 'SYNCED' WHERE name = ?", names[-1])
    lose_all(celery_app)
    scan(relay, SOURCE)
    assert sorted(queued()) == names[:-1]
    assert look_for_stuck(relay, SOURCE).counts == {Verdict.IN_QUEUE: len(keys) - 1}


def test_a_key_of_several_types_is_found_again(
    relay: Relay,
    mssql: MSSQLClient,
    environment: Mapping[str, str],
    celery_app: Celery,
    queued: Queued,
) -> None:
    columns = (
        "shop varchar(20) NOT NULL, day datetime2(7) NOT NULL, amount decimal(12, 4) NOT NULL,"
        " no nvarchar(20) NOT NULL, PRIMARY KEY (no, amount, day, shop)"
    )
    with key_table(environment, mssql, columns) as writer:
        scan(relay, SOURCE)
        rows = ["'NT-1', '2026-02-28', 0.0001, N'HD-1'", "'Cà', '2026-02-28T10:00:00.0000001', -12, N'HĐ-1'"]
        for number, row in enumerate(rows):
            writer.execute(f"INSERT INTO dbo.KeyTest VALUES ({row}, 'row {number}', 'PENDING_SYNC')")
        scan(relay, SOURCE)
        lose_all(celery_app)
        scan(relay, SOURCE)
        assert sorted(queued()) == ["row 0", "row 1"]


def test_a_key_that_does_not_come_back_is_refused(environment: Mapping[str, str], mssql: MSSQLClient) -> None:
    connection = connect(environment)
    connection.execute(
        "CREATE TABLE dbo.KeyTest (id rowversion NOT NULL PRIMARY KEY, name nvarchar(90), status varchar(20))"
    )
    try:
        with pytest.raises(NotReadyError, match=r"KeyTest \(source keys\): key: the primary key has a type"):
            enabling.enable(mssql.engine, [SOURCE])
        [line] = check_sources(mssql, [SOURCE]).problems
        assert line == (
            "source keys: key: id of dbo.KeyTest is timestamp, which the task log cannot give back as what it was;"
            " give the table a primary key of another type, and this column UNIQUE"
        )
    finally:
        connection.execute("DROP TABLE dbo.KeyTest")
        connection.close()


@pytest.mark.parametrize(
    ("columns", "key"),
    [
        ("id int NOT NULL PRIMARY KEY", "2"),
        ("id date NOT NULL PRIMARY KEY", "'2026-02-28'"),
        ("shop int NOT NULL, id int NOT NULL, PRIMARY KEY (shop, id)", "1, 2"),
        ("id nvarchar(3) NOT NULL PRIMARY KEY", "N'HD'"),
    ],
    ids=["a number", "another type", "more columns", "a shorter one"],
)
def test_keys_of_a_table_that_is_another_by_now_hold_up_nobody(
    columns: str,
    key: str,
    relay: Relay,
    mssql: MSSQLClient,
    environment: Mapping[str, str],
    celery_app: Celery,
    queued: Queued,
) -> None:
    with key_table(environment, mssql, "id varchar(20) NOT NULL PRIMARY KEY") as writer:
        scan(relay, SOURCE)
        writer.execute("INSERT INTO dbo.KeyTest VALUES ('HD-1', 'old', 'PENDING_SYNC')")
        scan(relay, SOURCE)
        writer.execute("DROP TABLE dbo.KeyTest")
        writer.execute(f"CREATE TABLE dbo.KeyTest ({columns}, name nvarchar(90) NOT NULL, status varchar(20) NOT NULL)")
        enabling.enable(mssql.engine, [SOURCE])
        writer.execute(f"INSERT INTO dbo.KeyTest VALUES ({key}, 'new', 'PENDING_SYNC')")
        lose_all(celery_app)
        try:
            scan(relay, SOURCE)
        except (DBAPIError, ConfigurationError) as error:
            pytest.fail(f"the keys of the old table are held against the new one: {error}")
        assert queued() == ["new"]
