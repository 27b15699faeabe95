"""The three built-in sources: the documents of a pharmacy."""

from __future__ import annotations

from relay.sources.source import Source


class TaskQueues:
    """The queues of the worker services. Relay puts messages there and never consumes them."""

    SALE = "sale_queue"
    IMPORT = "import_queue"
    CANCELLATION = "cancellation_queue"


def _built_in(name: str, table: str, business_id: str, queue: str) -> Source:
    args = (business_id, "shop_pharmacy_code")
    return Source(name=name, table=table, args=args, task=f"{name}.process_{name}", queue=queue)


SALE = _built_in("sale", "SalesInvoices", "local_invoice_id", TaskQueues.SALE)
IMPORT = _built_in("import", "ImportReceipts", "local_import_id", TaskQueues.IMPORT)
CANCELLATION = _built_in("cancellation", "Cancellations", "local_cancellation_id", TaskQueues.CANCELLATION)

BUILT_IN: tuple[Source, ...] = (SALE, IMPORT, CANCELLATION)
"""What is watched unless a file of sources says otherwise, in the order in which it is scanned."""
