"""A row that cannot be sent is rejected: it is in the log with the reason, and holds up nobody.

Nothing has to be done in relay when the row is fixed: the change of its argument's column has it taken again.
"""

from __future__ import annotations

from dataclasses import replace

import sqlalchemy as sa

from relay.operations.service import scan
from relay.sources.builtin import SALE
from relay.wiring import Relay
from tests.support.pharmacy import Desk
from tests.support.queues import Queued

WITH_NOTE = replace(SALE, args=("local_invoice_id", "note"))
"""A source whose second argument may be NULL in the table."""


def test_a_missing_argument_is_named_and_the_others_go_on(relay: Relay, pharmacy: Desk, sale_queue: Queued) -> None:
    pharmacy.insert("HĐ-1")
    pharmacy.insert("HĐ-2")
    with relay.mssql.engine.begin() as connection:
        connection.execute(sa.text("UPDATE dbo.SalesInvoices SET note = 'n' WHERE local_invoice_id = 'HĐ-2'"))

    [report] = scan(relay, WITH_NOTE)

    assert (report.dispatched, report.rejected) == (1, 1)
    assert sale_queue() == ["HĐ-2"]
    [entry] = relay.mongo.task_logs.find({"status": "REJECTED"})
    assert entry["business_id"] == "HĐ-1"
    assert "note is NULL" in entry["error"]


def test_a_row_that_is_fixed_is_taken_again(relay: Relay, pharmacy: Desk, sale_queue: Queued) -> None:
    pharmacy.insert("HĐ-1")
    scan(relay, WITH_NOTE)
    with relay.mssql.engine.begin() as connection:
        connection.execute(sa.text("UPDATE dbo.SalesInvoices SET note = 'n'"))
    scan(relay, WITH_NOTE)
    assert sale_queue() == ["HĐ-1"]
