"""What a worker service uses to report how far it is with a task. Needs only MongoDB.

log = TaskLog(MongoStore(settings))
log.processing(task_id); ...; log.success(task_id)
"""

from __future__ import annotations

from common.database.mongo_client import MongoStore
from common.database.records import TaskStatus


class TaskLog:
    """The task log, as a worker service sees it. Each call says whether the log knows the task."""

    def __init__(self, store: MongoStore) -> None:
        self._store = store

    def processing(self, task_id: str) -> bool:
        """The task is being worked on."""
        return self._set(task_id, TaskStatus.PROCESSING)

    def success(self, task_id: str) -> bool:
        """The task is done."""
        return self._set(task_id, TaskStatus.SUCCESS)

    def failed(self, task_id: str, error: str) -> bool:
        """The task failed; `error` says why."""
        return self._set(task_id, TaskStatus.FAILED, error)

    def _set(self, task_id: str, status: TaskStatus, error: str | None = None) -> bool:
        change = {"status": status.value, "error": error, "updated_at": self._store.clock.now()}
        return self._store.task_logs.update_one({"_id": task_id}, {"$set": change}).matched_count == 1
