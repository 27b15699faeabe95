"""A baseline in pieces: SQL Server compares the keys, whatever their type, and no row is left out or sent twice."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import pyodbc
import pytest
from celery import Celery

from common.database.errors import ConfigurationError
from common.database.mssql_client import MSSQLClient
from common.database.records import Baseline
from relay.cycle.reasons import Reason
from relay.cycle.run import run_cycle
from relay.operations.service import look_ahead, look_for_stuck, resend_stuck, scan
from relay.operations.stuck_rows import NotJudged
from relay.wiring import Relay
from tests.support.key_table import SOURCE, key_table, refused_by_the_stand_in
from tests.support.keys_of_every_type import KEYS, ON_A_REAL_SERVER
from tests.support.queues import Queued, business_ids_in_redis

Cycle = Callable[[], Baseline | None]


@pytest.fixture
def relay(relay: Relay) -> Relay:
    return replace(relay, options=replace(relay.options, baseline_rows=2))


@pytest.fixture
def queued(celery_app: Celery) -> Queued:
    return lambda: business_ids_in_redis(celery_app, SOURCE.queue)


@pytest.fixture
def cycle(relay: Relay) -> Cycle:
    """One cycle; gives back what is left of the baseline."""

    def run() -> Baseline | None:
        own = relay.own(SOURCE)
        run_cycle(own, relay.ports, relay.options, relay.heartbeat())
        return relay.ports.checkpoints.load([own.id])[own.id].baseline

    return run


@pytest.mark.parametrize("key_type", KEYS)
def test_keys_of_every_type(
    key_type: str, relay: Relay, mssql: MSSQLClient, environment: Mapping[str, str], queued: Queued
) -> None:
    with key_table(environment, mssql, f"id {key_type} NOT NULL PRIMARY KEY") as writer:
        _read_in_pieces_of_one(writer, KEYS[key_type], relay, queued)


@pytest.mark.real_server_decides
@pytest.mark.parametrize("key_type", ON_A_REAL_SERVER)
def test_keys_of_every_type_on_a_real_server(
    key_type: str, relay: Relay, mssql: MSSQLClient, environment: Mapping[str, str], queued: Queued
) -> None:
    key = f"id {key_type} NOT NULL PRIMARY KEY"
    with refused_by_the_stand_in(mssql), key_table(environment, mssql, key) as writer:
        _read_in_pieces_of_one(writer, ON_A_REAL_SERVER[key_type], relay, queued)


def _read_in_pieces_of_one(writer: pyodbc.Connection, keys: Sequence[str], relay: Relay, queued: Queued) -> None:
    for number, key in enumerate(keys):
        writer.execute(f"INSERT INTO dbo.KeyTest VALUES ({key}, 'row {number}', 'PENDING_SYNC')")
    in_order = [name for (name,) in writer.execute("SELECT name FROM dbo.KeyTest ORDER BY id")]
    reports = scan(replace(relay, options=replace(relay.options, baseline_rows=1)), SOURCE)
    assert queued() == in_order
    assert len(reports) == len(keys) + 1
    assert {report.baseline for report in reports} == {Reason.FIRST_RUN}


def test_a_key_of_several_columns(
    relay: Relay, mssql: MSSQLClient, environment: Mapping[str, str], queued: Queued
) -> None:
    columns = (
        "shop varchar(20) COLLATE Vietnamese_CI_AS NOT NULL, day datetime2(7) NOT NULL, amount decimal(12, 4) NOT NULL,"
        " no nvarchar(20) NOT NULL, PRIMARY KEY (no, amount, day, shop)"
    )
    with key_table(environment, mssql, columns) as writer:
        rows = [
            f"N'{shop}', '2026-02-28T10:00:00.000000{tick}', {amount}, N'{no}'"
            for no in ("HĐ-1", "HD-1")
            for amount in ("-12", "0.0001")
            for tick in (1, 2)
            for shop in ("Đức", "Ơn", "Nhà")
        ]
        for number, row in enumerate(rows):
            writer.execute(f"INSERT INTO dbo.KeyTest VALUES ({row}, 'row {number}', 'PENDING_SYNC')")
        names = writer.execute("SELECT name FROM dbo.KeyTest ORDER BY no, amount, day, shop")
        in_order = [name for (name,) in names]
        scan(replace(relay, options=replace(relay.options, baseline_rows=1)), SOURCE)
        assert queued() == in_order


def test_rows_that_change_meanwhile_wait_for_no_other_piece(
    cycle: Cycle, mssql: MSSQLClient, environment: Mapping[str, str], queued: Queued
) -> None:
    with key_table(environment, mssql, "id int NOT NULL PRIMARY KEY") as writer:
        for number in (1, 2, 3, 5, 6, 7):
            _insert(writer, number)
        assert cycle() == Baseline(after=(2,), until=(7,), rows=2)
        for change in ("SYNCED", "PENDING_SYNC"):
            writer.execute("UPDATE dbo.KeyTest SET status = ? WHERE id IN (1, 6)", change)
        for number in (0, 4, 8):
            _insert(writer, number)
        assert cycle() == Baseline(after=(4,), until=(7,), rows=4)
        # Behind the baseline, and beyond its end: at once. Where it has yet to come, with their pieces.
        assert queued() == ["1", "2", "1", "0", "8", "3", "4"]
        assert cycle() == Baseline(after=(6,), until=(7,), rows=6)
        assert cycle() is None
        assert queued() == ["1", "2", "1", "0", "8", "3", "4", "5", "6", "7"]


def test_nothing_is_judged_or_sent_again_while_a_baseline_is_under_way(
    relay: Relay, cycle: Cycle, mssql: MSSQLClient, environment: Mapping[str, str], queued: Queued
) -> None:
    with key_table(environment, mssql, "id int NOT NULL PRIMARY KEY") as writer:
        for number in range(6):
            _insert(writer, number)
        cycle()
        assert look_for_stuck(relay, SOURCE).not_judged is NotJudged.BASELINE_UNDER_WAY
        assert resend_stuck(relay, SOURCE).prepared == 2
        assert look_ahead(relay, SOURCE).rows == 2
        scan(relay, SOURCE)
        assert queued() == [str(number) for number in range(6)]
        assert look_for_stuck(relay, SOURCE).not_judged is None


def test_a_baseline_that_stands_at_no_key_of_the_table_says_so(
    relay: Relay, cycle: Cycle, mssql: MSSQLClient, environment: Mapping[str, str]
) -> None:
    """It would end, without the rows that it has not read."""
    with key_table(environment, mssql, "id int NOT NULL PRIMARY KEY") as writer:
        for number in range(6):
            _insert(writer, number)
        cycle()
        relay.mongo.database.checkpoints.update_one(
            {"_id": relay.own(SOURCE).id}, {"$set": {"baseline.after": ["một"]}}
        )
        with pytest.raises(ConfigurationError, match=r"^source keys: the baseline .* somebody has changed"):
            scan(relay, SOURCE)


def _insert(writer: pyodbc.Connection, number: int) -> None:
    writer.execute("INSERT INTO dbo.KeyTest VALUES (?, ?, 'PENDING_SYNC')", number, str(number))
