"""Rows that cannot be sent: each is rejected with its reason, holds up nobody, and is taken again when it is fixed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

import pyodbc
import pytest
from celery import Celery

from common.config import Settings, load_settings
from common.database.mssql_client import MSSQLClient
from relay import wiring
from relay.cycle.rejections import LONGEST_ARGUMENTS, LONGEST_BUSINESS_ID
from relay.operations.service import look_at_status, scan
from relay.sources.source import Source
from relay.wiring import Relay
from tests.chaos.proxy import Proxy
from tests.support.queues import business_ids_in_redis
from tests.support.tracked_table import tracked_table

TABLE = "dbo.PoisonTest"
SOURCE = Source(
    name="poison",
    table="PoisonTest",
    args=("name", "extra"),
    task="poison.process_poison",
    queue="relay_test_poison",
)
STANDS_FOR_A_HALF = "\ue123"
HALF = "\ud83d"
Insert = Callable[[int, str | None, str | None], None]


class Halving(Proxy):
    """SQL Server sends half of a surrogate pair where a certain letter stands: neither pyodbc nor SQLite takes one."""

    def passed_on(self, data: bytes) -> bytes:
        return data.replace(STANDS_FOR_A_HALF.encode("utf-16-le"), HALF.encode("utf-16-le", "surrogatepass"))


@pytest.fixture
def table(environment: Mapping[str, str], mssql: MSSQLClient) -> Iterator[pyodbc.Connection]:
    columns = (
        "id int NOT NULL PRIMARY KEY, name nvarchar(max) NULL, extra nvarchar(max) NULL, status varchar(20) NOT NULL"
    )
    with tracked_table(environment, SOURCE, columns) as connection:
        yield connection


@pytest.fixture
def relay(settings: Settings, environment: Mapping[str, str], celery_app: Celery) -> Iterator[Relay]:
    """A relay that reaches SQL Server through the proxy."""
    host, port = environment["MSSQL_SERVER"].split(",")
    proxy = Halving((host, int(port)))
    # What is encrypted cannot be changed on its way.
    there = {"MSSQL_SERVER": f"127.0.0.1,{proxy.port}", "MSSQL_ENCRYPT": "no"}
    relay = wiring.build(load_settings(_env_file=None, **{**environment, **there}), celery_app)
    source_database = replace(relay, settings=settings)
    yield source_database
    relay.close()
    proxy.close()


def _insert(table: pyodbc.Connection, number: int, name: str | None, extra: str | None) -> None:
    table.execute(f"INSERT INTO {TABLE} VALUES (?, ?, ?, 'PENDING_SYNC')", number, name, extra)


@pytest.mark.parametrize(
    ("name", "extra", "reason"),
    [
        (None, "x", "name is NULL in dbo.PoisonTest: set it and the row is taken again"),
        ("HĐ-2", None, "extra is NULL in dbo.PoisonTest: set it and the row is taken again"),
        (f"HD{STANDS_FOR_A_HALF}", "x", "name holds half of a surrogate pair, which is no text in UTF-8: correct it"),
        ("HĐ-2", STANDS_FOR_A_HALF, "extra holds half of a surrogate pair, which is no text in UTF-8: correct it"),
        ("H" * 501, "x", f"name has 501 characters, and a business id {LONGEST_BUSINESS_ID} at most: shorten it"),
        ("HĐ-2", "x" * LONGEST_ARGUMENTS, f"the arguments have 1000017 characters, and {LONGEST_ARGUMENTS} at most"),
    ],
    ids=["no name", "no extra", "half in the name", "half in the extra", "a name too long", "arguments too long"],
)
def test_it_is_rejected_and_taken_again(
    name: str | None, extra: str | None, reason: str, table: pyodbc.Connection, relay: Relay, celery_app: Celery
) -> None:
    _insert(table, 1, "HĐ-1", "x")
    _insert(table, 2, name, extra)
    _insert(table, 3, "HĐ-3", "x")

    [report] = scan(relay, SOURCE)

    assert (report.dispatched, report.rejected) == (2, 1)
    assert business_ids_in_redis(celery_app, SOURCE.queue) == ["HĐ-1", "HĐ-3"]
    [entry] = relay.mongo.task_logs.find({"status": "REJECTED"})
    assert entry["error"].startswith(reason)
    [status] = look_at_status(relay, [SOURCE])
    assert status.rejected == 1

    table.execute(f"UPDATE {TABLE} SET name = 'HĐ-2', extra = 'x' WHERE id = 2")
    [report] = scan(relay, SOURCE)

    assert (report.dispatched, report.rejected) == (1, 0)
    assert business_ids_in_redis(celery_app, SOURCE.queue) == ["HĐ-1", "HĐ-3", "HĐ-2"]


def test_text_of_every_kind_comes_through(table: pyodbc.Connection, relay: Relay, celery_app: Celery) -> None:
    names = ["Nhà thuốc Á Đông", "\U0001f48a", "tab\tand\nline", "quote\"'\\", " space ", ""]
    for number, name in enumerate(names):
        _insert(table, number, name, "x")
    scan(relay, SOURCE)
    assert business_ids_in_redis(celery_app, SOURCE.queue) == names
