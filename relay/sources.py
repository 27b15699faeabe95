"""What is watched, and where its pending rows go."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from common.database.records import TrackedTable


class TaskQueues:
    """The queues of the worker services. Relay puts messages there and never consumes them."""

    SALE = "sale_queue"
    IMPORT = "import_queue"
    CANCELLATION = "cancellation_queue"


@dataclass(frozen=True, kw_only=True, slots=True)
class Source(TrackedTable):
    """A tracked table with the task and the queue of its pending rows."""

    task: str
    queue: str
    priority: int = 0
    """Of its messages in the queue, 0 to 9, as Celery's `priority`."""

    @property
    def id(self) -> str:
        """`database.source`: names its checkpoint and its position."""
        return f"{self.database}.{self.name}"

    @property
    def definition(self) -> str:
        """A fingerprint of what decides which rows are taken: when it changes, a baseline is due.

        Task, queue and priority are left out: they say where a row goes, not whether.
        """
        parts = [self.schema, self.table, self.args, self.status_column, self.pending_value, sorted(self.watched)]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]


SALE = Source(
    name="sale",
    table="SalesInvoices",
    args=("local_invoice_id", "shop_pharmacy_code"),
    task="sale.process_sale",
    queue=TaskQueues.SALE,
)
IMPORT = Source(
    name="import",
    table="ImportReceipts",
    args=("local_import_id", "shop_pharmacy_code"),
    task="import.process_import",
    queue=TaskQueues.IMPORT,
)
CANCELLATION = Source(
    name="cancellation",
    table="Cancellations",
    args=("local_cancellation_id", "shop_pharmacy_code"),
    task="cancellation.process_cancellation",
    queue=TaskQueues.CANCELLATION,
)

BUILT_IN: tuple[Source, ...] = (SALE, IMPORT, CANCELLATION)
"""What is watched unless a file of sources says otherwise, in the order in which it is scanned."""
