"""The three kinds of document that pharmacies send to their headquarters."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True)
class DocumentKind:
    """A kind of document: its table, and what processes it.

    Every table is keyed by shop and local id, as each pharmacy numbers its own documents.
    """

    name: str
    table: str
    id_column: str
    prefix: str
    """What its local ids begin with."""
    text_column: str
    """Who it is about, or why."""
    task: str
    queue: str


SALE = DocumentKind(
    name="sale",
    table="SalesInvoices",
    id_column="local_invoice_id",
    prefix="HĐ",
    text_column="customer_name",
    task="sale.process_sale",
    queue="sale_queue",
)
IMPORT = DocumentKind(
    name="import",
    table="ImportReceipts",
    id_column="local_import_id",
    prefix="NHẬP",
    text_column="supplier_name",
    task="import.process_import",
    queue="import_queue",
)
CANCELLATION = DocumentKind(
    name="cancellation",
    table="Cancellations",
    id_column="local_cancellation_id",
    prefix="HỦY",
    text_column="reason",
    task="cancellation.process_cancellation",
    queue="cancellation_queue",
)

KINDS = (SALE, IMPORT, CANCELLATION)

DRAFT = "DRAFT"
PENDING = "PENDING_SYNC"
SYNCED = "SYNCED"


def kind_named(name: str) -> DocumentKind:
    """The kind of that name; KeyError when there is none."""
    return {kind.name: kind for kind in KINDS}[name]
