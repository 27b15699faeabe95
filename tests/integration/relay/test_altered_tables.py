"""A table is altered while relay runs: it goes on with what the table is now, or says what is wrong; no restart."""

from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pyodbc
import pytest
import sqlalchemy as sa
from celery import Celery
from sqlalchemy.exc import DBAPIError

from common.database.errors import ConfigurationError
from common.database.mssql import catalog, descriptions, statements
from common.database.mssql.snapshot import MSSQLSnapshot
from common.database.mssql_client import MSSQLClient
from relay.cycle.outcomes import Outcome
from relay.error_policy import is_transient
from relay.operations.service import scan
from relay.tracking import enabling
from relay.wiring import Relay
from tests.support.key_table import SOURCE, key_table
from tests.support.queues import messages_in_redis

INSERT = "INSERT INTO dbo.KeyTest (id, name, status) VALUES (?, ?, 'PENDING_SYNC')"
OFF = "ALTER TABLE dbo.KeyTest DISABLE CHANGE_TRACKING"
ON = "ALTER TABLE dbo.KeyTest ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)"
KEY = "CONSTRAINT the_key PRIMARY KEY"


@pytest.fixture
def writer(environment: Mapping[str, str], mssql: MSSQLClient, relay: Relay) -> Iterator[pyodbc.Connection]:
    """Who writes the table, and alters it. Relay has scanned it before, in this process."""
    with key_table(environment, mssql, f"id int NOT NULL {KEY}, extra int NULL") as writer:
        scan(relay, SOURCE)
        writer.execute(INSERT, 1, "HĐ-1")
        scan(relay, SOURCE)
        writer.execute("UPDATE dbo.KeyTest SET status = 'SYNCED'")
        yield writer


@pytest.fixture
def sent(celery_app: Celery) -> Callable[[], list[Any]]:
    """The first argument of each message, the oldest first."""
    return lambda: [
        json.loads(b64decode(message["body"]))[0][0] for message in messages_in_redis(celery_app, SOURCE.queue)
    ]


def alter(writer: pyodbc.Connection, *statements: str) -> None:
    for statement in statements:
        writer.execute(statement)


@pytest.mark.parametrize(
    ("statements", "written", "argument"),
    [
        (["UPDATE dbo.KeyTest SET name = '1'", "ALTER TABLE dbo.KeyTest ALTER COLUMN name int NULL"], "7", 7),
        (["ALTER TABLE dbo.KeyTest ALTER COLUMN name nvarchar(4000) NOT NULL"], "Đ" * 300, "Đ" * 300),
        (["ALTER TABLE dbo.KeyTest ALTER COLUMN name nchar(4) NOT NULL"], "HĐ", "HĐ  "),
        (["ALTER TABLE dbo.KeyTest DROP COLUMN name", "ALTER TABLE dbo.KeyTest ADD name bigint NULL"], "7", 7),
        (
            ["ALTER TABLE dbo.KeyTest DROP COLUMN name", "ALTER TABLE dbo.KeyTest ADD name uniqueidentifier NULL"],
            "6f9619ff-8b86-d011-b42d-00c04fc964ff",
            {"__type__": "uuid", "__value__": {"hex": "6f9619ff8b86d011b42d00c04fc964ff"}},
        ),
        (["ALTER TABLE dbo.KeyTest ALTER COLUMN status nvarchar(40) NOT NULL"], "HĐ-2", "HĐ-2"),
        (["ALTER TABLE dbo.KeyTest DROP COLUMN extra", "CREATE INDEX i ON dbo.KeyTest (status)"], "HĐ-2", "HĐ-2"),
        ([OFF, ON], "HĐ-2", "HĐ-2"),
    ],
    ids=[
        "a number",
        "longer",
        "blanks at the end",
        "another column",
        "a uniqueidentifier",
        "the status",
        "others",
        "off and on",
    ],
)
def test_rows_are_sent_as_the_table_is_now(
    statements: list[str], written: str, argument: object, writer: pyodbc.Connection, relay: Relay, sent: Any
) -> None:
    alter(writer, *statements)
    writer.execute(INSERT, 2, written)
    [report] = scan(relay, SOURCE)
    assert report.outcome is Outcome.DONE
    assert sent() == ["HĐ-1", argument]


