"""What is known at any moment of hand-ins, dispatches and handled messages."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

import pymongo
import redis

from examples.pharmacy.demo.history import Counts, History, Moment
from examples.pharmacy.demo.programs import Workshop
from examples.pharmacy.demo.verdict import Handled, Sent, Verdict, reconcile
from examples.pharmacy.documents import KINDS
from examples.pharmacy.json_lines import JsonLinesReader
from examples.pharmacy.pharmacy import HandIn

NOT_IN_A_QUEUE = ("PREPARED", "REJECTED")
OVERLAP = timedelta(seconds=5)
"""How far back the task log is read again: entries become visible a little out of order."""
MONGO_SECONDS = 10


class Observer:
    """Collects from the pharmacies' ledger, relay's task log and the worker services' records."""

    def __init__(self, workshop: Workshop) -> None:
        self.hand_ins: list[HandIn] = []
        self.handled: list[Handled] = []
        self._sent: dict[str, Sent] = {}
        self._latest = datetime.fromtimestamp(0, UTC)
        self._ledger = JsonLinesReader(workshop.ledger)
        self._records = [JsonLinesReader(workshop.record(kind)) for kind in KINDS]
        settings = workshop.environment
        self._client = pymongo.MongoClient[dict[str, Any]](
            settings["MONGO_URI"], tz_aware=True, serverSelectionTimeoutMS=MONGO_SECONDS * 1000
        )
        self._database = self._client[settings["MONGO_DB_NAME"]]
        self._redis = redis.Redis(settings["REDIS_HOST"], int(settings["REDIS_PORT"]))
        self.history = History()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()
        self._redis.close()

    def scanned(self) -> set[str]:
        """The sources whose first cycle relay has finished: it is up."""
        checkpoints = self._database["checkpoints"].find({"version": {"$gte": 0}}, {"_id": 1})
        return {_name(checkpoint["_id"]) for checkpoint in checkpoints}

    def look(self) -> None:
        """Take in what is new since the last look."""
        self._take_files()
        self._take_dispatches(since=self._latest - OVERLAP)
        self.history.add(self._moment())

    def look_at_all(self) -> None:
        """Take in what is new, and read the task log once more from its beginning."""
        self._take_files()
        self._sent.clear()
        self._take_dispatches(since=datetime.fromtimestamp(0, UTC))

    def everything_arrived(self) -> bool:
        """Whether each hand-in was handled, as far as the last look could see."""
        return len(self.handled) >= len(self.hand_ins) and self.verdict().lost == 0

    def verdict(self) -> Verdict:
        """What has become of everything so far; *lost* may still be on its way."""
        return reconcile(self.hand_ins, self._sent.values(), self.handled)

    def verdict_of(self, kind: str) -> Verdict:
        """The same for one kind of document."""
        return reconcile(
            [one for one in self.hand_ins if one.kind == kind],
            [one for one in self._sent.values() if one.kind == kind],
            [one for one in self.handled if one.kind == kind],
        )

    def _moment(self) -> Moment:
        inserted = Counter(one.kind for one in self.hand_ins)
        dispatched = Counter(one.kind for one in self._sent.values())
        processed = Counter(one.kind for one in self.handled)
        counts = {
            kind.name: Counts(
                inserted=inserted[kind.name],
                dispatched=dispatched[kind.name],
                processed=processed[kind.name],
                queued=int(self._redis.llen(kind.queue)),
            )
            for kind in KINDS
        }
        return Moment(at=time.monotonic(), counts=counts)

    def _take_files(self) -> None:
        self.hand_ins += [HandIn(**{**entry, "key": _key(entry["key"])}) for entry in self._ledger.new_entries()]
        for record in self._records:
            self.handled += [Handled(**{**entry, "key": _key(entry["key"])}) for entry in record.new_entries()]

    def _take_dispatches(self, *, since: datetime) -> None:
        for document in self._dispatches(since):
            at: datetime = document["dispatched_at"]
            self._latest = max(self._latest, at)
            self._sent[document["_id"]] = Sent(
                task_id=document["_id"],
                kind=_name(document["source"]),
                key=_key(document["key"]),
                dispatched_at=at.timestamp(),
            )

    def _dispatches(self, since: datetime) -> Iterator[Mapping[str, Any]]:
        wanted = {"dispatched_at": {"$gte": since}, "status": {"$nin": list(NOT_IN_A_QUEUE)}}
        fields = {"source": 1, "key": 1, "dispatched_at": 1}
        return self._database["task_logs"].find(wanted, fields)


def _name(source: str) -> str:
    """The source's name: relay's log has the database's before it."""
    return source.rpartition(".")[2]


def _key(values: list[str]) -> tuple[str, str]:
    shop, local_id = values
    return shop, local_id
