"""Leases: compare-and-set on the checkpoint's `lease`, with a fencing token that grows with every holder."""

from __future__ import annotations

import secrets
from datetime import timedelta
from typing import Any

from pymongo import ReturnDocument
from pymongo.collection import Collection
from pymongo.errors import DuplicateKeyError

from common.database.mongo.clock import ServerClock
from common.database.records import Lease


class MongoLeases:
    """Who may work on a source now. The owner is a random name: nothing that two processes could share."""

    def __init__(self, checkpoints: Collection[dict[str, Any]], clock: ServerClock, *, seconds: float) -> None:
        self._checkpoints = checkpoints
        self._clock = clock
        self._term = timedelta(seconds=seconds)

    def acquire(self, source: str) -> Lease | None:
        """The lease, under a generation of its own; None while somebody else holds it."""
        now = self._clock.now()
        owner = secrets.token_hex(8)
        free = {"_id": source, "$or": [{"lease.owner": None}, {"lease.expires_at": {"$lte": now}}]}
        take = {
            "$set": {"lease.owner": owner, "lease.expires_at": now + self._term},
            "$inc": {"lease.generation": 1},
            "$setOnInsert": {"began_at": now, "store": secrets.token_hex(8)},
        }
        try:
            document = self._checkpoints.find_one_and_update(
                free, take, upsert=True, projection={"lease": 1}, return_document=ReturnDocument.AFTER
            )
        except DuplicateKeyError:
            # The upsert found the document taken: its _id is there, but it is not free.
            return None
        if document is None:
            raise AssertionError("an upsert that returns the document after it has one")
        return Lease(source=source, owner=owner, generation=document["lease"]["generation"])

    def renew(self, lease: Lease) -> bool:
        """Prolong it by its term from now. False: somebody else holds it."""
        until = {"$set": {"lease.expires_at": self._clock.now() + self._term}}
        return self._checkpoints.update_one(_ours(lease), until).matched_count == 1

    def holds(self, lease: Lease) -> bool:
        """Whether the lease still names this owner."""
        return self._checkpoints.find_one(_ours(lease), {"_id": 1}) is not None

    def release(self, lease: Lease) -> None:
        """Give it back, if it is still ours; the generation stays."""
        self._checkpoints.update_one(_ours(lease), {"$set": {"lease.owner": None}})


def _ours(lease: Lease) -> dict[str, Any]:
    return {"_id": lease.source, "lease.owner": lease.owner}
