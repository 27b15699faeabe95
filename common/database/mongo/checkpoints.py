"""Checkpoints: what is remembered of each source. Every write compares the lease's owner."""

from __future__ import annotations

from collections.abc import Collection as Many
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pymongo.collection import Collection
from pymongo.errors import AutoReconnect
from typing_extensions import override

from common.database.mongo.causality import Causality, causal
from common.database.mongo.clock import ServerClock
from common.database.mongo.documents import baseline_document, checkpoint_of, offset_document, open_window_document
from common.database.ports import Checkpoints
from common.database.records import EPOCHS_REMEMBERED, Checkpoint, EpochStart, Lease, OpenWindow, Seal


class MongoCheckpoints(Checkpoints):
    """The collection `checkpoints`: one document a source."""

    def __init__(self, checkpoints: Collection[dict[str, Any]], causality: Causality, clock: ServerClock) -> None:
        self._checkpoints = checkpoints
        self._causality = causality
        self._clock = clock

    @override
    @causal
    def load(self, sources: Many[str]) -> Mapping[str, Checkpoint]:
        # For the idle check and for people: a cycle decides by what taking the lease returned instead.
        found = self._checkpoints.find({"_id": {"$in": list(sources)}})
        return {document["_id"]: checkpoint_of(document) for document in found}

    @override
    @causal
    def note_lingering(self, sources: Many[str], tick: str) -> None:
        self._checkpoints.update_many({"_id": {"$in": list(sources)}}, {"$set": {"lingers": tick}})

    @override
    def seed_window_number(self, lease: Lease, number: int) -> bool:
        return self._set(lease, {"window_number": None}, {"window_number": number})

    @override
    def end_epoch(self, lease: Lease, *, number: int, reason: str) -> bool:
        forgotten = {"version": None, "epoch": None, "last_offset": None, "open_window": None, "baseline": None}
        return self._set(lease, {}, {**forgotten, "window_number": number, "epoch_reason": reason})

    @override
    def begin_epoch(self, lease: Lease, beginning: EpochStart) -> bool:
        begun = beginning.changes(lease.generation)
        changes = {
            **begun,
            "last_offset": offset_document(begun["last_offset"]),
            "epoch_began_at": self._clock.now(),
            "lease.generation": lease.generation + 1,
        }
        # guard: no-epoch-over-open-window
        return self._set(lease, {"open_window": None}, changes)

    @override
    def announce_adoption(self, lease: Lease, *, epoch: str, generation: int) -> bool:
        return self._set(lease, {"open_window": None}, {"adopts_epoch": epoch, "lease.generation": generation})

    @override
    def adopt(self, lease: Lease, *, superseded: Many[str]) -> bool:
        return self._set(lease, {}, {"stopped_at": None, "epoch_starts": [], "superseded": list(superseded)})

    @override
    def stop_source(self, lease: Lease, *, epochs: int, within: timedelta) -> bool:
        now = self._clock.now()
        # Kept in order, so that none is older than the first.
        return self._set(
            lease,
            {f"epoch_starts.{epochs - 1}": {"$exists": True}, "epoch_starts": {"$not": {"$lt": now - within}}},
            {"stopped_at": now},
        )

    @override
    def seal(self, lease: Lease, seal: Seal) -> bool:
        # guard: seal-compares
        expected = {"version": seal.expected_version, "epoch": seal.expected_epoch, "open_window": None}
        changes = {
            "version": seal.version,
            "sealed_generation": seal.generation,
            "window_number": seal.window.number,
            "open_window": open_window_document(seal.window),
            "last_offset": offset_document(seal.last_offset),
            "begin_version": seal.begin_version,
            "object_id": seal.object_id,
            "side_table": seal.side_table,
            "definition": seal.definition,
            "base": seal.base,
            "baseline": baseline_document(seal.left),
            "stalls": seal.stalls,
            **self._definition(seal),
            **self._first_of_its_epoch(seal),
            **self._baseline(seal),
        }
        try:
            return self._set(lease, expected, changes)
        except AutoReconnect:
            # guard: seal-reply-lost
            return self._is_sealed(lease, seal)

    def _baseline(self, seal: Seal) -> dict[str, Any]:
        """What is remembered of a baseline; changes leave it as it is."""
        if seal.baseline is None:
            return {}
        baseline = {"reason": seal.baseline, "version": seal.version, "at": self._clock.now()}
        return {"last_baseline": baseline, "skipped_to": None}

    def _definition(self, seal: Seal) -> dict[str, Any]:
        """Who brought a new definition, and which ones are replaced."""
        if not seal.brings_definition:
            return {}
        return {"defined_by": seal.host, "defined_at": self._clock.now(), "superseded": list(seal.superseded)}

    def _first_of_its_epoch(self, seal: Seal) -> dict[str, Any]:
        """Start times of the last few epochs: when each sealed its first window."""
        if seal.expected_version is not None:
            return {}
        return {"epoch_starts": [*seal.epoch_starts, self._clock.now()][-EPOCHS_REMEMBERED:]}

    def _is_sealed(self, lease: Lease, seal: Seal) -> bool:
        """Whether our seal arrived. A generation seals once and the window's id is random: if it is there, it is ours.

        Asked by a write that changes only `updated_at`.
        """
        return self._set(lease, {"open_window.id": seal.window.id, "sealed_generation": seal.generation}, {})

    @override
    def note_stalls(self, lease: Lease, version: int | None, stalls: int) -> bool:
        return self._set(lease, {"version": version}, {"stalls": stalls})

    @override
    def close(self, lease: Lease, window: OpenWindow, summary: Mapping[str, Any]) -> bool:
        done = {"open_window": None, "last_window": {"id": window.id, "number": window.number, **summary}}
        # guard: close-compares
        return self._set(lease, {"open_window.id": window.id}, done)

    @causal
    def _set(self, lease: Lease, expected: Mapping[str, Any], changes: Mapping[str, Any]) -> bool:
        # guard: checkpoint-owner
        query = {"_id": lease.source, "lease.owner": lease.owner, **expected}
        update: dict[str, Any] = {"$currentDate": {"updated_at": True}}
        if changes:
            # MongoDB before 5.0 takes no empty $set.
            update["$set"] = changes
        return self._checkpoints.update_one(query, update).matched_count == 1
