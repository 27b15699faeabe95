"""Leases and checkpoints in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from typing_extensions import override

from common.database.ports import Checkpoints, Leases
from common.database.records import (
    EPOCHS_REMEMBERED,
    Checkpoint,
    EpochStart,
    Lease,
    OpenWindow,
    Seal,
)
from tests.support.fakes.mongo_contents import FakeStore, Held


class FakeCheckpoints(FakeStore, Leases, Checkpoints):
    """Both are one document a source."""

    # Leases

    @override
    def acquire(self, source: str) -> Lease | None:
        known = Checkpoint(store=self.contents.store)
        held = self.contents.held.setdefault(source, Held(checkpoint=known))
        now = self._clock()
        if held.owner is not None and now < held.expires_at <= now + self._lease_seconds:
            return None
        was_left = held.owner is not None
        self._owners += 1
        held.owner, held.expires_at = f"owner-{self._owners}", now + self._lease_seconds
        held.generation += 1
        return Lease(
            source=source,
            owner=held.owner,
            generation=held.generation,
            checkpoint=held.checkpoint,
            was_left=was_left,
        )

    @override
    def renew(self, lease: Lease) -> bool:
        held = self._held_by(lease)
        if held is None:
            return False
        held.expires_at = self._clock() + self._lease_seconds
        return True

    @override
    def release(self, lease: Lease) -> None:
        held = self._held_by(lease)
        if held is not None:
            held.owner = None

    def _held_by(self, lease: Lease) -> Held | None:
        held = self.contents.held.get(lease.source)
        return held if held is not None and held.owner == lease.owner else None

    # Checkpoints

    @override
    def load(self, sources: Collection[str]) -> Mapping[str, Checkpoint]:
        return {
            name: replace(held.checkpoint, generation=held.generation, is_leased=held.owner is not None)
            for name, held in self.contents.held.items()
            if name in sources
        }

    @override
    def note_lingering(self, sources: Collection[str], tick: str) -> None:
        for name in self.contents.held.keys() & set(sources):
            held = self.contents.held[name]
            held.checkpoint = replace(held.checkpoint, lingers=tick)

    @override
    def seed_window_number(self, lease: Lease, number: int) -> bool:
        return self._set(lease, lambda known: known.window_number is None, window_number=number)

    @override
    def end_epoch(self, lease: Lease, *, number: int, reason: str) -> bool:
        forgotten = dict.fromkeys(("version", "epoch", "last_offset", "open_window", "baseline"))
        return self._set(lease, lambda _: True, **forgotten, window_number=number, epoch_reason=reason)

    @override
    def begin_epoch(self, lease: Lease, beginning: EpochStart) -> bool:
        begun = {**beginning.changes(lease.generation), "epoch_began_at": self._now()}
        return self._set(lease, _nothing_is_open, **begun) and self._generation(lease, lease.generation + 1)

    @override
    def announce_adoption(self, lease: Lease, *, epoch: str, generation: int) -> bool:
        return self._set(lease, _nothing_is_open, adopts_epoch=epoch) and self._generation(lease, generation)

    def _generation(self, lease: Lease, generation: int) -> bool:
        self.contents.held[lease.source].generation = generation
        return True

    @override
    def adopt(self, lease: Lease, *, superseded: Collection[str]) -> bool:
        return self._set(lease, lambda _: True, stopped_at=None, epoch_starts=(), superseded=tuple(superseded))

    @override
    def stop_source(self, lease: Lease, *, epochs: int, within: timedelta) -> bool:
        now = self._now()
        return self._set(
            lease,
            lambda known: len(known.epoch_starts) >= epochs and all(now - at <= within for at in known.epoch_starts),
            stopped_at=now,
        )

    def _now(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), UTC)

    @override
    def seal(self, lease: Lease, seal: Seal) -> bool:
        return self._set(
            lease,
            lambda known: (
                (known.version, known.epoch, known.open_window) == (seal.expected_version, seal.expected_epoch, None)
            ),
            version=seal.version,
            sealed_generation=seal.generation,
            window_number=seal.window.number,
            open_window=seal.window,
            last_offset=seal.last_offset,
            begin_version=seal.begin_version,
            object_id=seal.object_id,
            side_table=seal.side_table,
            definition=seal.definition,
            base=seal.base,
            baseline=seal.left,
            stalls=seal.stalls,
            **self._definition(seal),
            **self._baseline(seal),
        )

    def _definition(self, seal: Seal) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        if seal.brings_definition:
            changes |= {"defined_by": seal.host, "defined_at": self._now(), "superseded": seal.superseded}
        if seal.expected_version is None:
            changes["epoch_starts"] = (*seal.epoch_starts, self._now())[-EPOCHS_REMEMBERED:]
        return changes

    def _baseline(self, seal: Seal) -> dict[str, Any]:
        if seal.baseline is None:
            return {}
        baseline = {"reason": seal.baseline, "version": seal.version}
        return {"last_baseline": baseline, "skipped_to": None}

    @override
    def note_stalls(self, lease: Lease, version: int | None, stalls: int) -> bool:
        return self._set(lease, lambda known: known.version == version, stalls=stalls)

    @override
    def close(self, lease: Lease, window: OpenWindow, summary: Mapping[str, Any]) -> bool:
        done = {"id": window.id, "number": window.number, **summary}
        return self._set(
            lease,
            lambda known: known.open_window is not None and known.open_window.id == window.id,
            open_window=None,
            last_window=done,
        )

    def _set(self, lease: Lease, expected: Callable[[Checkpoint], bool], **changes: Any) -> bool:
        held = self._held_by(lease)
        if held is None or not expected(held.checkpoint):
            return False
        held.checkpoint = replace(held.checkpoint, **changes)
        return True


def _nothing_is_open(known: Checkpoint) -> bool:
    return known.open_window is None
