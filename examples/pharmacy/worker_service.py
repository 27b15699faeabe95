"""Three sample worker services: each takes its kind of document from its queue and synchronises it.

    celery -A examples.pharmacy.worker_service:sale -b redis://127.0.0.1:6379/0 worker --pool solo

They know the queue, the task's name and its two arguments, and nothing of relay.
"""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path
from typing import Any

import pyodbc
from celery import Celery
from kombu.entity import Queue

from examples.pharmacy.connection import connect
from examples.pharmacy.documents import CANCELLATION, IMPORT, PENDING, SALE, SYNCED, DocumentKind
from examples.pharmacy.json_lines import JsonLinesWriter

RECORD_VARIABLE = "SAMPLE_RECORD"
"""Names the file to which each message that was handled is appended; unset: none is kept."""


def _service(kind: DocumentKind) -> Celery:
    app = Celery(f"sample-{kind.name}")
    app.conf.update(
        task_queues=[Queue(kind.queue)],
        task_default_queue=kind.queue,
        task_ignore_result=True,
        accept_content=["json"],
        broker_connection_retry_on_startup=True,
    )

    @app.task(bind=True, name=kind.task, shared=False)
    def process(task: Any, local_id: str, shop: str) -> None:
        revision = synchronise(_connection(), kind, local_id=local_id, shop=shop)
        if record := _record():
            handled = {"task_id": task.request.id, "kind": kind.name, "key": [shop, local_id], "revision": revision}
            record.append(handled)

    return app


def synchronise(connection: pyodbc.Connection, kind: DocumentKind, *, local_id: str, shop: str) -> int | None:
    """Set the document SYNCED if it is pending. Gives its revision as it was found, None when it is gone."""
    key = f"shop_pharmacy_code = ? AND {kind.id_column} = ?"
    row = connection.execute(f"SELECT revision FROM dbo.{kind.table} WHERE {key}", shop, local_id).fetchone()
    connection.execute(
        f"UPDATE dbo.{kind.table} SET status = ? WHERE {key} AND status = ?", SYNCED, shop, local_id, PENDING
    )
    return None if row is None else int(row[0])


@cache
def _connection() -> pyodbc.Connection:
    return connect()


@cache
def _record() -> JsonLinesWriter | None:
    path = os.environ.get(RECORD_VARIABLE)
    return JsonLinesWriter(Path(path)) if path else None


sale = _service(SALE)
import_ = _service(IMPORT)
cancellation = _service(CANCELLATION)

APPS = {SALE.name: "sale", IMPORT.name: "import_", CANCELLATION.name: "cancellation"}
"""What each kind's app is called in this module, for `celery -A`."""
