"""The indexes of `task_logs`. Each is the only one that serves some statement well (tests/contract/test_indexes.py)."""

from __future__ import annotations

from collections.abc import Sequence

from pymongo import ASCENDING, IndexModel

from common.database.records import TaskStatus


def _ascending(*fields: str) -> list[tuple[str, int]]:
    return [(field, ASCENDING) for field in fields]


BY_PLACE = _ascending("source", "window", "seq")
UNEXPIRING = _ascending("source", "status", "window", "seq")
"""The keys of two indexes, and so the orders in which statements ask for what they hold."""
INDEXES: Sequence[IndexModel] = (
    IndexModel(_ascending("window_id", "seq"), name="window_id_seq"),
    IndexModel(BY_PLACE, name="source_window_seq"),
    # Of windows that are open, or were never sealed: as a rule nothing, or one window.
    IndexModel(
        UNEXPIRING,
        name="unexpiring_by_source",
        partialFilterExpression={"expires_at": None},
    ),
    # On other fields than the one before: MongoDB before 5.0 tells partial indexes apart by their fields alone.
    IndexModel(
        _ascending("source"), name="rejected_by_source", partialFilterExpression={"status": TaskStatus.REJECTED.value}
    ),
    IndexModel(_ascending("source", "row"), name="source_row"),
    IndexModel(_ascending("business_id"), name="business_id"),
    IndexModel(_ascending("expires_at"), name="ttl", expireAfterSeconds=0),
)
"""Made together, where missing: one round trip, and one pass over a log that is there already."""
