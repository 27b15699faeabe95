"""Keys come back from the task log as what they were: what Redis lost is found again, whatever the key's type."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pyodbc
import pytest
from celery import Celery
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
from tests.support.key_table import SOURCE, key_table, lose_all, refused_by_the_stand_in
from tests.support.keys_of_every_type import KEYS, ON_A_REAL_SERVER
from tests.support.queues import Queued, business_ids_in_redis


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
    key = f"id {key_type} NOT NULL PRIMARY KEY"
    with refused_by_the_stand_in(mssql), key_table(environment, mssql, key) as writer:
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
