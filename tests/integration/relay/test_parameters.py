"""What a value is that relay compares with a column is said by the column: its type, its length, its collation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace

import pytest
from celery import Celery
from sqlalchemy import event

from common.config import load_settings
from common.database.mssql_client import MSSQLClient
from relay.operations.service import scan
from relay.wiring import Relay
from tests.chaos.proxy import Proxy
from tests.support.key_table import SOURCE, key_table, lose_all
from tests.support.queues import Queued, business_ids_in_redis


@pytest.fixture
def queued(celery_app: Celery) -> Queued:
    return lambda: business_ids_in_redis(celery_app, SOURCE.queue)


@pytest.mark.parametrize(
    ("status", "pending_value"),
    [
        ("varchar(20) COLLATE Vietnamese_CI_AS", "Đơn mơ\u0301i"),
        ("char(20) COLLATE Vietnamese_CI_AS", "ĐƠN"),
        ("varchar(20) COLLATE Latin1_General_100_CI_AS_SC_UTF8", "Chờ gửi"),
        ("nvarchar(20)", "Chờ gửi"),
        ("nchar(20)", "Chờ gửi"),
        ("varchar(20)", "À faire"),
        ("tinyint", 255),
        ("bit", 1),
        ("decimal(9, 2)", 7),
        ("bigint", 2**40),
    ],
)
def test_a_pending_value_is_compared_as_the_column_has_it(
    status: str,
    pending_value: str | int,
    relay: Relay,
    mssql: MSSQLClient,
    environment: Mapping[str, str],
    celery_app: Celery,
    queued: Queued,
) -> None:
    source = replace(SOURCE, pending_value=pending_value)
    written = pending_value if isinstance(pending_value, int) else f"N'{pending_value}'"
    with key_table(environment, mssql, "id int NOT NULL PRIMARY KEY", status=status) as writer:
        scan(relay, source)
        writer.execute(f"INSERT INTO dbo.KeyTest VALUES (1, 'one', {written})")
        writer.execute("INSERT INTO dbo.KeyTest VALUES (2, 'two', '0')")
        scan(relay, source)
        assert queued() == ["one"]
        lose_all(celery_app)
        scan(relay, source)
        assert queued() == ["one"]


class Wiretap(Proxy):
    """Hears how parameters are declared on their way to SQL Server."""

    def __init__(self, target: tuple[str, int]) -> None:
        super().__init__(target)
        self.declared: list[str] = []

    def passed_on(self, data: bytes) -> bytes:
        text = max((data[start:].decode("utf-16-le", "ignore") for start in (0, 1)), key=lambda text: text.count("@P"))
        if "TRY_CAST" in text:
            self.declared += re.findall(r"@P\d+ (\w+(?:\([\w,]+\))?)", text.partition("SELECT")[0])
        return data


def test_what_a_value_is_declared_as_is_said_by_its_column(mssql: MSSQLClient, environment: Mapping[str, str]) -> None:
    host, port = environment["MSSQL_SERVER"].split(",")
    tap = Wiretap((host, int(port)))
    there = {"MSSQL_SERVER": f"127.0.0.1,{tap.port}", "MSSQL_ENCRYPT": "no"}
    client = MSSQLClient(load_settings(_env_file=None, **{**environment, **there}))
    try:
        with key_table(environment, mssql, "id varchar(40) NOT NULL PRIMARY KEY"):
            client.still_pending(SOURCE, [("the table is described",)], lambda: None)
            tap.declared.clear()
            client.still_pending(SOURCE, [("HD-1",)], lambda: None)
            of_ascii, tap.declared = tap.declared, []
            client.still_pending(SOURCE, [("HĐ-2 và nhiều nữa",)], lambda: None)
            assert tap.declared == of_ascii
            assert [each for each in of_ascii if each != "int"] == ["nvarchar(40)", "nvarchar(20)"]
    finally:
        client.close()
        tap.close()


def test_any_number_of_keys_is_asked_for_in_few_statements(mssql: MSSQLClient, environment: Mapping[str, str]) -> None:
    """outage: after a loss each batch had another number of rows that workers had not done, and SQL Server made a plan
    for each."""
    asked = set[str]()

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "VALUES" in statement:
            asked.add(statement)

    with key_table(environment, mssql, "id int NOT NULL PRIMARY KEY") as writer:
        for number in range(40):
            writer.execute(f"INSERT INTO dbo.KeyTest VALUES ({number}, 'one', 'PENDING_SYNC')")
        event.listen(mssql.engine, "before_cursor_execute", note)
        for count in range(1, 41):
            keys = [(number,) for number in range(count)]
            assert mssql.still_pending(SOURCE, [("none",), *keys, ("none",)], lambda: None) == set(keys)
        event.remove(mssql.engine, "before_cursor_execute", note)
    assert len(asked) == len([1, 2, 4, 8, 16, 32, 64])
