"""The task log, seen as the journal: a window is written here before anything of it is published.

Reads here decide much: whether a window is whole, what of it is still to be sent, what was sent. Only the lease's
holder writes the journal (worker services change a status). Every read sees all that was written before the lease was
taken, and by its holder since: see Causality. So a count that does not fit, or an empty batch, can be believed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from pymongo import DESCENDING, ReplaceOne
from pymongo.errors import BulkWriteError
from typing_extensions import override

from common.batches import batches
from common.database.mongo import pieces, pushed
from common.database.mongo.causality import Causality, causal
from common.database.mongo.clock import ServerClock
from common.database.mongo.documents import dispatch_document, window_of
from common.database.mongo.indexes import UNEXPIRING
from common.database.ports import Journal
from common.database.records import (
    Checkpoint,
    Dispatch,
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

DUPLICATE_KEY = 11000
NEVER_PUBLISHED = [TaskStatus.PREPARED.value, TaskStatus.REJECTED.value]


class MongoJournal(Journal):
    """The collection `task_logs`: one document a dispatch, its Celery task id as `_id`."""

    def __init__(
        self,
        task_logs: pieces.Logs,
        causality: Causality,
        clock: ServerClock,
        *,
        retention: timedelta,
    ) -> None:
        self._logs = task_logs
        self._causality = causality
        self._clock = clock
        self._retention = retention

    @override
    @causal
    def prepare(self, dispatches: Sequence[Dispatch]) -> Sequence[str]:
        """See the port. Raises BulkWriteError for any problem except ids that were there before."""
        now = self._clock.now()
        try:
            self._logs.insert_many([self._document(dispatch, now) for dispatch in dispatches], ordered=False)
        except BulkWriteError as error:
            problems = error.details["writeErrors"]
            unwritten = any(problem["code"] != DUPLICATE_KEY for problem in problems)
            # guard: majority-reached
            # Written, but not to a majority: a failover could take it back.
            if unwritten or error.details.get("writeConcernErrors"):
                raise
            return [dispatches[problem["index"]].id for problem in problems]
        return []

    @staticmethod
    def _document(dispatch: Dispatch, now: datetime) -> dict[str, Any]:
        document = dispatch_document(dispatch)
        document["created_at"] = now
        return document

    @override
    @causal
    def take_over(self, dispatches: Sequence[Dispatch], *, open_window: str | None) -> Mapping[str, Takeover]:
        # A read says only what was published, which is for good. Of the others each is looked at and replaced in one
        # step, and what stands there afterwards says what became of it.
        standing = self._standing(dispatches)
        unpublished = [each for each in dispatches if _is_unpublished(standing.get(each.id), open_window)]
        if unpublished:
            now = self._clock.now()
            replacements = [
                ReplaceOne(_ours_to_replace(each, open_window), self._document(each, now)) for each in unpublished
            ]
            self._logs.bulk_write(replacements, ordered=False)
            standing = {**standing, **self._standing(unpublished)}
        return {each.id: _what_became_of(each, standing.get(each.id), open_window) for each in dispatches}

    def _standing(self, dispatches: Sequence[Dispatch]) -> dict[str, Mapping[str, Any]]:
        """What the log has under their ids."""
        named = {"_id": {"$in": [dispatch.id for dispatch in dispatches]}}
        fields = {"status": 1, "generation": 1, "window_id": 1}
        # By default MongoDB sends 101 of them, and the others in a second round trip.
        with self._logs.find(named, fields, batch_size=len(dispatches) + 1) as found:
            return {each["_id"]: each for each in found}

    @override
    @causal
    def discard(
        self, source: TrackedTable, *, generation: int, open_window: str | None, progress: Callable[[int], None]
    ) -> int:
        # Usually there is nothing, and one look says so. What expires here was published, of a window whose epoch
        # ended or whose checkpoint was lost.
        left = {
            "source": source.id,
            "expires_at": None,  # guard: discard-unclosed
            "generation": {"$lte": generation},  # guard: discard-earlier
            "window_id": {"$ne": open_window},  # guard: discard-unsealed
        }
        deleted = 0
        for piece in pieces.by_ids(self._logs, left):
            # guard: discard-unpublished
            deleted += self._logs.delete_many({**piece, "status": {"$in": NEVER_PUBLISHED}}).deleted_count
            # guard: abandoned-expires
            self._logs.update_many(piece, self._expiry())
            progress(len(piece["_id"]["$in"]))
        return deleted

    def _expiry(self) -> dict[str, Any]:
        return {"$set": {"expires_at": self._clock.now() + self._retention}}

    @override
    @causal
    def count(self, window_id: str, progress: Callable[[int], None]) -> int:
        return pieces.count_window(self._logs, window_id, progress)

    @override
    @causal
    def header(self, window_id: str) -> WindowHeader | None:
        found = self._logs.find_one({"window_id": window_id})
        return window_of(found) if found else None

    @override
    @causal
    def batch(self, window: WindowHeader, limit: int, *, after: int = -1) -> Sequence[Outgoing]:
        """See the port.

        The index of what does not expire has them by status: after a crash that left millions of PENDING ones before
        them, any other would be walked past those. Only the fields that differ from one to the next are asked for:
        whole documents take several times as long to read.
        """
        query = pushed.prepared_beyond(window.source, window.number, window.id, after)
        # By default MongoDB sends 101 of them, and the others in a second round trip.
        with self._logs.find(query, {"args": 1, "seq": 1}, sort=UNEXPIRING, limit=limit, batch_size=limit) as found:
            all_of_them = (
                Outgoing(id=each["_id"], window=window, args=each["args"], seq=each["seq"]) for each in found
            )
            return next(batches(all_of_them, most=limit, weigh=characters), [])

    @override
    @causal
    def before(self, dispatch: Outgoing) -> Offset | None:
        query = {"window_id": dispatch.window.id, "seq": {"$lt": dispatch.seq}}
        found = self._logs.find_one(query, {"seq": 1}, sort=[("window_id", DESCENDING), ("seq", DESCENDING)])
        return replace(dispatch.offset, seq=found["seq"]) if found else None

    @override
    @causal
    def pushed_beyond(
        self, source: TrackedTable, checkpoint: Checkpoint, offset: Offset, limit: int
    ) -> Sequence[Pushed]:
        return pushed.pushed_beyond(self._logs, source, checkpoint, offset, limit)

    @override
    @causal
    def ends_beyond(
        self, source: TrackedTable, checkpoint: Checkpoint, offset: Offset, limit: int
    ) -> Sequence[WindowEnd]:
        return pushed.ends_beyond(self._logs, source, checkpoint, offset, limit)

    @override
    @causal
    def overtaken(self, dispatches: Sequence[Pushed], last: tuple[int, int]) -> set[str]:
        return pushed.overtaken(self._logs, dispatches, last)

    @override
    @causal
    def mark_pending(self, batch: Sequence[Outgoing], *, expires: bool = False) -> None:
        # Named by their places: walking a range of an index is cheaper than looking up that many ids. If a worker was
        # quicker than us, its status stays and gets our times.
        now = self._clock.now()
        # guard: open-window-is-kept
        times = {"dispatched_at": now, **({"expires_at": now + self._retention} if expires else {})}
        # guard: own-dispatches
        places = {"window_id": batch[0].window.id, "seq": {"$gte": batch[0].seq, "$lte": batch[-1].seq}}
        # guard: quick-workers-status
        prepared = {**places, "status": TaskStatus.PREPARED.value}
        marked = self._logs.update_many(prepared, {"$set": {"status": TaskStatus.PENDING.value, **times}})
        if marked.matched_count < len(batch):
            self._logs.update_many({**places, "dispatched_at": None}, {"$set": times})

    @override
    @causal
    def let_expire(self, window: OpenWindow, progress: Callable[[int], None]) -> None:
        for places in self._expiring(window):
            progress(self._logs.update_many(places, self._expiry()).matched_count)

    def _expiring(self, window: OpenWindow) -> Iterator[dict[str, Any]]:
        if window.count <= pieces.FIRST:
            yield {"window_id": window.id}
            return
        yield from pieces.by_places(self._logs, window.id)
        # Rejected ones have no place.
        yield from pieces.by_ids(self._logs, {"window_id": window.id, "seq": None, "expires_at": None})


def _is_unpublished(found: Mapping[str, Any] | None, open_window: str | None) -> bool:
    return found is not None and found["status"] in NEVER_PUBLISHED and found["window_id"] != open_window


def _ours_to_replace(dispatch: Dispatch, open_window: str | None) -> Mapping[str, Any]:
    return {
        "_id": dispatch.id,
        "status": {"$in": NEVER_PUBLISHED},  # guard: takeover-of-unpublished
        "generation": {"$lte": dispatch.window.generation},  # guard: takeover-of-earlier
        "window_id": {"$ne": open_window},
    }


def _what_became_of(dispatch: Dispatch, found: Mapping[str, Any] | None, open_window: str | None) -> Takeover:
    """`found`: what stands in its place."""
    window = dispatch.window
    # guard: takeover-of-what-is-gone
    if found is None:
        return Takeover.GONE
    if (found["window_id"], found["generation"]) == (window.id, window.generation):
        return Takeover.REPLACED
    return Takeover.LATER_GENERATION if _is_unpublished(found, open_window) else Takeover.DISPATCHED_BEFORE
