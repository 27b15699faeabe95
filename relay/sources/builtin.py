"""The three built-in sources: the documents of a pharmacy."""

from __future__ import annotations

from relay.sources.source import Source


class TaskQueues:
    """The queues of the worker services. Relay puts messages there and never consumes them."""

    SALE = "sale_queue"
    IMPORT = "import_queue"
    CANCELLATION = "cancellation_queue"


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
