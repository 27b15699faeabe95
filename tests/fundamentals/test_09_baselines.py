"""A baseline: all pending rows are read, because change tracking cannot say what changed.

That is so at the very first start, and whenever database, MongoDB and queue no longer belong together, as after a
restore. Every seal therefore leaves a *fence* in SQL Server, and a fence that is not the one that relay remembers
begins a new *epoch*. A baseline loses nothing; a row that waits may be sent again.
"""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from relay.cycle.reasons import Reason
from relay.operations.service import scan
from relay.sources.builtin import SALE
from relay.wiring import Relay
from tests.support.pharmacy import Desk
from tests.support.queues import Queued


def test_the_first_start_sends_what_is_pending(relay: Relay, pharmacy: Desk, sale_queue: Queued) -> None:
    pharmacy.insert("HĐ-1")
    pharmacy.insert("HĐ-2", status="SYNCED")
    [report] = scan(relay, SALE)
    assert report.baseline is Reason.FIRST_RUN
    assert sale_queue() == ["HĐ-1"]


def test_unless_it_is_told_to_begin_now(relay: Relay, pharmacy: Desk, sale_queue: Queued) -> None:
    pharmacy.insert("HĐ-1")
    from_now = replace(relay, options=replace(relay.options, first_run_now=True))
    scan(from_now, SALE)
    pharmacy.insert("HĐ-2")
    scan(from_now, SALE)
    assert sale_queue() == ["HĐ-2"]


def test_a_database_that_lost_its_fence_was_restored(relay: Relay, pharmacy: Desk, sale_queue: Queued) -> None:
    pharmacy.insert("HĐ-1")
    scan(relay, SALE)
    with relay.mssql.engine.begin() as connection:
        connection.execute(sa.text("DELETE FROM dbo.relay_fence WHERE source = 'sale'"))
    [report] = scan(relay, SALE)
    assert report.baseline is Reason.FENCE_MISSING
    assert sale_queue() == ["HĐ-1", "HĐ-1"], "it still waits, so it is sent again: nobody knows what was restored"
