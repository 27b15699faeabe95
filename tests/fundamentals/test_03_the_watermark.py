"""The watermark: the version up to which a source has been read. It is kept in MongoDB.

A cycle reads the changes above the watermark, and moves it to the database's current version. So the next one sees
only what came after. The watermark moves even when there was nothing to send: SQL Server forgets changes after some
days, and a watermark that stood still would be worthless by then.
"""

from __future__ import annotations

from relay.operations.service import find_work, scan
from relay.sources.builtin import SALE
from relay.wiring import Relay
from tests.support.pharmacy import Desk
from tests.support.queues import Queued


def test_what_was_read_is_not_read_again(relay: Relay, pharmacy: Desk, sale_queue: Queued) -> None:
    pharmacy.insert("HĐ-1")
    scan(relay, SALE)
    pharmacy.insert("HĐ-2")
    scan(relay, SALE)
    scan(relay, SALE)
    assert sale_queue() == ["HĐ-1", "HĐ-2"]


def test_the_watermark_moves_with_the_database(relay: Relay, pharmacy: Desk) -> None:
    [first] = scan(relay, SALE)
    pharmacy.insert("HĐ-1", status="DRAFT")
    [second] = scan(relay, SALE)
    assert first.version is not None
    assert second.version == first.version + 1
    assert second.dispatched == 0


def test_a_source_whose_watermark_is_the_current_version_is_idle(relay: Relay, pharmacy: Desk) -> None:
    scan(relay, SALE)
    assert find_work(relay, [SALE]) == []
    pharmacy.insert("HĐ-1")
    assert find_work(relay, [SALE]) == [SALE]