def test_a_column_that_is_a_uniqueidentifier_no_more(writer: pyodbc.Connection, relay: Relay, sent: Any) -> None:
    """What was read as one is text now, and no UUID."""
    alter(writer, "ALTER TABLE dbo.KeyTest DROP COLUMN name", "ALTER TABLE dbo.KeyTest ADD name uniqueidentifier NULL")
    scan(relay, SOURCE)
    alter(writer, "ALTER TABLE dbo.KeyTest DROP COLUMN name", "ALTER TABLE dbo.KeyTest ADD name nvarchar(90) NULL")
    writer.execute(INSERT, 2, "HĐ-2")
    scan(relay, SOURCE)
    assert sent() == ["HĐ-1", "HĐ-2"]


@pytest.mark.parametrize(
    ("statements", "problem", "mending"),
    [
        (
            ["ALTER TABLE dbo.KeyTest DROP COLUMN name", "ALTER TABLE dbo.KeyTest ADD nam nvarchar(90) NULL"],
            "source keys: args: dbo.KeyTest has no column name; did you mean nam?",
            ["ALTER TABLE dbo.KeyTest ADD name nvarchar(90) NULL"],
        ),
        (
            ["EXEC sp_rename N'dbo.KeyTest.name', N'names', 'COLUMN'"],
            "source keys: args: dbo.KeyTest has no column name; did you mean names?",
            ["EXEC sp_rename N'dbo.KeyTest.names', N'name', 'COLUMN'"],
        ),
        (
            ["EXEC sp_rename N'dbo.KeyTest.status', N'trạng thái', 'COLUMN'"],
            "source keys: status_column: dbo.KeyTest has no column status; its columns are: id, extra, name,"
            " trạng thái",
            ["EXEC sp_rename N'dbo.KeyTest.[trạng thái]', N'status', 'COLUMN'"],
        ),
        (
            ["EXEC sp_rename N'dbo.KeyTest', N'KeyTest_old'"],
            "source keys: table: there is no table dbo.KeyTest, or the login may not see it; create it, or GRANT SELECT"
            " ON dbo.KeyTest, or check MSSQL_DATABASE",
            ["EXEC sp_rename N'dbo.KeyTest_old', N'KeyTest'"],
        ),
        (
            ["DELETE FROM dbo.KeyTest", "ALTER TABLE dbo.KeyTest ALTER COLUMN status int NULL"],
            "source keys: pending_value: status is int, which is never 'PENDING_SYNC'; write a number, without quotes",
            ["ALTER TABLE dbo.KeyTest ALTER COLUMN status nvarchar(20) NULL"],
        ),
        (
            [OFF, "ALTER TABLE dbo.KeyTest DROP CONSTRAINT the_key"],
            "source keys: table: dbo.KeyTest has no primary key, which change tracking needs; add one",
            [f"ALTER TABLE dbo.KeyTest ADD {KEY} (id)", ON],
        ),
        (
            [OFF],
            "source keys: dbo.KeyTest is not tracked, or the login may not see that it is; run: relay enable keys, or"
            " GRANT VIEW CHANGE TRACKING ON dbo.KeyTest",
            [ON],
        ),
    ],
    ids=["no column", "renamed", "status renamed", "table renamed", "status of another type", "no key", "not tracked"],
)
def test_what_a_person_has_to_fix_is_said_and_then_goes_on(
    statements: list[str], problem: str, mending: list[str], writer: pyodbc.Connection, relay: Relay, sent: Any
) -> None:
    alter(writer, *statements)
    with pytest.raises(ConfigurationError) as raised:
        scan(relay, SOURCE)
    assert str(raised.value) == problem
    alter(writer, *mending)
    writer.execute(INSERT, 2, "HĐ-2")
    scan(relay, SOURCE)
    assert sent() == ["HĐ-1", "HĐ-2"]


def test_a_table_that_is_gone_and_another_one_of_its_name(
    writer: pyodbc.Connection, mssql: MSSQLClient, relay: Relay, sent: Any
) -> None:
    alter(writer, "DROP TABLE dbo.KeyTest")
    with pytest.raises(ConfigurationError, match=r"^source keys: table: there is no table dbo\.KeyTest"):
        scan(relay, SOURCE)
    columns = "code nvarchar(10) NOT NULL PRIMARY KEY, status nvarchar(20) NOT NULL, name int NOT NULL"
    alter(writer, f"CREATE TABLE dbo.KeyTest ({columns})")
    enabling.enable(mssql.engine, [SOURCE])
    writer.execute("INSERT INTO dbo.KeyTest VALUES (N'Đ-1', N'PENDING_SYNC', 5)")
    scan(relay, SOURCE)
    assert sent() == ["HĐ-1", 5]


