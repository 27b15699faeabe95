"""MongoDB's two collections, as far as the cycle can see them."""

from __future__ import annotations

import copy
import secrets
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from itertools import takewhile
from typing import Any

from typing_extensions import override

from common.database.ports import Checkpoints, History, Journal, Leases
from common.database.records import (
    Checkpoint,
    Dispatch,
    EpochStart,
    LastDispatch,
    Lease,
    Offset,
    OpenWindow,
    Outgoing,
    Seal,
    Takeover,
    TaskStatus,
    WindowHeader,
)
from relay.sources.source import Source

NEVER_PUBLISHED = (TaskStatus.PREPARED, TaskStatus.REJECTED)


@dataclass
class Held:
    """A checkpoint's document: what is remembered, and the lease."""

    checkpoint: Checkpoint = field(default_factory=Checkpoint)
    owner: str | None = None
    generation: int = 0
    expires_at: float = 0.0


@dataclass
class Contents:
    """Everything that Mongo holds."""

    held: dict[str, Held] = field(default_factory=dict)
    store: str = field(default_factory=lambda: secrets.token_hex(4))
    logs: dict[str, Dispatch] = field(default_factory=dict)
    times: dict[str, float] = field(default_factory=dict)
    """When each was prepared, then when it went into the queue."""
    expiring: set[str] = field(default_factory=set)
    """Those that may expire."""


