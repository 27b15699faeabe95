"""The task log, asked what became of rows."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from pymongo import ASCENDING
from typing_extensions import override

from common.database.mongo import pieces
from common.database.mongo.causality import Causality, causal
from common.database.mongo.clock import ServerClock
from common.database.mongo.indexes import BY_PLACE
from common.database.ports import History
from common.database.records import Key, LastDispatch, TaskStatus, TrackedTable


class MongoHistory(History):
    """The collection `task_logs`, read only."""

    def __init__(self, task_logs: pieces.Logs, causality: Causality, clock: ServerClock) -> None:
        self._logs = task_logs
        self._causality = causality
        self._clock = clock

    @override
    @causal
    def latest(self, source: TrackedTable, rows: Mapping[Key, str | None]) -> Mapping[Key, LastDispatch]:
        # The index knows business ids. Where they are many rows' own, most of what it gives is not asked for.
        query = {"source": source.id, "business_id": {"$in": list(set(rows.values()))}}
        fields = ["key", "status", "attempt", "created_at", "dispatched_at"]
        now = self._clock.now()
        found = self._logs.find(query, fields).sort([("window", ASCENDING), ("created_at", ASCENDING)])
        by_key = ((tuple(document["key"]), document) for document in found)
        # guard: rows-asked-for
        return {key: _last_dispatch(document, now) for key, document in by_key if key in rows}

    @override
    @causal
    def counts(self, source: TrackedTable, statuses: Collection[TaskStatus]) -> Mapping[TaskStatus, int]:
        return {status: pieces.count(self._logs, _standing(source, status), lambda _: None) for status in statuses}

    @override
    @causal
    def oldest_version(self, source: TrackedTable) -> int | None:
        # Looked through here: MongoDB would skip a whole baseline of rows without a version within one call.
        with self._logs.find({"source": source.id}, {"change_version": 1}, sort=BY_PLACE) as found:
            versions = (each["change_version"] for each in found)
            return next((version for version in versions if version is not None), None)


def _standing(source: TrackedTable, status: TaskStatus) -> dict[str, Any]:
    """PREPARED documents never expire; saying so lets MongoDB use the partial index of what has no `expires_at`."""
    without_expiry = {"expires_at": None} if status is TaskStatus.PREPARED else {}
    return {"source": source.id, "status": status.value, **without_expiry}


def _last_dispatch(document: Mapping[str, Any], now: datetime) -> LastDispatch:
    since = document["dispatched_at"] or document["created_at"]
    return LastDispatch(
        id=document["_id"],
        key=tuple(document["key"]),
        status=TaskStatus(document["status"]),
        attempt=document["attempt"],
        age_seconds=(now - since).total_seconds(),
    )
