"""Rows of much text, among small ones: all arrive, and no more of them is in memory at a time than a few batches."""

from __future__ import annotations

import gc
import tracemalloc
from collections.abc import Iterator, Mapping

import pyodbc
import pytest
from celery import Celery

from common.batches import BATCH_CHARACTERS
from common.config import Settings
from common.database.mssql_client import MSSQLClient
from relay import wiring
from relay.cycle.outcomes import Outcome
from relay.operations.service import scan
from relay.sources.source import Source
from relay.wiring import Relay
from tests.support.queues import business_ids_in_redis
from tests.support.tracked_table import tracked_table

TABLE = "dbo.LargeTest"
SOURCE = Source(
    name="large", table="LargeTest", args=("name", "extra"), task="large.process_large", queue="relay_test_large"
)
LARGE = 900_000


@pytest.fixture
def table(environment: Mapping[str, str], mssql: MSSQLClient) -> Iterator[pyodbc.Connection]:
    values = "name nvarchar(20) NOT NULL, extra nvarchar(max) NOT NULL"
    columns = f"id int NOT NULL PRIMARY KEY, {values}, status varchar(20) NOT NULL"
    with tracked_table(environment, SOURCE, columns) as connection:
        yield connection


@pytest.fixture
def relay(settings: Settings, celery_app: Celery) -> Iterator[Relay]:
    relay = wiring.build(settings, celery_app)
    yield relay
    relay.close()


def _insert(table: pyodbc.Connection, sizes: list[int]) -> None:
    for number, size in enumerate(sizes):
        table.execute(f"INSERT {TABLE} VALUES (?, ?, ?, 'PENDING_SYNC')", number, f"HĐ-{number}", "x" * size)


def test_large_rows_among_small_ones_all_arrive_in_order(
    table: pyodbc.Connection, relay: Relay, celery_app: Celery
) -> None:
    sizes = [10, LARGE, 10, 10, *([LARGE] * 12), *([10] * 200), LARGE]
    _insert(table, sizes)
    assert scan(relay, SOURCE)[-1].outcome is Outcome.DONE
    assert business_ids_in_redis(celery_app, SOURCE.queue) == [f"HĐ-{number}" for number in range(len(sizes))]


def test_a_row_of_fifty_megabytes_is_rejected_and_its_neighbours_arrive(
    table: pyodbc.Connection, relay: Relay, celery_app: Celery
) -> None:
    _insert(table, [10, 50_000_000, 10])
    report = scan(relay, SOURCE)[-1]
    assert (report.outcome, report.rejected) == (Outcome.DONE, 1)
    assert business_ids_in_redis(celery_app, SOURCE.queue) == ["HĐ-0", "HĐ-2"]


def _peak_of_reading(mssql: MSSQLClient) -> int:
    """Bytes, at most, while the rows are read batch by batch."""
    gc.collect()
    tracemalloc.start()
    try:
        with mssql.snapshot(SOURCE) as snapshot:
            for batch in snapshot.pending():
                assert batch
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_reading_takes_no_more_memory_for_more_rows(table: pyodbc.Connection, mssql: MSSQLClient) -> None:
    _insert(table, [*([10] * 50), *([LARGE] * 12)])
    few = _peak_of_reading(mssql)
    table.execute(f"DELETE FROM {TABLE}")
    _insert(table, [*([10] * 50), *([LARGE] * 60)])
    many = _peak_of_reading(mssql)
    assert many < 1.5 * few
    assert many < 6 * BATCH_CHARACTERS
