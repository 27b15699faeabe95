"""Ctrl-C ends a command at once, also while SQL Server works on a statement for a long time."""

from __future__ import annotations

import os
import signal
from collections.abc import Mapping
from pathlib import Path

import pytest
from sandbox.control import SqlServerControl
from sandbox.processes import stop_all
from sandbox.sqlserver.faults.model import DelayFault
from sandbox.waiting import wait_until

from relay.sources.builtin import SALE
from relay.wiring import Relay
from tests.support.pharmacy import Desk
from tests.support.relay_process import start_scan

NEVER = 300_000
ENDED_BY_CTRL_C = 130


@pytest.mark.parametrize("statement", ["CHANGETABLE(VERSION", "CHANGE_TRACKING_CURRENT_VERSION"])
def test_ctrl_c_cancels_what_sql_server_works_on(
    statement: str,
    relay: Relay,
    pharmacy: Desk,
    control: SqlServerControl,
    environment: Mapping[str, str],
    tmp_path: Path,
) -> None:
    pharmacy.insert("HĐ-1")
    control.arm(DelayFault(text=statement, milliseconds=NEVER))
    scan = start_scan(tmp_path, environment)
    try:
        wait_until(lambda: not control.faults(), timeout=10, message="the statement was not met")
        os.kill(scan.pid, signal.SIGINT)
        wait_until(lambda: scan.exit_code is not None, timeout=10, message="it did not end")
        assert scan.exit_code == ENDED_BY_CTRL_C, scan.tail()
    finally:
        stop_all([scan])
    assert "Traceback" not in scan.tail()
    assert relay.ports.leases.acquire(relay.own(SALE).id) is not None, "it has given the source back"
