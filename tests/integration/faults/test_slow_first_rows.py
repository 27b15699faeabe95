"""SQL Server looks for all rows and sorts them before it sends one: that may take longer than any statement should."""

from __future__ import annotations

from contextlib import suppress

import pytest
from sandbox.control import SqlServerControl
from sandbox.sqlserver.faults.model import DelayFault

from common.config import Settings, load_settings
from common.database.mssql_client import seconds_with_heartbeat
from relay.cycle.outcomes import CycleReport, FirstRowError, Outcome
from relay.operations.service import look_for_stuck, scan
from relay.sources.builtin import SALE
from relay.wiring import Relay
from tests.support.pharmacy import Desk
from tests.support.queues import Queued

STALL_SECONDS = 1
FIRST_ROW_MS = 2500
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
    assert _scan_until_it_is_read(relay).outcome is Outcome.DONE
    assert sale_queue() == ["HĐ-1"]
    [checkpoint] = relay.ports.checkpoints.load([relay.own(SALE).id]).values()
    assert checkpoint.stalls == DOUBLINGS - 1


def test_the_drivers_own_limit_is_later_than_patience_with_the_first_row(settings: Settings) -> None:
    assert seconds_with_heartbeat(settings, 100) >= 100 + settings.heartbeat_seconds


def test_a_look_for_stuck_rows_waits_for_them(relay: Relay, pharmacy: Desk, control: SqlServerControl) -> None:
    pharmacy.insert("HĐ-1")
    scan(relay, SALE)
    control.arm(DelayFault(text=BASELINE, milliseconds=2 * FIRST_ROW_MS))
    assert sum(look_for_stuck(relay, SALE).counts.values()) == 1


def _scan_until_it_is_read(relay: Relay) -> CycleReport:
    for _ in range(DOUBLINGS + 1):
        with suppress(FirstRowError):
            return scan(relay, SALE)[0]
    pytest.fail("it never came")
