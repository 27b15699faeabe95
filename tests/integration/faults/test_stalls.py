"""A statement that makes no progress is given up: by the heartbeat, or where there is none by the driver."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

import pytest
from sandbox.control import SqlServerControl
from sandbox.sqlserver.faults.model import DelayFault
from sqlalchemy.exc import DBAPIError

from common.config import Settings, load_settings
from common.database import mssql_client
from common.database.mssql.errors import is_transient
from common.database.mssql_client import MSSQLClient
from common.database.records import Lease
from relay.cycle.heartbeat import Heartbeat
from relay.cycle.progress import Progress
from relay.sources.builtin import SALE
from relay.wiring import Relay
from tests.support.pharmacy import SHOP, Desk
from tests.support.stage import SilentLog

NEVER = 60_000
READ = "CHANGETABLE(VERSION"
LEASE = Lease(source=SALE.id, owner="me", generation=1)


@pytest.fixture
def settings(environment: dict[str, str]) -> Settings:
    return load_settings(_env_file=None, **{**environment, "RELAY_STALL_SECONDS": "1", "RELAY_LEASE_SECONDS": "2"})


class _OwnLeases:
    def renew(self, _lease: Lease) -> bool:
        return True


@contextmanager
def _heartbeat(relay: Relay) -> Iterator[None]:
    leases: Any = _OwnLeases()
    heartbeat = Heartbeat(leases, SilentLog(), interval_seconds=relay.settings.heartbeat_seconds)
    progress = Progress(patience_seconds=relay.settings.RELAY_STALL_SECONDS)
    cancel = partial(relay.ports.changes.cancel, SALE)
    with heartbeat.over(LEASE, progress, give_up=cancel, renew_fence=lambda: None):
        yield


def test_the_heartbeat_is_there_before_the_drivers_own_limit(
    relay: Relay, pharmacy: Desk, control: SqlServerControl
) -> None:
    """Of two that end a statement at the same time the driver's would be heard, now and then as no error at all."""
    control.arm(DelayFault(text=READ, milliseconds=NEVER))
    given_up = pytest.raises(DBAPIError, match="cancelled: nothing had moved")
    with given_up as raised, _heartbeat(relay), relay.mssql.snapshot(SALE) as snapshot:
        list(snapshot.pending())
    assert is_transient(raised.value)


def test_the_read_that_repair_makes_is_cancelled_too(relay: Relay, pharmacy: Desk, control: SqlServerControl) -> None:
    relay.mssql.still_pending(SALE, [(SHOP, "HĐ-1")], lambda: None)
    control.arm(DelayFault(text=SALE.table, milliseconds=NEVER))
    with pytest.raises(DBAPIError, match="cancelled: nothing had moved"), _heartbeat(relay):
        relay.mssql.still_pending(SALE, [(SHOP, "HĐ-1")], lambda: None)


def test_a_statement_without_a_heartbeat_has_the_drivers_limit(relay: Relay, control: SqlServerControl) -> None:
    control.arm(DelayFault(text="CHANGE_TRACKING_CURRENT_VERSION", milliseconds=NEVER))
    with pytest.raises(DBAPIError, match="Query timeout expired") as raised:
        relay.mssql.states([SALE])
    assert is_transient(raised.value)


def test_a_heartbeat_that_does_not_beat_leaves_the_drivers_limit(
    relay: Relay, control: SqlServerControl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mssql_client, "CANCEL_SECONDS", 0)
    control.arm(DelayFault(text="CHANGE_TRACKING_CURRENT_VERSION", milliseconds=NEVER))
    with pytest.raises(DBAPIError, match="Query timeout expired"), relay.mssql.snapshot(SALE):
        pass


def test_a_connection_that_was_cancelled_is_not_used_again(
    relay: Relay, pharmacy: Desk, control: SqlServerControl
) -> None:
    pharmacy.insert("HĐ-1")
    before = _connection(relay.mssql)
    control.arm(DelayFault(text=READ, milliseconds=NEVER))
    with pytest.raises(DBAPIError), _heartbeat(relay), relay.mssql.snapshot(SALE) as snapshot:
        list(snapshot.pending())
    assert _connection(relay.mssql) is not before
    with relay.mssql.snapshot(SALE) as snapshot:
        assert [row.key for rows in snapshot.pending() for row in rows] == [(SHOP, "HĐ-1")]


def _connection(client: MSSQLClient) -> object:
    """The driver's, which the pool gives out next."""
    with client.engine.connect() as connection:
        return connection.connection.dbapi_connection
