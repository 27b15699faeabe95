"""What a tick that lingers does when a service has a bad day."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from sandbox.control import SqlServerControl
from sandbox.sqlserver.faults.model import CutFault
from sandbox.waiting import wait_until

from tests.support.pharmacy import Desk
from tests.support.queues import Queued
from tests.support.relay_process import running_relay

NEVER = "3600"
SOON_SECONDS = 60.0
A_LOOK = "EXISTS (SELECT 1"
"""In each look of a tick that lingers, and in nothing else."""


@pytest.fixture
def environment(environment: dict[str, str]) -> dict[str, str]:
    return {**environment, "RELAY_LINGER_SECONDS": NEVER, "RELAY_SCAN_INTERVAL": NEVER}


def test_a_connection_that_is_cut_is_left_to_the_next_tick_which_goes_on(
    pharmacy: Desk, sale_queue: Queued, control: SqlServerControl, environment: dict[str, str], tmp_path: Path
) -> None:
    with running_relay(tmp_path, {**environment, "RELAY_SCAN_INTERVAL": "10"}) as relay:
        pharmacy.insert("D-1")
        wait_until(lambda: sale_queue() == ["D-1"], timeout=SOON_SECONDS)
        control.arm(CutFault(text=A_LOOK))
        wait_until(lambda: "left_to_the_next_tick" in relay.log.read_text(), timeout=SOON_SECONDS)
        pharmacy.insert("D-2")
        wait_until(lambda: sale_queue() == ["D-1", "D-2"], timeout=SOON_SECONDS)
        wait_until(lambda: "recovered" in relay.log.read_text(), timeout=SOON_SECONDS)
        assert len(re.findall("left_to_the_next_tick", relay.log.read_text())) == 1
        assert "Traceback" not in relay.log.read_text()
