"""The offset: why nothing is sent twice.

Beside each queue, Redis keeps the place of the last dispatch that was pushed. One script pushes a batch and moves
the offset, both or neither, and takes nothing that the offset has passed. A relay that dies after the push and
before it could write that down may push again without harm.
"""

from __future__ import annotations

import pytest

from relay.cycle.ports import QueueGapError
from relay.operations.service import scan
from relay.sources.builtin import SALE
from relay.wiring import Relay
from tests.support.dying import DiedError, DiesAfterPush, dying
from tests.support.pharmacy import Desk
from tests.support.queues import Queued
from tests.support.samples import a_dispatch, an_offset


def test_what_is_in_the_queue_is_not_pushed_again(relay: Relay, pharmacy: Desk, sale_queue: Queued) -> None:
    pharmacy.insert("HĐ-1")
    with pytest.raises(DiedError):
        scan(dying(relay, DiesAfterPush), SALE)
    assert sale_queue() == ["HĐ-1"]
    [entry] = relay.mongo.task_logs.find()
    assert entry["status"] == "PREPARED", "as far as the log knows, it was never pushed"

    scan(relay, SALE)

    assert sale_queue() == ["HĐ-1"]
    [entry] = relay.mongo.task_logs.find()
    assert entry["status"] == "PENDING"


def test_a_gap_is_refused(relay: Relay, pharmacy: Desk) -> None:
    """A batch says which dispatch it follows. If the queue does not stand there, something was lost: first that."""
    pharmacy.insert("HĐ-1")
    scan(relay, SALE)
    own = relay.own(SALE)
    offset = relay.ports.publisher.offsets([own])["sale"]
    assert offset is not None
    beyond = an_offset(5, number=offset.window, epoch=offset.epoch)
    dispatch = a_dispatch(6, number=offset.window, epoch=offset.epoch)
    with pytest.raises(QueueGapError):
        relay.ports.publisher.publish(own, after=beyond, dispatches=[dispatch])
