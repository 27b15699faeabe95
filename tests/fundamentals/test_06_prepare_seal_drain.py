"""Prepare, seal, drain: why nothing is lost when relay dies.

A cycle first *prepares*: it writes what it has read to the task log. Then it *seals*: in one atomic write, the
watermark moves and the window is declared open. Only then it *drains*: what the log holds goes into the queue.
Before the seal everything can be thrown away and read again; after it nothing is needed but the log.
"""

from __future__ import annotations

import pytest

from relay.operations.service import scan
from relay.sources.builtin import SALE
from relay.wiring import Relay
from tests.support.dying import DiedError, DiesBeforePush, dying
from tests.support.pharmacy import Desk
from tests.support.queues import Queued


def test_what_was_sealed_is_pushed_by_the_next_relay(relay: Relay, pharmacy: Desk, sale_queue: Queued) -> None:
    pharmacy.insert("HĐ-1")
    with pytest.raises(DiedError):
        scan(dying(relay, DiesBeforePush), SALE)

    [entry] = relay.mongo.task_logs.find()
    assert entry["status"] == "PREPARED"
    [checkpoint] = relay.mongo.checkpoint_collection.find()
    assert checkpoint["open_window"]["count"] == 1
    assert sale_queue() == []

    scan(relay, SALE)
    assert sale_queue() == ["HĐ-1"]


def test_a_row_that_changed_after_it_was_read_is_sent_as_it_was_read(
    relay: Relay, pharmacy: Desk, sale_queue: Queued
) -> None:
    pharmacy.insert("HĐ-1")
    with pytest.raises(DiedError):
        scan(dying(relay, DiesBeforePush), SALE)
    pharmacy.set_status("HĐ-1", "DRAFT")
    scan(relay, SALE)
    assert sale_queue() == ["HĐ-1"]