def test_another_primary_key(writer: pyodbc.Connection, mssql: MSSQLClient, relay: Relay, sent: Any) -> None:
    """22110, were its baseline read with the old one."""
    alter(
        writer,
        OFF,
        "ALTER TABLE dbo.KeyTest DROP CONSTRAINT the_key",
        "ALTER TABLE dbo.KeyTest ALTER COLUMN name nvarchar(90) NOT NULL",
        f"ALTER TABLE dbo.KeyTest ADD {KEY} (name, id)",
        ON,
    )
    writer.execute(INSERT, 2, "HĐ-2")
    scan(relay, SOURCE)
    assert sent() == ["HĐ-1", "HĐ-2"]
    assert mssql.still_pending(SOURCE, [("HĐ-2", 2), ("HĐ-1", 1)], lambda: None) == {("HĐ-2", 2)}


@pytest.mark.parametrize(
    "statements",
    [
        ["ALTER TABLE dbo.KeyTest ALTER COLUMN name nvarchar(4000) NOT NULL"],
        ["ALTER TABLE dbo.KeyTest DROP COLUMN name", "ALTER TABLE dbo.KeyTest ADD name bigint NULL"],
        [OFF, ON],
    ],
    ids=["longer", "another column", "off and on"],
)
def test_a_table_that_is_altered_while_it_is_read(
    statements: list[str], writer: pyodbc.Connection, mssql: MSSQLClient, relay: Relay, sent: Any
) -> None:
    writer.execute(INSERT, 2, "22")
    with mssql.snapshot(SOURCE) as snapshot:
        alter(writer, *statements)
        with pytest.raises(DBAPIError) as raised:
            list(snapshot.pending())
    assert is_transient(raised.value)
    writer.execute("UPDATE dbo.KeyTest SET name = '22', status = 'PENDING_SYNC' WHERE id = 2")
    scan(relay, SOURCE)
    assert [str(value) for value in sent()] == ["HĐ-1", "22"]


def test_a_table_that_is_altered_while_it_is_described(
    writer: pyodbc.Connection, relay: Relay, sent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the look at its columns, before the snapshot."""
    times = []

    def and_is_altered_then(*args: Any) -> sa.Table:
        table = catalog.describe(*args)
        times.append(table)
        if len(times) == 1:
            alter(writer, "ALTER TABLE dbo.KeyTest DROP COLUMN name", "ALTER TABLE dbo.KeyTest ADD name nvarchar(9)")
        return table

    monkeypatch.setattr(descriptions, "describe", and_is_altered_then)
    alter(writer, "ALTER TABLE dbo.KeyTest DROP COLUMN name", "ALTER TABLE dbo.KeyTest ADD name uniqueidentifier NULL")
    scan(relay, SOURCE)
    assert len(times) == 2
    writer.execute(INSERT, 2, "HĐ-2")
    scan(relay, SOURCE)
    assert sent() == ["HĐ-1", "HĐ-2"]


def test_a_table_that_is_altered_again_and_again(
    writer: pyodbc.Connection, relay: Relay, monkeypatch: pytest.MonkeyPatch
) -> None:
    def and_is_altered_then(*args: Any) -> sa.Table:
        table = catalog.describe(*args)
        alter(writer, "ALTER TABLE dbo.KeyTest ALTER COLUMN name nchar(8) NOT NULL")
        return table

    monkeypatch.setattr(descriptions, "describe", and_is_altered_then)
    alter(writer, "ALTER TABLE dbo.KeyTest ALTER COLUMN name nchar(8) NOT NULL")
    with pytest.raises(ConfigurationError, match=r"^source keys: dbo\.KeyTest is altered again and again"):
        scan(relay, SOURCE)


def test_an_alteration_that_no_date_tells_of_fails_once(
    writer: pyodbc.Connection, mssql: MSSQLClient, relay: Relay, sent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Microsoft documents modify_date for ALTER and for indexes. The next attempt is right in any case."""
    monkeypatch.setattr(statements, "shape", lambda tracked: sa.select(sa.literal(1), sa.literal(None)))
    monkeypatch.setattr(MSSQLSnapshot, "shape", (1, None))
    scan(relay, SOURCE)
    alter(writer, "ALTER TABLE dbo.KeyTest DROP COLUMN name", "ALTER TABLE dbo.KeyTest ADD nam nvarchar(90)")
    with pytest.raises(ConfigurationError, match=r"^source keys: args: dbo\.KeyTest has no column name; did you mean"):
        scan(relay, SOURCE)
