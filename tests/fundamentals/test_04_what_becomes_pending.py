"""Which changes count: the row is pending *now*, and the change touched its status, or a column of its arguments.

Change tracking keeps a mask of the columns that an UPDATE named. A clerk who edits the note of an invoice that
still waits has asked for nothing new; one who re-opens an invoice has.
"""

from __future__ import annotations

import sqlalchemy as sa

from relay.operations.service import scan
from relay.sources.builtin import SALE
from relay.wiring import Relay
from tests.support.pharmacy import Desk
from tests.support.queues import Queued


def test_an_edit_of_another_column_sends_nothing(relay: Relay, pharmacy: Desk, sale_queue: Queued) -> None:
    pharmacy.insert("HĐ-1")
    scan(relay, SALE)
    with relay.mssql.engine.begin() as connection:
        connection.execute(sa.text("UPDATE dbo.SalesInvoices SET note = 'call back'"))
    scan(relay, SALE)
    assert sale_queue() == ["HĐ-1"]


def test_an_invoice_that_is_opened_again_is_sent_again(relay: Relay, pharmacy: Desk, sale_queue: Queued) -> None:
    pharmacy.insert("HĐ-1")
    scan(relay, SALE)
    pharmacy.set_status("HĐ-1", "SYNCED")
    pharmacy.set_status("HĐ-1", "PENDING_SYNC")
    scan(relay, SALE)
    assert sale_queue() == ["HĐ-1", "HĐ-1"]


def test_what_is_no_longer_pending_when_it_is_read_is_not_sent(
    relay: Relay, pharmacy: Desk, sale_queue: Queued
) -> None:
    scan(relay, SALE)
    pharmacy.insert("HĐ-1")
    pharmacy.set_status("HĐ-1", "DRAFT")
    scan(relay, SALE)
    assert sale_queue() == []
