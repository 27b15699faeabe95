"""What a worker service uses to report how far it is with a task. Needs MongoDB's address, and nothing else of relay.

log = TaskLog("mongodb://mongo:27017/", "relay")
log.processing(task_id); ...; log.success(task_id)
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any

from pymongo import MongoClient
from pymongo.collection import Collection

from common.database.mongo.causality import Causality, causal
from common.database.mongo.client import make_client
from common.database.mongo.concerns import pinned
from common.database.records import TaskStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class _Connection:
    client: MongoClient[dict[str, Any]]
    causality: Causality


class TaskLog:
    """The task log, as a worker service sees it. Each report says whether the log knows the task.

    Make one a service, also before a worker forks its processes: each connects for itself, at its first report.
    Raises pymongo's errors when MongoDB is away: a report that is lost costs no task, so they may be caught.
    """

    def __init__(self, mongo_uri: str, database: str = "relay") -> None:
        """`mongo_uri` and `database`: relay's MONGO_URI and MONGO_DB_NAME."""
        self._uri = mongo_uri
        self._database = database
        self._opened: dict[int, _Connection] = {}

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
        logs = self._logs
        task = logs.find_one({"_id": task_id}, {"source": 1, "row": 1, "change_version": 1, "attempt": 1})
        if task is None or task["attempt"] > 1 or task["change_version"] is None:
            return False
        same_change = {name: task[name] for name in ("source", "row", "change_version")}
        done_under_another_id = {**same_change, "_id": {"$ne": task_id}, "status": TaskStatus.SUCCESS.value}
        return logs.find_one(done_under_another_id, {"_id": 1}) is not None

    def close(self) -> None:
        """Close the connections, if there are any; the next call opens others."""
        opened = self._opened.pop(os.getpid(), None)
        if opened is not None:
            opened.client.close()

    @causal
    def _set(self, task_id: str, status: TaskStatus, error: str | None = None) -> bool:
        change = {"$set": {"status": status.value, "error": error}, "$currentDate": {"updated_at": True}}
        return self._logs.update_one({"_id": task_id}, change).matched_count == 1

    @property
    def _logs(self) -> Collection[dict[str, Any]]:
        return pinned(self._open().client, self._database)["task_logs"]

    @property
    def _causality(self) -> Causality:
        return self._open().causality

    def _open(self) -> _Connection:
        """This process's own connection: one that was made before a fork belongs to the parent."""
        process = os.getpid()
        if (opened := self._opened.get(process)) is not None:
            return opened
        client = make_client(self._uri, application="relay-task-log")
        made = _Connection(client=client, causality=Causality(client))
        # Without a lock, which a fork could copy while it is held: of two threads one keeps its connection.
        kept = self._opened.setdefault(process, made)
        if kept is not made:
            client.close()
        return kept
