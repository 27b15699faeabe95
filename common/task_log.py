"""What a worker service uses to report how far it is with a task. Needs only MongoDB.

log = TaskLog(MongoStore(settings))
log.processing(task_id); ...; log.success(task_id)
"""

from __future__ import annotations

from common.database.mongo.causality import Causality, causal
from common.database.mongo_client import MongoStore
from common.database.records import TaskStatus


class TaskLog:
    """The task log, as a worker service sees it. Each report says whether the log knows the task."""

    def __init__(self, store: MongoStore) -> None:
        self._store = store

    @property
    def _causality(self) -> Causality:
        return self._store.causality

    def processing(self, task_id: str) -> bool:
        """The task is being worked on."""
        return self._set(task_id, TaskStatus.PROCESSING)

    def success(self, task_id: str) -> bool:
        """The task is done."""
        return self._set(task_id, TaskStatus.SUCCESS)

    def failed(self, task_id: str, error: str) -> bool:
        """The task failed; `error` says why."""
        return self._set(task_id, TaskStatus.FAILED, error)

    @causal
    def done_before(self, task_id: str) -> bool:
        """Whether the change that this task is for was done already, under another id: as long as the log is kept.

        The same change has another id in another epoch (docs/guarantees.md). Ask after `processing`: what a majority
        knew when that was written is seen. False for a task that the log does not know, for one that was sent again by
        hand, which is meant to be done again, and where change tracking did not know the change's version any more.
        """
        task = self._store.task_logs.find_one({"_id": task_id}, {"source": 1, "change": 1, "attempt": 1})
        if task is None or task["attempt"] > 1 or task["change"]["version"] is None:
            return False
        same_change = {"source": task["source"], "change": task["change"], "_id": {"$ne": task_id}}
        return (
            self._store.task_logs.find_one({**same_change, "status": TaskStatus.SUCCESS.value}, {"_id": 1}) is not None
        )

    @causal
    def _set(self, task_id: str, status: TaskStatus, error: str | None = None) -> bool:
        change = {"$set": {"status": status.value, "error": error}, "$currentDate": {"updated_at": True}}
        return self._store.task_logs.update_one({"_id": task_id}, change).matched_count == 1
