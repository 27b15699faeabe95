"""The task log in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from itertools import takewhile

from typing_extensions import override

from common.batches import batches
from common.database.ports import History, Journal
from common.database.records import (
    Checkpoint,
    Dispatch,
    Key,
    LastDispatch,
    Offset,
    OpenWindow,
    Outgoing,
    Pushed,
    Takeover,
    TaskStatus,
    TrackedTable,
    WindowEnd,
    WindowHeader,
    characters,
)
from tests.support.fakes.mongo_contents import FakeStore

NEVER_PUBLISHED = (TaskStatus.PREPARED, TaskStatus.REJECTED)


class FakeJournal(FakeStore, Journal, History):
    """One entry a dispatch, by its id."""

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
    def take_over(self, dispatches: Sequence[Dispatch], *, open_window: str | None) -> Mapping[str, Takeover]:
        return {dispatch.id: self._take_over(dispatch, open_window) for dispatch in dispatches}

    def _take_over(self, dispatch: Dispatch, open_window: str | None) -> Takeover:
        old = self.contents.logs.get(dispatch.id)
        if old is None:
            return Takeover.GONE
        if old.status not in NEVER_PUBLISHED or old.window.id == open_window:
            return Takeover.DISPATCHED_BEFORE
        if old.window.generation > dispatch.window.generation:
            return Takeover.LATER_GENERATION
        self.contents.logs[dispatch.id] = dispatch
        self.contents.expiring.discard(dispatch.id)
        return Takeover.REPLACED

    @override
    def discard(
        self, source: TrackedTable, *, generation: int, open_window: str | None, progress: Callable[[int], None]
    ) -> int:
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
        progress(len(left))
        return len(dead)

    @override
    def count(self, window_id: str, progress: Callable[[int], None]) -> int:
        counted = sum(dispatch.window.id == window_id for dispatch in self.contents.logs.values())
        progress(counted)
        return counted

    @override
    def header(self, window_id: str) -> WindowHeader | None:
        return next((d.window for d in self.contents.logs.values() if d.window.id == window_id), None)

    @override
    def batch(self, window: WindowHeader, limit: int, *, after: int = -1) -> Sequence[Outgoing]:
        mine = [d for d in self.contents.logs.values() if d.window.id == window.id]
        prepared = [d for d in mine if d.status is TaskStatus.PREPARED]
        beyond = [d for d in _in_order(prepared) if d.offset.seq > after]
        return next(batches(beyond, most=limit, weigh=characters), [])

    @override
    def before(self, dispatch: Outgoing) -> Offset | None:
        earlier = [
            other.offset
            for other in self.contents.logs.values()
            if other.window.id == dispatch.window.id and other.seq is not None and other.seq < dispatch.offset.seq
        ]
        return max(earlier, key=lambda offset: offset.place, default=None)

    @override
    def pushed_beyond(
        self, source: TrackedTable, checkpoint: Checkpoint, offset: Offset, limit: int
    ) -> Sequence[Pushed]:
        pushed = self._up_to_prepared(source, checkpoint, offset)
        return next(batches(pushed, most=limit, weigh=characters), [])

    @override
    def ends_beyond(
        self, source: TrackedTable, checkpoint: Checkpoint, offset: Offset, limit: int
    ) -> Sequence[WindowEnd]:
        last = {d.window.number: d for d in self._up_to_prepared(source, checkpoint, offset)}
        ends = [WindowEnd(number=n, seq=d.offset.seq, follows=d.window.follows) for n, d in last.items()]
        return ends[:limit]

    @override
    def overtaken(self, dispatches: Sequence[Pushed], last: tuple[int, int]) -> set[str]:
        window = dispatches[0].window
        sealed = [
            d
            for d in self.contents.logs.values()
            if (d.window.source, d.window.epoch) == (window.source, window.epoch)
            and d.seq is not None
            and d.status is not TaskStatus.PREPARED
            and d.offset.place <= last
        ]
        newest = {d.key: d.window.number for d in _in_order(sealed)}
        return {each.id for each in dispatches if newest.get(each.key, 0) > each.window.number}

    def _up_to_prepared(self, source: TrackedTable, checkpoint: Checkpoint, offset: Offset) -> list[Dispatch]:
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
            and checkpoint.epoch_follows < d.window.number <= (checkpoint.window_number or 0)
            and is_sealed(d)
            and (offset.epoch != checkpoint.epoch or d.offset.place > offset.place)
        ]
        return list(takewhile(lambda dispatch: dispatch.status is not TaskStatus.PREPARED, _in_order(beyond)))

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
    def let_expire(self, window: OpenWindow, progress: Callable[[int], None]) -> None:
        mine = [d.id for d in self.contents.logs.values() if d.window.id == window.id]
        self.contents.expiring.update(mine)
        progress(len(mine))

    # History

    @override
    def latest(self, source: TrackedTable, rows: Mapping[Key, str | None]) -> Mapping[Key, LastDispatch]:
        found = [d for d in self.contents.logs.values() if d.window.source == source.id and d.key in rows]
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
    def counts(self, source: TrackedTable, statuses: Collection[TaskStatus]) -> Mapping[TaskStatus, int]:
        mine = [d.status for d in self.contents.logs.values() if d.window.source == source.id]
        return {status: mine.count(status) for status in statuses}

    @override
    def oldest_version(self, source: TrackedTable) -> int | None:
        versions = [(d.window.number, d.seq or 0, d.change_version) for d in self.contents.logs.values()]
        known = sorted(version for version in versions if version[2] is not None)
        return known[0][2] if known else None


def _in_order(dispatches: list[Dispatch]) -> list[Dispatch]:
    return sorted(dispatches, key=lambda dispatch: dispatch.offset.place)