class FakeMongo(Leases, Checkpoints, Journal, History):
    """Leases, checkpoints and journal in one: they share their contents, which can be lost or set back."""

    def __init__(self, *, lease_seconds: float = 15.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.contents = Contents()
        self._lease_seconds = lease_seconds
        self._clock = clock
        self._owners = 0

    def forget(self) -> None:
        self.contents = Contents()

    def backup(self) -> Contents:
        return copy.deepcopy(self.contents)

    def restore(self, backup: Contents) -> None:
        """Go back in time; nobody holds a lease then."""
        self.contents = copy.deepcopy(backup)
        for held in self.contents.held.values():
            held.owner = None

    def report(self, task_id: str, status: TaskStatus) -> bool:
        """What a worker service writes."""
        dispatch = self.contents.logs.get(task_id)
        if dispatch is None:
            return False
        self.contents.logs[task_id] = replace(dispatch, status=status)
        return True

    # Leases

    @override
    def acquire(self, source: str) -> Lease | None:
        known = Checkpoint(store=self.contents.store)
        held = self.contents.held.setdefault(source, Held(checkpoint=known))
        now = self._clock()
        if held.owner is not None and now < held.expires_at <= now + self._lease_seconds:
            return None
        self._owners += 1
        held.owner, held.expires_at = f"owner-{self._owners}", now + self._lease_seconds
        held.generation += 1
        return Lease(source=source, owner=held.owner, generation=held.generation, checkpoint=held.checkpoint)

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
        return {name: held.checkpoint for name, held in self.contents.held.items() if name in sources}

    @override
    def seed_window_number(self, lease: Lease, number: int) -> bool:
        return self._set(lease, lambda known: known.window_number is None, window_number=number)

    @override
    def end_epoch(self, lease: Lease, *, number: int, reason: str) -> bool:
        forgotten: dict[str, Any] = {"version": None, "epoch": None, "last_offset": None, "open_window": None}
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
            **self._definition(seal),
            **self._baseline(seal),
        )

    def _definition(self, seal: Seal) -> dict[str, Any]:
        changes: dict[str, Any] = {}
        if seal.brings_definition:
            changes |= {"defined_by": seal.host, "defined_at": self._now(), "superseded": seal.superseded}
        if seal.expected_version is None:
            changes["epoch_starts"] = (*seal.epoch_starts, self._now())[-3:]
        return changes

    def _baseline(self, seal: Seal) -> dict[str, Any]:
        if seal.baseline is None:
            return {}
        baseline = {"reason": seal.baseline, "version": seal.version}
        return {"last_baseline": baseline, "skipped_to": None}

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

    # Journal

    @override
    def prepare(self, dispatches: Sequence[Dispatch]) -> Sequence[str]:
        logs = self.contents.logs
        there_before = [dispatch.id for dispatch in dispatches if dispatch.id in logs]
        for dispatch in dispatches:
            logs.setdefault(dispatch.id, dispatch)
            self.contents.times.setdefault(dispatch.id, self._clock())
        return there_before

    @override
    def take_over(self, dispatch: Dispatch, *, open_window: str | None) -> Takeover:
        old = self.contents.logs.get(dispatch.id)
        if old is None or old.status not in NEVER_PUBLISHED or old.window.id == open_window:
            return Takeover.DISPATCHED_BEFORE
        if old.window.generation > dispatch.window.generation:
            return Takeover.LATER_GENERATION
        self.contents.logs[dispatch.id] = dispatch
        self.contents.expiring.discard(dispatch.id)
        return Takeover.REPLACED

    @override
    def discard(self, source: Source, *, generation: int, open_window: str | None) -> int:
        logs = self.contents.logs
        left = [
            dispatch
            for dispatch in logs.values()
            if dispatch.window.source == source.id
            and dispatch.id not in self.contents.expiring
            and dispatch.window.generation <= generation
            and dispatch.window.id != open_window
        ]
        dead = [dispatch.id for dispatch in left if dispatch.status in NEVER_PUBLISHED]
        for task_id in dead:
            del logs[task_id]
        self.contents.expiring.update(dispatch.id for dispatch in left if dispatch.id in logs)
        return len(dead)

    @override
    def count(self, window_id: str) -> int:
        return sum(dispatch.window.id == window_id for dispatch in self.contents.logs.values())

    @override
    def header(self, window_id: str) -> WindowHeader | None:
        return next((d.window for d in self.contents.logs.values() if d.window.id == window_id), None)

    @override
    def batch(self, window: WindowHeader, limit: int, *, after: int = -1) -> Sequence[Outgoing]:
        mine = [d for d in self.contents.logs.values() if d.window.id == window.id]
        prepared = [d for d in mine if d.status is TaskStatus.PREPARED]
        return [d for d in _in_order(prepared) if d.offset.seq > after][:limit]

    @override
    def before(self, dispatch: Outgoing) -> Offset | None:
        earlier = [
            other.offset
            for other in self.contents.logs.values()
            if other.window.id == dispatch.window.id and other.seq is not None and other.seq < dispatch.offset.seq
        ]
        return max(earlier, key=lambda offset: offset.place, default=None)

    @override
    def pushed_beyond(self, source: Source, checkpoint: Checkpoint, offset: Offset, limit: int) -> Sequence[Dispatch]:
        def is_sealed(dispatch: Dispatch) -> bool:
            window = checkpoint.open_window
            is_open = window is not None and dispatch.window.id == window.id
            return dispatch.status is not TaskStatus.PREPARED or is_open

        beyond = [
            d
            for d in self.contents.logs.values()
            if d.window.source == source.id
            and d.window.epoch == checkpoint.epoch
            and d.seq is not None
            and d.window.number <= (checkpoint.window_number or 0)
            and is_sealed(d)
            and (offset.epoch != checkpoint.epoch or d.offset.place > offset.place)
        ]
        found = _in_order(beyond)[:limit]
        return list(takewhile(lambda dispatch: dispatch.status is not TaskStatus.PREPARED, found))

    @override
    def mark_pending(self, batch: Sequence[Outgoing], *, expires: bool = False) -> None:
        for dispatch in batch:
            known = self.contents.logs.get(dispatch.id)
            if known is not None and known.status is TaskStatus.PREPARED and known.window.id == dispatch.window.id:
                self.contents.logs[dispatch.id] = replace(known, status=TaskStatus.PENDING)
                self.contents.times[dispatch.id] = self._clock()
            if expires and known is not None and known.window.id == dispatch.window.id:
                self.contents.expiring.add(dispatch.id)

    @override
    def let_expire(self, window: OpenWindow, progress: Callable[[], None]) -> None:
        self.contents.expiring.update(d.id for d in self.contents.logs.values() if d.window.id == window.id)
        progress()

    # History

    @override
    def latest(self, source: Source, business_ids: Collection[str | None]) -> Mapping[Any, LastDispatch]:
        found = [
            d for d in self.contents.logs.values() if d.window.source == source.id and d.business_id in business_ids
        ]
        found.sort(key=lambda dispatch: dispatch.window.number)
        return {dispatch.key: self._logged(dispatch) for dispatch in found}

    def _logged(self, dispatch: Dispatch) -> LastDispatch:
        return LastDispatch(
            id=dispatch.id,
            key=dispatch.key,
            status=dispatch.status,
            attempt=dispatch.attempt,
            age_seconds=self._clock() - self.contents.times[dispatch.id],
        )

    @override
    def counts(self, source: Source, statuses: Collection[TaskStatus]) -> Mapping[TaskStatus, int]:
        mine = [d.status for d in self.contents.logs.values() if d.window.source == source.id]
        return {status: mine.count(status) for status in statuses}

    @override
    def oldest_version(self, source: Source) -> int | None:
        versions = [(d.window.number, d.seq or 0, d.change_version) for d in self.contents.logs.values()]
        known = sorted(version for version in versions if version[2] is not None)
        return known[0][2] if known else None


def _nothing_is_open(known: Checkpoint) -> bool:
    return known.open_window is None


def _in_order(dispatches: list[Dispatch]) -> list[Dispatch]:
    return sorted(dispatches, key=lambda dispatch: dispatch.offset.place)
