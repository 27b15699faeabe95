"""MongoStore: watermarks, leases and the task log."""

from __future__ import annotations

from functools import cache, cached_property
from typing import Any

from pymongo import MongoClient
from pymongo.collection import Collection
from pymongo.database import Database

from common.config import Settings
from common.database.mongo.causality import Causality
from common.database.mongo.checkpoints import MongoCheckpoints
from common.database.mongo.client import make_client
from common.database.mongo.clock import ServerClock
from common.database.mongo.concerns import overruled, pinned
from common.database.mongo.history import MongoHistory
from common.database.mongo.indexes import INDEXES
from common.database.mongo.journal import MongoJournal
from common.database.mongo.leases import MongoLeases
from common.logging import get_logger

REQUIRED = "primary, majority, journal"
"""How relay reads and writes, for the log."""


class MongoStore:
    """MongoDB, as relay uses it. Connects at the first use; make one a process, after a fork."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    @cached_property
    def client(self) -> MongoClient[dict[str, Any]]:
        """The driver's client. What its URI says of reads and writes is overruled, with a warning."""
        client = make_client(self._settings.MONGO_URI.get_secret_value(), application="relay")
        # guard: uri-overruled
        _warn_of_overruled(client)
        return client

    @cached_property
    def database(self) -> Database[dict[str, Any]]:
        """Relay's database: read from the primary, written to the disks of a majority."""
        return pinned(self.client, self._settings.MONGO_DB_NAME)

    @cached_property
    def causality(self) -> Causality:
        """What ties the calls of this process together."""
        return Causality(self.client)

    @cached_property
    def clock(self) -> ServerClock:
        """Mongo's time."""
        return ServerClock(self.database)

    @cached_property
    def checkpoint_collection(self) -> Collection[dict[str, Any]]:
        """`checkpoints`: one document a source."""
        return self.database["checkpoints"]

    @cached_property
    def task_logs(self) -> Collection[dict[str, Any]]:
        """`task_logs`: one document a dispatch, with its indexes."""
        logs = self.database["task_logs"]
        logs.create_indexes(list(INDEXES))
        return logs

    @cached_property
    def leases(self) -> MongoLeases:
        """Who may work on a source now."""
        return MongoLeases(self.checkpoint_collection, self.causality, seconds=self._settings.RELAY_LEASE_SECONDS)

    @cached_property
    def checkpoints(self) -> MongoCheckpoints:
        """What is remembered of each source."""
        return MongoCheckpoints(self.checkpoint_collection, self.causality, self.clock)

    @cached_property
    def journal(self) -> MongoJournal:
        """The task log as the journal."""
        return MongoJournal(self.task_logs, self.causality, self.clock, retention=self._settings.log_kept)

    @cached_property
    def history(self) -> MongoHistory:
        """The task log, asked what became of rows."""
        return MongoHistory(self.task_logs, self.causality, self.clock)

    def close(self) -> None:
        """Close the connections, if there are any."""
        if "client" in self.__dict__:
            self.client.close()


def _warn_of_overruled(client: MongoClient[dict[str, Any]]) -> None:
    if options := overruled(client):
        _warn_once(tuple(options.items()))


@cache
def _warn_once(options: tuple[tuple[str, str], ...]) -> None:
    get_logger("relay").warning("mongo_uri_overruled", setting="MONGO_URI", uses=REQUIRED, **dict(options))
