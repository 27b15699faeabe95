"""MongoStore: watermarks, leases and the task log."""

from __future__ import annotations

from datetime import timedelta
from functools import cached_property
from typing import Any

from pymongo import ASCENDING, MongoClient, WriteConcern
from pymongo.collection import Collection
from pymongo.read_concern import ReadConcern

from common.config import Settings
from common.database.mongo.checkpoints import MongoCheckpoints
from common.database.mongo.clock import ServerClock
from common.database.mongo.journal import MongoJournal
from common.database.mongo.leases import MongoLeases
from common.database.records import TaskStatus

CONNECT_MS = 5000
ANSWER_MS = 5000


class MongoStore:
    """MongoDB, as relay uses it. Connects at the first use; make one a process, after a fork."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def client(self) -> MongoClient[dict[str, Any]]:
        """The driver's client: majority writes with journal, times with their zone, every wait limited."""
        return MongoClient(
            self._settings.MONGO_URI.get_secret_value(),
            tz_aware=True,
            connectTimeoutMS=CONNECT_MS,
            serverSelectionTimeoutMS=CONNECT_MS,
            socketTimeoutMS=ANSWER_MS,
            appname="relay",
        )

    @cached_property
    def clock(self) -> ServerClock:
        """Mongo's time."""
        return ServerClock(self.client[self._settings.MONGO_DB_NAME])

    @cached_property
    def checkpoint_collection(self) -> Collection[dict[str, Any]]:
        """`checkpoints`: one document a source."""
        return self._collection("checkpoints")

    @cached_property
    def task_logs(self) -> Collection[dict[str, Any]]:
        """`task_logs`: one document a dispatch, with its indexes."""
        logs = self._collection("task_logs")
        self._ensure_indexes(logs)
        return logs

    @cached_property
    def leases(self) -> MongoLeases:
        """Who may work on a source now."""
        return MongoLeases(self.checkpoint_collection, self.clock, seconds=self._settings.RELAY_LEASE_SECONDS)

    @cached_property
    def checkpoints(self) -> MongoCheckpoints:
        """What is remembered of each source."""
        return MongoCheckpoints(self.checkpoint_collection, self.clock)

    @cached_property
    def journal(self) -> MongoJournal:
        """The task log as the journal."""
        retention = timedelta(days=self._settings.RELAY_LOG_RETENTION_DAYS)
        return MongoJournal(self.task_logs, self.clock, retention=retention)

    def close(self) -> None:
        """Close the connections, if there are any."""
        if "client" in self.__dict__:
            self.client.close()

    def _collection(self, name: str) -> Collection[dict[str, Any]]:
        return self.client[self._settings.MONGO_DB_NAME].get_collection(
            name,
            write_concern=WriteConcern("majority", j=True),
            read_concern=ReadConcern("majority"),
        )

    @staticmethod
    def _ensure_indexes(logs: Collection[dict[str, Any]]) -> None:
        """Made where missing; a no-op otherwise."""
        logs.create_index([("cycle", ASCENDING), ("seq", ASCENDING)], name="cycle_seq")
        logs.create_index([("source", ASCENDING), ("number", ASCENDING), ("seq", ASCENDING)], name="source_number_seq")
        logs.create_index(
            [("source", ASCENDING)],
            name="prepared_by_source",
            partialFilterExpression={"status": TaskStatus.PREPARED.value},
        )
        # Before 5.0 MongoDB has no two partial indexes on the same fields.
        logs.create_index(
            [("source", ASCENDING), ("status", ASCENDING)],
            name="rejected_by_source",
            partialFilterExpression={"status": TaskStatus.REJECTED.value},
        )
        logs.create_index([("business_id", ASCENDING)], name="business_id")
        logs.create_index([("expires_at", ASCENDING)], name="ttl", expireAfterSeconds=0)
