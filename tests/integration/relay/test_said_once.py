"""What is wrong while nothing waits is said once, and so is that it is over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyodbc
import pytest
from sandbox.processes import Child
from sandbox.waiting import WaitTimeoutError, wait_until

from common.database.mssql_client import MSSQLClient
from examples.pharmacy.connection import connect
from relay.sources.builtin import SALE
from tests.support.relay_process import running_relay

SOON_SECONDS = 60.0
HIDDEN = "SalesInvoicesHidden"


@pytest.fixture
def relay(mssql: MSSQLClient, environment: dict[str, str], tmp_path: Path) -> Iterator[Child]:
    """One that has read all that there is, and then finds nothing to do."""
    with running_relay(tmp_path, {**environment, "RELAY_SCAN_INTERVAL": "0.5"}) as relay:
        _await("epoch_begun", relay, times=3)
        yield relay


@pytest.fixture
def administrator(environment: dict[str, str]) -> Iterator[pyodbc.Connection]:
    connection = connect(environment, autocommit=False)
    yield connection
    connection.rollback()
    connection.close()


def test_a_problem_that_ends_while_nothing_waits_is_over_and_is_said_when_it_comes_again(
    relay: Child, administrator: pyodbc.Connection
) -> None:
    """outage: it was never said to be over, and when it came again it was not said for five minutes."""
    for times in (1, 2):
        _rename(administrator, SALE.table, HIDDEN)
        try:
            _await("there is no table dbo.SalesInvoices", relay, times=times)
        finally:
            _rename(administrator, HIDDEN, SALE.table)
        _await("recovered", relay, times=times)


def test_a_fence_that_cannot_be_renewed_is_not_said_at_every_tick(
    relay: Child, administrator: pyodbc.Connection
) -> None:
    """outage: a fence that somebody kept locked filled the log, a line a tick."""
    administrator.execute("UPDATE dbo.relay_fence SET host = host WHERE source = 'sale'")
    _await("task=renew_fence", relay)
    administrator.execute("UPDATE dbo.relay_fence SET host = host WHERE source = 'sale'")
    _await("task=scan_source", relay)
    administrator.rollback()
    _await("recovered", relay, times=2)
    assert relay.log.read_text().count("is locked") == 2
    assert "fence_not_renewed" not in relay.log.read_text()


def _rename(administrator: pyodbc.Connection, old: str, new: str) -> None:
    administrator.execute(f"EXEC sp_rename 'dbo.{old}', '{new}'")
    administrator.commit()


def _await(text: str, relay: Child, *, times: int = 1) -> None:
    try:
        wait_until(lambda: relay.log.read_text().count(text) >= times, timeout=SOON_SECONDS)
    except WaitTimeoutError:
        pytest.fail(f"no {text}: {relay.tail()}")
