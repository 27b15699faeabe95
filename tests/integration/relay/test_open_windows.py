"""A window that stays open for long, since its queue is full."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from relay.cycle.outcomes import Outcome
from relay.operations.service import scan
from relay.sources.builtin import SALE
from relay.wiring import Relay
from tests.support.pharmacy import Desk
from tests.support.queues import Queued


def test_nothing_of_an_open_window_expires(relay: Relay, pharmacy: Desk, sale_queue: Queued) -> None:
    """What of it is in the queue already, and what was rejected: without them the journal would have holes."""
    ids = [f"HĐ-{number}" for number in range(6)]
    scan(relay, SALE)
    for each in ids:
        pharmacy.insert(each)
    logs = relay.mongo.task_logs
    full = replace(relay, options=replace(relay.options, batch_size=2, queue_limit=3))
    assert scan(full, SALE)[-1].outcome is Outcome.QUEUE_FULL
    assert logs.count_documents({"status": "PENDING"}) == 4
    assert logs.count_documents({"expires_at": None}) == len(ids)

    assert [report.baseline for report in scan(relay, SALE)] == [None]

    assert Counter(sale_queue()) == Counter(ids)
    assert logs.count_documents({"expires_at": None}) == 0
    assert relay.mongo.checkpoint_collection.count_documents({"open_window": None}) == 1


def test_what_is_published_of_an_abandoned_window_expires(relay: Relay, pharmacy: Desk, sale_queue: Queued) -> None:
    ids = [f"HĐ-{number}" for number in range(6)]
    scan(relay, SALE)
    for each in ids:
        pharmacy.insert(each)
    logs = relay.mongo.task_logs
    full = replace(relay, options=replace(relay.options, batch_size=2, queue_limit=3))
    scan(full, SALE)
    # The journal loses one that was not published yet: a new epoch begins.
    assert logs.delete_one({"status": "PREPARED"}).deleted_count == 1

    for _ in range(2):
        scan(relay, SALE)

    assert set(sale_queue()) == set(ids)
    assert logs.count_documents({"expires_at": None}) == 0
