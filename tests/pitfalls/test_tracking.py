"""Tracking that is off, was off, or answers from the wrong place."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from common.database.errors import ConfigurationError
from relay.cycle.reasons import Reason
from relay.operations.service import scan
from relay.sources.builtin import SALE
from relay.wiring import Relay
from tests.support.pharmacy import Desk
from tests.support.queues import Queued
from tests.support.world import World

DISABLE = "ALTER TABLE dbo.SalesInvoices DISABLE CHANGE_TRACKING"
ENABLE = "ALTER TABLE dbo.SalesInvoices ENABLE CHANGE_TRACKING WITH (TRACK_COLUMNS_UPDATED = ON)"


def _run(relay: Relay, statement: str) -> None:
    with relay.mssql.engine.begin() as connection:
        connection.execute(sa.text(statement))


@pytest.fixture
def untracked(relay: Relay) -> Iterator[Relay]:
    """A relay that has worked before, and whose table is no longer tracked."""
    scan(relay, SALE)
    _run(relay, DISABLE)
    yield relay
    _run(relay, ENABLE)


def test_a_comparison_with_null_passes(untracked: Relay, pharmacy: Desk, sale_queue: Queued) -> None:
    """min-valid is NULL for a table that is not tracked, and `NULL < watermark` is not true: no error, no rows."""
    pharmacy.insert("HĐ-1")
    with pytest.raises(ConfigurationError, match="run: relay enable sale"):
        scan(untracked, SALE)
    assert sale_queue() == []


def test_truncated_rows_are_waited_for(relay: Relay, pharmacy: Desk, sale_queue: Queued) -> None:
    """TRUNCATE sets min-valid to the current version; a watermark that equals it passes. Only begin_version tells."""
    pharmacy.insert("HĐ-1")
    scan(relay, SALE)
    _run(relay, "TRUNCATE TABLE dbo.SalesInvoices")
    pharmacy.insert("HĐ-2")
    [report] = scan(relay, SALE)
    assert report.baseline is Reason.TRUNCATED
    assert sale_queue() == ["HĐ-1", "HĐ-2"]


def test_what_happened_while_tracking_was_off_is_missed(relay: Relay, pharmacy: Desk, sale_queue: Queued) -> None:
    """Switched off and on again, tracking begins anew and says nothing of what it has not seen."""
    pharmacy.insert("HĐ-1")
    scan(relay, SALE)
    pharmacy.set_status("HĐ-1", "SYNCED")
    _run(relay, DISABLE)
    pharmacy.insert("HĐ-2")
    _run(relay, ENABLE)
    [report] = scan(relay, SALE)
    assert report.baseline is Reason.TRACKING_SWITCHED
    assert sale_queue() == ["HĐ-1", "HĐ-2"]


def test_tracking_switched_at_the_same_version_looks_like_nothing(
    relay: Relay, pharmacy: Desk, sale_queue: Queued
) -> None:
    """begin_version and min-valid are what they were; only the side table is another."""
    pharmacy.insert("HĐ-1")
    _run(relay, DISABLE)
    _run(relay, ENABLE)
    scan(relay, SALE)
    _run(relay, DISABLE)
    pharmacy.set_status("HĐ-1", "SYNCED")
    pharmacy.insert("HĐ-2")
    _run(relay, ENABLE)
    [report] = scan(relay, SALE)
    assert report.baseline is Reason.TRACKING_SWITCHED
    assert sale_queue() == ["HĐ-1", "HĐ-2"]


def test_a_login_with_few_rights_does_not_see_which_of_both_it_was(world: World) -> None:
    """Only CONTROL of the database shows the side table; a baseline it is all the same."""
    world.database.contents.side_table = None
    world.write(1)
    world.scan()
    world.database.truncate()
    world.write(2)
    assert world.scan().baseline is Reason.TRACKING_RESTARTED
    assert "HĐ-2" in world.queued()


def test_a_secondary_replica_is_believed(world: World) -> None:
    """A readable secondary answers, without an error, what makes no sense: it says only that it is READ_ONLY."""
    world.scan()
    world.write(1)
    world.database.contents.updateable = False
    with pytest.raises(ConfigurationError, match="read-only"):
        world.scan()
    assert world.queued() == []


def test_versions_that_make_no_sense_are_believed(world: World) -> None:
    """A current version below min-valid, seen on readable secondaries, is no reason to read from there."""
    world.scan()
    world.write(1)
    world.database.contents.min_valid = 99
    with pytest.raises(ConfigurationError, match="make no sense"):
        world.scan()
    assert world.queued() == []
