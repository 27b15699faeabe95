"""SQL Server looks for all rows and sorts them before it sends one: that may take longer than any statement should.
So may what it is asked beside that: what a table is, which keys are pending, what is to be sent again."""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from sandbox.control import SqlServerControl
from sandbox.sqlserver.faults.model import DelayFault
from sandbox.waiting import wait_until
from sqlalchemy.exc import DBAPIError

from common.config import Settings, load_settings
from common.database import mssql_client
from common.database.mssql_client import seconds_with_heartbeat
from relay.cycle.outcomes import CycleReport, Outcome, SlowReadingError
from relay.operations.service import look_ahead, look_for_stuck, resend_stuck, scan
from relay.sources.builtin import SALE
from relay.wiring import Relay
from tests.support.pharmacy import Desk
from tests.support.queues import Queued

STALL_SECONDS = 1
FIRST_ROW_MS = 2500
SOON_SECONDS = 20
"""Long before the statement would have ended by itself."""
CHANGES = "CHANGETABLE(CHANGES"
BASELINE = "CHANGETABLE(VERSION"
DOUBLINGS = 2
"""One and two seconds are not enough, four are."""


@pytest.fixture
def settings(environment: dict[str, str]) -> Settings:
    patience = {"RELAY_STALL_SECONDS": str(STALL_SECONDS), "RELAY_LEASE_SECONDS": "1"}
    return load_settings(_env_file=None, **{**environment, **patience})


@pytest.mark.parametrize("reading", ["changes", "a baseline"])
def test_a_first_row_that_takes_longer_than_patience_comes_in_the_end(
    reading: str, relay: Relay, pharmacy: Desk, sale_queue: Queued, control: SqlServerControl
) -> None:
    """outage: each tick cut the statement off at the same place, for ever, as if a service were away."""
    if reading == "changes":
        scan(relay, SALE)
    pharmacy.insert("HĐ-1")
    control.arm(DelayFault(text=CHANGES if reading == "changes" else BASELINE, milliseconds=FIRST_ROW_MS, times=None))
    assert _in_the_end(lambda: scan(relay, SALE)[0]).outcome is Outcome.DONE
    assert sale_queue() == ["HĐ-1"]
    [checkpoint] = relay.ports.checkpoints.load([relay.own(SALE).id]).values()
    assert checkpoint.stalls == DOUBLINGS - 1


def test_rows_to_be_sent_again_come_in_the_end_behind_others(
    relay: Relay, pharmacy: Desk, sale_queue: Queued, control: SqlServerControl
) -> None:
    """outage: they are asked for in the middle of a window, where patience was as short as ever, at every try."""
    pharmacy.insert("HĐ-1")
    scan(relay, SALE)
    relay.mongo.task_logs.delete_many({})
    pharmacy.insert("HĐ-2")
    control.arm(DelayFault(text=BASELINE, milliseconds=FIRST_ROW_MS, times=None))
    assert _in_the_end(lambda: resend_stuck(relay, SALE)).dispatched == 2
    assert sorted(sale_queue()) == ["HĐ-1", "HĐ-1", "HĐ-2"]


def test_a_table_that_is_slow_to_be_described_is_read_in_the_end(
    relay: Relay, pharmacy: Desk, sale_queue: Queued, control: SqlServerControl
) -> None:
    pharmacy.insert("HĐ-1")
    control.arm(DelayFault(text="sys.columns", milliseconds=FIRST_ROW_MS, times=None))
    assert _in_the_end(lambda: scan(relay, SALE)[0]).outcome is Outcome.DONE
    assert sale_queue() == ["HĐ-1"]


def test_a_cycle_that_waits_for_hours_ends_when_its_lease_is_somebody_elses(
    relay: Relay, pharmacy: Desk, control: SqlServerControl
) -> None:
    """outage: it went on beside the one that had the lease, for as long as its patience held."""
    pharmacy.insert("HĐ-1")
    control.arm(DelayFault(text=BASELINE, milliseconds=60_000))
    patient = replace(relay, options=replace(relay.options, stall_seconds=60.0))
    another = {"$set": {"lease.owner": "another"}}
    reports: list[CycleReport] = []
    waiting = threading.Thread(target=lambda: reports.extend(scan(patient, SALE)))
    waiting.start()
    wait_until(lambda: not control.faults(), message="it was not read")
    relay.mongo.checkpoint_collection.update_one({"_id": relay.own(SALE).id}, another)
    waiting.join(SOON_SECONDS)
    assert [report.outcome for report in reports] == [Outcome.STOPPED]


def test_the_drivers_own_limit_is_later_than_patience_with_the_first_row(settings: Settings) -> None:
    assert seconds_with_heartbeat(settings, 100) >= 100 + settings.heartbeat_seconds


@pytest.fixture
def drivers_limit_is_short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without this it is longer than the delay."""
    monkeypatch.setattr(mssql_client, "CANCEL_SECONDS", 0)


@pytest.mark.usefixtures("drivers_limit_is_short")
def test_a_preview_waits_for_them(relay: Relay, pharmacy: Desk, control: SqlServerControl) -> None:
    """A dry run over a large backlog was told that SQL Server is away."""
    pharmacy.insert("HĐ-1")
    control.arm(DelayFault(text=BASELINE, milliseconds=2 * FIRST_ROW_MS, times=None))
    try:
        assert look_ahead(relay, SALE).rows == 1
    except DBAPIError as error:
        pytest.fail(f"it was given up: {error}")


@pytest.mark.usefixtures("drivers_limit_is_short")
def test_a_look_for_stuck_rows_waits_for_them(relay: Relay, pharmacy: Desk, control: SqlServerControl) -> None:
    pharmacy.insert("HĐ-1")
    scan(relay, SALE)
    control.arm(DelayFault(text=BASELINE, milliseconds=2 * FIRST_ROW_MS, times=None))
    assert sum(look_for_stuck(relay, SALE).counts.values()) == 1


def _in_the_end(cycle: Callable[[], CycleReport]) -> CycleReport:
    for _ in range(DOUBLINGS + 1):
        with suppress(SlowReadingError):
            return cycle()
    pytest.fail("it never came")
