"""The task log: every dispatch is a document in MongoDB, and its `_id` is the Celery task's id.

The id is made of the row and its change version. The same change always gets the same id, and each new request of
the same row another one.
"""

from __future__ import annotations

from celery import Celery

from relay.operations.service import scan
from relay.sources.builtin import SALE
from relay.wiring import Relay
from tests.support.pharmacy import Desk
from tests.support.queues import task_ids_in_redis


def test_every_dispatch_is_logged_under_its_task_id(relay: Relay, celery_app: Celery, pharmacy: Desk) -> None:
    pharmacy.insert("HĐ-1")
    scan(relay, SALE)

    [entry] = relay.mongo.task_logs.find()
    assert [entry["_id"]] == task_ids_in_redis(celery_app, "sale_queue")
    assert entry["celery_task_id"] == entry["_id"]
    assert entry["business_id"] == "HĐ-1"
    assert entry["queue"] == "sale_queue"
    assert entry["status"] == "PENDING"
    assert entry["key"] == ["NT-Hà-Nội-kanari-4711", "HĐ-1"]
    assert entry["created_at"] <= entry["dispatched_at"] < entry["expires_at"]


def test_each_request_of_a_row_has_an_id_of_its_own(relay: Relay, pharmacy: Desk) -> None:
    pharmacy.insert("HĐ-1")
    scan(relay, SALE)
    pharmacy.set_status("HĐ-1", "PENDING_SYNC")
    scan(relay, SALE)
    first, second = relay.mongo.task_logs.find().sort("change_version")
    assert first["business_id"] == second["business_id"]
    assert first["_id"] != second["_id"]
