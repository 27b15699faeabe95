"""End to end: a backlog of changed rows on its way into the queue, by two plain loops and by relay."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import pymongo
import sqlalchemy as sa
from celery import Celery

from benchmarks.child import Clock
from common.config import Settings, load_settings
from common.database.mssql_client import MSSQLClient
from relay import wiring
from relay.celery_app import configuration
from relay.collector import spare_the_collector
from relay.operations.service import find_work, scan
from relay.sources.builtin import BUILT_IN, SALE
from relay.wiring import Relay

BATCH = 1000
CHECKS = 50
CHANGES = """
SELECT t.local_invoice_id, t.shop_pharmacy_code
FROM CHANGETABLE(CHANGES dbo.SalesInvoices, :since) AS c
JOIN dbo.SalesInvoices AS t
  ON t.shop_pharmacy_code = c.shop_pharmacy_code AND t.local_invoice_id = c.local_invoice_id
WHERE t.status = 'PENDING_SYNC'
ORDER BY c.SYS_CHANGE_VERSION
"""


def plain(since: int) -> dict[str, float]:
    """A row, a message, a document: as one writes it down."""
    settings, clock = load_settings(_env_file=None), Clock()
    app, rows = _app(settings), 0
    with _services(settings) as (engine, log), engine.connect() as connection, clock.running():
        for row in connection.execute(sa.text(CHANGES), {"since": since}):
            result = app.send_task(SALE.task, args=tuple(row), queue=SALE.queue)
            log.insert_one(_document(result.id, row[0]))
            rows += 1
    return clock.figures(rows)


def improved(since: int) -> dict[str, float]:
    """The same with every easy improvement: a shared producer that sends in batches, insert_many."""
    settings, clock = load_settings(_env_file=None), Clock()
    app, rows = _app(settings), 0
    with _services(settings) as (engine, log), engine.connect() as connection:
        with clock.running(), app.producer_or_acquire() as producer:
            for part in connection.execute(sa.text(CHANGES), {"since": since}).partitions(BATCH):
                ids = [str(uuid4()) for _ in part]
                log.insert_many([_document(task_id, row[0]) for task_id, row in zip(ids, part, strict=True)])
                for task_id, row in zip(ids, part, strict=True):
                    app.send_task(
                        SALE.task, args=tuple(row), task_id=task_id, queue=SALE.queue, producer=producer, retry=False
                    )
                rows += len(part)
    return clock.figures(rows)


def relay(since: int) -> dict[str, float]:
    """Relay; `since` stands in its own watermark."""
    clock = Clock()
    with relay_of_settings() as made:
        find_work(made, [SALE])
        with clock.running():
            reports = scan(made, SALE)
    return clock.figures(sum(report.dispatched for report in reports))


def first_run() -> dict[str, float]:
    """What relay does once, so that the next scan is an ordinary one."""
    with relay_of_settings() as made:
        scan(made, SALE)
    return {}


def idle_check() -> dict[str, list[float]]:
    """Milliseconds of each of some checks over three sources in which nothing has changed."""
    with relay_of_settings() as made:
        for source in BUILT_IN:
            scan(made, source)
        if find_work(made, BUILT_IN):
            raise RuntimeError("there is work, so this is no idle check")
        times = []
        for _ in range(CHECKS):
            clock = Clock()
            with clock.running():
                find_work(made, BUILT_IN)
            times.append(clock.wall * 1000)
    return {"milliseconds": times}


VARIANTS: dict[str, Callable[[int], dict[str, float]]] = {
    "(a) plain loop": plain,
    "(b) improved loop": improved,
    "(c) relay": relay,
}


@contextmanager
def relay_of_settings() -> Iterator[Relay]:
    """Relay as the environment has it, until the block is left."""
    settings = load_settings(_env_file=None)
    made = wiring.build(settings, _app(settings))
    spare_the_collector()  # as `this_process` does
    try:
        yield made
    finally:
        made.close()


@contextmanager
def _services(settings: Settings) -> Iterator[tuple[sa.Engine, Any]]:
    client = MSSQLClient(settings)
    with pymongo.MongoClient[dict[str, Any]](settings.MONGO_URI.get_secret_value()) as mongo:
        log = mongo["plain_loops"].task_logs
        log.insert_one(_document("warm-up", "warm-up"))
        yield client.engine, log
        mongo.drop_database("plain_loops")
    client.close()


def _app(settings: Settings) -> Celery:
    app = Celery("bench", set_as_current=False)
    app.conf.update(configuration(settings))
    return app


def _document(task_id: str, business_id: str) -> dict[str, Any]:
    return {
        "_id": task_id,
        "celery_task_id": task_id,
        "business_id": business_id,
        "queue": SALE.queue,
        "status": "PENDING",
        "created_at": datetime.now(UTC),
    }
