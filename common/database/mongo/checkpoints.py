"""Checkpoints: what is remembered of each source. Every write compares the lease's owner."""

from __future__ import annotations

from collections.abc import Collection as Many
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pymongo.collection import Collection
from pymongo.errors import AutoReconnect

from common.database.mongo.causality import Causality, causal
from common.database.mongo.clock import ServerClock
from common.database.mongo.documents import checkpoint_of, open_cycle_document, position_document
from common.database.records import Beginning, Checkpoint, Lease, OpenCycle, Seal

LIVES_REMEMBERED = 3
"""What `stop_source` asks for at most."""


class MongoCheckpoints:
    """The collection `checkpoints`: one document a source."""

    def __init__(self, checkpoints: Collection[dict[str, Any]], causality: Causality, clock: ServerClock) -> None:
        self._checkpoints = checkpoints
        self._causality = causality
        self._clock = clock

    @causal
    def load(self, sources: Many[str]) -> Mapping[str, Checkpoint]:
        """The checkpoints there are, in one round trip. A cycle decides by what taking the lease returned instead."""
        found = self._checkpoints.find({"_id": {"$in": list(sources)}})
        return {document["_id"]: checkpoint_of(document) for document in found}

    def count_on_from(self, lease: Lease, number: int) -> bool:
        """Set the cycle number of a checkpoint that has none yet."""
        return self._set(lease, {"cycle_number": None}, {"cycle_number": number})

    def abandon_life(self, lease: Lease, *, number: int, reason: str) -> bool:
        """Forget life, watermark, last position and open cycle."""
        forgotten = {"version": None, "life": None, "last": None, "open_cycle": None}
        return self._set(lease, {}, {**forgotten, "cycle_number": number, "life_reason": reason})

    def begin_life(self, lease: Lease, beginning: Beginning) -> bool:
        """Begin a life: its sealed generation is the lease's, and the lease's is the next one."""
        begun = beginning.changes(lease.generation)
        changes = {
            **begun,
            "last": position_document(begun["last"]),
            "life_began_at": self._clock.now(),
            "lease.generation": lease.generation + 1,
        }
        return self._set(lease, {"open_cycle": None}, changes)

    def announce_adoption(self, lease: Lease, *, life: str, generation: int) -> bool:
        """That this life of another Mongo is about to go on here, and that the lease's generation is this one."""
        return self._set(lease, {"open_cycle": None}, {"adopts_life": life, "lease.generation": generation})

    def adopt(self, lease: Lease, *, superseded: Many[str]) -> bool:
        """A person takes the source over: nothing stops it any more but these definitions."""
        return self._set(lease, {}, {"stopped_at": None, "lives": [], "superseded": list(superseded)})

    def stop_source(self, lease: Lease, *, lives: int, within: timedelta) -> bool:
        """Stop the source until it is adopted, where so many lives were sealed within this time."""
        now = self._clock.now()
        # Kept in order, so that none is older than the first.
        return self._set(
            lease,
            {f"lives.{lives - 1}": {"$exists": True}, "lives": {"$not": {"$lt": now - within}}},
            {"stopped_at": now},
        )

    def seal(self, lease: Lease, seal: Seal) -> bool:
        """Advance the watermark and open the cycle in one atomic write. A lost reply is read back."""
        expected = {"version": seal.expected_version, "life": seal.expected_life, "open_cycle": None}
        changes = {
            "version": seal.version,
            "sealed_generation": seal.generation,
            "cycle_number": seal.cycle.number,
            "open_cycle": open_cycle_document(seal.cycle),
            "last": position_document(seal.last),
            "begin_version": seal.begin_version,
            "object_id": seal.object_id,
            "side_table": seal.side_table,
            "definition": seal.definition,
            "base": seal.base,
            **self._definition(seal),
            **self._first_of_its_life(seal),
            **self._baseline(seal),
        }
        try:
            return self._set(lease, expected, changes)
        except AutoReconnect:
            return self._is_sealed(lease, seal)

    def _baseline(self, seal: Seal) -> dict[str, Any]:
        """What is remembered of a baseline; changes leave it as it is."""
        if seal.baseline is None:
            return {}
        baseline = {"reason": seal.baseline, "version": seal.version, "at": self._clock.now()}
        return {"last_baseline": baseline, "skipped_to": None}

    def _definition(self, seal: Seal) -> dict[str, Any]:
        """Who brought a new definition, and in whose place."""
        if not seal.brings_definition:
            return {}
        return {"defined_by": seal.host, "defined_at": self._clock.now(), "superseded": list(seal.superseded)}

    def _first_of_its_life(self, seal: Seal) -> dict[str, Any]:
        """When lives sealed their first windows: of so many the last ones."""
        if seal.expected_version is not None:
            return {}
        return {"lives": [*seal.lives, self._clock.now()][-LIVES_REMEMBERED:]}

    def _is_sealed(self, lease: Lease, seal: Seal) -> bool:
        """Never two seals under one generation, and the cycle's id is random: if it is there, it is ours.

        Asked by a write: one that changes nothing but its time.
        """
        return self._set(lease, {"open_cycle.id": seal.cycle.id, "sealed_generation": seal.generation}, {})

    def close(self, lease: Lease, cycle: OpenCycle, summary: Mapping[str, Any]) -> bool:
        """The open cycle is drained; `summary` says what it did."""
        done = {"open_cycle": None, "last_cycle": {"id": cycle.id, "number": cycle.number, **summary}}
        return self._set(lease, {"open_cycle.id": cycle.id}, done)

    @causal
    def _set(self, lease: Lease, expected: Mapping[str, Any], changes: Mapping[str, Any]) -> bool:
        query = {"_id": lease.source, "lease.owner": lease.owner, **expected}
        update: dict[str, Any] = {"$currentDate": {"updated_at": True}}
        if changes:
            # MongoDB before 5.0 takes no empty $set.
            update["$set"] = changes
        return self._checkpoints.update_one(query, update).matched_count == 1
