"""The whole way of one row: it becomes PENDING_SYNC in SQL Server, and a message for its worker service is in Redis.

The message is an ordinary Celery task, as `app.send_task("sale.process_sale", args=[...], queue="sale_queue")`
would send it. Relay calls one pass over a source a *cycle*; `scan` runs cycles until nothing more waits.
"""

from __future__ import annotations

from celery import Celery

from relay.operations.service import scan
from relay.sources.builtin import SALE
from relay.wiring import Relay
from tests.support.pharmacy import Desk
from tests.support.queues import messages_in_redis


def test_a_pending_row_becomes_a_task(relay: Relay, celery_app: Celery, pharmacy: Desk) -> None:
    pharmacy.insert("HĐ-1", status="PENDING_SYNC")

    [report] = scan(relay, SALE)

    assert report.dispatched == 1
    [message] = messages_in_redis(celery_app, "sale_queue")
    assert message["headers"]["task"] == "sale.process_sale"
    assert message["headers"]["argsrepr"] == "('HĐ-1', 'NT-Hà-Nội-kanari-4711')"


def test_a_draft_does_not(relay: Relay, celery_app: Celery, pharmacy: Desk) -> None:
    pharmacy.insert("HĐ-1", status="DRAFT")
    scan(relay, SALE)
    assert messages_in_redis(celery_app, "sale_queue") == []
