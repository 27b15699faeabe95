"""Leases: compare-and-set on the checkpoint's `lease`, with a fencing token that grows with every holder.

Time is the server's own, `$$NOW`, written and compared in one statement: no clock of ours takes part. Whether a lease
still holds is asked by a write, which a primary that was deposed cannot confirm.
"""

from __future__ import annotations

import secrets
from typing import Any

from pymongo import ReturnDocument
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError
from typing_extensions import override

from common.database.mongo.causality import Causality, causal
from common.database.mongo.documents import checkpoint_of
from common.database.ports import Leases
from common.database.records import Lease

_NOBODYS = {"$eq": [{"$ifNull": ["$lease.owner", None]}, None]}
# guard: expired-lease
_EXPIRED = {"$lte": ["$lease.expires_at", "$$NOW"]}
# guard: lease-term
_BEYOND_ITS_TERM = {"$gt": ["$lease.expires_at", {"$add": ["$$NOW", "$lease.term_ms"]}]}
"""The server's clock was set back, or another member's is behind: nobody waits for longer than a term. A holder that is
alive notices at its next check, as one that was paused does."""


class MongoLeases(Leases):
    """Who may work on a source now. The owner is a random name: nothing that two processes could share."""

    def __init__(self, checkpoints: Collection[dict[str, Any]], causality: Causality, *, seconds: float) -> None:
        self._checkpoints = checkpoints
        self._causality = causality
        self._term_ms = round(seconds * 1000)
        self._expires_at = {"$add": ["$$NOW", self._term_ms]}

    @override
    @causal
    def acquire(self, source: str) -> Lease | None:
        # MongoDB refuses `$expr` in the filter of an upsert, so the pipeline decides whether the lease is free, and the
        # owner that comes back says how it decided.
        owner = secrets.token_hex(8)
        try:
            document = self._checkpoints.find_one_and_update(
                {"_id": source}, self._taken_by(owner), upsert=True, return_document=ReturnDocument.AFTER
            )
        except DuplicateKeyError:
            # Somebody else has made the document in this moment, and taken the lease with it.
            return None
        if document is None:
            raise AssertionError("an upsert that returns the document after it has one")
        lease = document["lease"]
        if lease["owner"] != owner:
            return None
        checkpoint, was_left = checkpoint_of(document), lease["was_left"]
        # guard: checkpoint-with-lease
        return Lease(
            source=source, owner=owner, generation=lease["generation"], checkpoint=checkpoint, was_left=was_left
        )

    def _taken_by(self, owner: str) -> list[dict[str, Any]]:
        """The pipeline that takes the lease where it is free, and leaves the document as it is where it is not."""
        taken = {
            "owner": owner,
            "generation": {"$add": [{"$ifNull": ["$lease.generation", 0]}, 1]},  # guard: lease-generation
            "expires_at": self._expires_at,  # guard: lease-by-server-time
            "term_ms": self._term_ms,
            "was_left": {"$not": [_NOBODYS]},
        }
        lease = {"$cond": [{"$or": [_NOBODYS, _EXPIRED, _BEYOND_ITS_TERM]}, taken, "$lease"]}
        began = {
            "began_at": {"$ifNull": ["$began_at", "$$NOW"]},
            "store": {"$ifNull": ["$store", secrets.token_hex(8)]},
        }
        return [{"$set": {"lease": lease, **began}}]

    @override
    @causal
    def renew(self, lease: Lease) -> bool:
        until = [{"$set": {"lease.expires_at": self._expires_at}}]
        # guard: lease-asked-by-write
        return self._checkpoints.update_one(_ours(lease), until).matched_count == 1

    @override
    @causal
    def release(self, lease: Lease) -> None:
        self._checkpoints.update_one(_ours(lease), {"$set": {"lease.owner": None}})


def _ours(lease: Lease) -> dict[str, Any]:
    # guard: lease-owner
    return {"_id": lease.source, "lease.owner": lease.owner}
