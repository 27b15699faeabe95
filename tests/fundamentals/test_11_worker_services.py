"""A worker service may tell the task log how far it is, with nothing of relay but `common.task_log`.

It need not: relay works without. But with it the log shows what became of every dispatch, and a queue that lost
messages can be fixed without sending again what is done.
"""

from __future__ import annotations

from celery import Celery

from common.config import Settings
from common.task_log import TaskLog
from relay.operations.service import scan
from relay.sources.builtin import SALE
from relay.wiring import Relay
from tests.support.pharmacy import Desk
from tests.support.queues import taken_task_ids


def test_a_worker_service_reports(relay: Relay, celery_app: Celery, pharmacy: Desk, settings: Settings) -> None:
    pharmacy.insert("HĐ-1")
    pharmacy.insert("HĐ-2")
    scan(relay, SALE)
    first, second = taken_task_ids(celery_app, "sale_queue")

    # All that a worker service needs: the address of relay's MongoDB, and the name of its database.
    log = TaskLog(settings.MONGO_URI.get_secret_value(), settings.MONGO_DB_NAME)
    assert log.processing(first)
    assert log.success(first)
    assert log.failed(second, "the tax office does not answer")
    log.close()

    entries = {entry["_id"]: entry for entry in relay.mongo.task_logs.find()}
    assert entries[first]["status"] == "SUCCESS"
    assert (entries[second]["status"], entries[second]["error"]) == ("FAILED", "the tax office does not answer")


def test_a_queue_that_lost_everything_is_fixed(
    relay: Relay, celery_app: Celery, pharmacy: Desk, task_log: TaskLog
) -> None:
    pharmacy.insert("HĐ-1")
    pharmacy.insert("HĐ-2")
    scan(relay, SALE)
    first, second = taken_task_ids(celery_app, "sale_queue")
    task_log.success(first)
    pharmacy.set_status("HĐ-1", "SYNCED")
    with celery_app.connection_for_write() as connection:
        connection.default_channel.client.flushall()

    scan(relay, SALE)

    assert taken_task_ids(celery_app, "sale_queue") == [second]
