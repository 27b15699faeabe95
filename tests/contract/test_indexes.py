"""Every index of the task log is needed, and every statement on the log has one that serves it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
from pymongo import MongoClient, monitoring
from typing_extensions import override

from common.config import Settings
from common.database import mongo_client
from common.database.mongo import pieces
from common.database.mongo.indexes import INDEXES
from common.database.mongo_client import MongoStore
from common.database.records import Dispatch, TaskStatus
from common.task_log import TaskLog
from relay.sources.builtin import IMPORT, SALE
from relay.sources.source import Source
from tests.contract.journal import nothing
from tests.support.samples import a_checkpoint, a_dispatch, an_offset, an_open_window

WINDOWS, ROWS = 20, 10
CRASHED = 100
"""Documents of the open window that were published before a crash: they stand before those that were not."""
FEW = 3
"""A statement may look at so many more documents than it gives."""
EXPIRES = "ttl"
"""The index that no statement uses: MongoDB itself deletes by it."""
NAMES = [model.document["name"] for model in INDEXES]


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What a command on the log looks for."""

    command: str
    filter: Mapping[str, Any]
    sort: Mapping[str, int] | None = None
    limit: int = 0


class Heard(monitoring.CommandListener):
    """Statements on the log, as they are sent."""

    def __init__(self) -> None:
        self.statements: list[Statement] = []

    @override
    def started(self, event: monitoring.CommandStartedEvent) -> None:
        if event.command.get(event.command_name) == "task_logs":
            self.statements += statements_of(event.command_name, event.command)

    @override
    def succeeded(self, event: monitoring.CommandSucceededEvent) -> None: ...

    @override
    def failed(self, event: monitoring.CommandFailedEvent) -> None: ...


def statements_of(name: str, command: Mapping[str, Any]) -> Sequence[Statement]:
    match name:
        case "find":
            wanted = {"sort": command.get("sort"), "limit": command.get("limit", 0)}
            return [Statement(command=name, filter=command["filter"], **wanted)]
        case "aggregate":
            stages = {next(iter(stage)): stage for stage in command["pipeline"]}
            limit = stages.get("$limit", {"$limit": 0})["$limit"]
            return [Statement(command=name, filter=stages["$match"]["$match"], limit=limit)]
        case "update" | "delete":
            return [Statement(command=name, filter=each["q"]) for each in command[f"{name}s"]]
        case "findAndModify":
            return [Statement(command=name, filter=command["query"])]
    return []


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def store(
    settings: Settings, mongo_store: MongoStore, heard: Heard, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MongoStore]:
    """A log with many closed windows of two sources, and one that a crash has left half published."""
    fill(mongo_store)

    def make_client(uri: str, *, application: str) -> MongoClient[dict[str, Any]]:
        return MongoClient(uri, appname=application, event_listeners=[heard])

    monkeypatch.setattr(mongo_client, "make_client", make_client)
    monkeypatch.setattr("common.task_log.make_client", make_client)
    listening = MongoStore(settings)
    yield listening
    listening.close()


def fill(store: MongoStore) -> None:
    for source in (SALE, IMPORT):
        for number in range(1, WINDOWS + 1):
            window = [in_window(source, number, seq) for seq in range(ROWS)]
            store.journal.prepare(window)
            store.journal.mark_pending(window, expires=True)
    published = [in_window(SALE, WINDOWS + 1, seq) for seq in range(CRASHED)]
    waiting = [in_window(SALE, WINDOWS + 1, CRASHED + seq) for seq in range(ROWS)]
    rejected = a_dispatch(None, number=WINDOWS + 1, window_id="sale-21", status=TaskStatus.REJECTED, error="no shop")
    store.journal.prepare([*published, *waiting, rejected])
    store.journal.mark_pending(published)


def in_window(source: Source, number: int, seq: int) -> Dispatch:
    name = f"{source.name}-{number}-{seq}"
    own = {"id": name, "business_id": name, "key": ("NT-01", name), "window_id": f"{source.name}-{number}"}
    return a_dispatch(seq, source=source, number=number, change_version=1, **own)


def use(store: MongoStore, settings: Settings) -> None:
    """Everything that is asked of the log, by the cycle, by people and by worker services."""
    journal, row = store.journal, in_window(SALE, 7, 3)
    journal.discard(IMPORT, generation=1, open_window=None, progress=nothing)
    journal.header("sale-7")
    pieces.count_window(store.task_logs, "sale-7", nothing)
    journal.batch(in_window(SALE, WINDOWS + 1, 0).window, 5)
    journal.before(row)
    checkpoint = a_checkpoint(window_number=WINDOWS, last_offset=an_offset(ROWS - 1, number=WINDOWS))
    journal.pushed_beyond(SALE, checkpoint, an_offset(ROWS - 2, number=WINDOWS), 5)
    journal.ends_beyond(SALE, checkpoint, an_offset(1, number=7), 5)
    [again, *_] = journal.pushed_beyond(SALE, checkpoint, an_offset(2, number=7), 5)
    journal.overtaken([again], (WINDOWS, ROWS))
    journal.take_over([row], open_window=None)
    journal.mark_pending([row])
    journal.let_expire(an_open_window(id="sale-7", count=ROWS), nothing)
    store.history.latest(SALE, {row.key: row.business_id})
    store.history.counts(SALE, [TaskStatus.PREPARED, TaskStatus.REJECTED])
    store.history.oldest_version(SALE)
    store.task_logs.find_one({"business_id": row.business_id})
    log = TaskLog(settings.MONGO_URI.get_secret_value(), settings.MONGO_DB_NAME)
    log.processing(row.id)
    log.done_before(row.id)
    log.close()


def walked(store: MongoStore, statement: Statement) -> int:
    """How many more documents MongoDB looks at than it gives."""
    find: dict[str, Any] = {"find": "task_logs", "filter": statement.filter}
    if statement.sort:
        find["sort"] = statement.sort
    if statement.limit:
        find["limit"] = statement.limit
    told = store.database.command("explain", find, verbosity="executionStats")["executionStats"]
    return int(told["totalDocsExamined"]) - int(told["nReturned"])


def test_every_statement_finds_what_it_looks_for_at_once(store: MongoStore, settings: Settings, heard: Heard) -> None:
    use(store, settings)
    assert {statement.command for statement in heard.statements} == {"find", "aggregate", "update"}
    assert [each for each in heard.statements if walked(store, each) > FEW] == []


@pytest.mark.parametrize("name", [name for name in NAMES if name != EXPIRES])
def test_without_one_of_the_indexes_a_statement_walks_the_log(
    store: MongoStore, settings: Settings, heard: Heard, name: str
) -> None:
    use(store, settings)
    store.task_logs.drop_index(name)
    assert [each for each in heard.statements if walked(store, each) >= CRASHED]


def test_there_are_no_other_indexes(store: MongoStore) -> None:
    made = {name: options for name, options in store.task_logs.index_information().items() if name != "_id_"}
    assert sorted(made) == sorted(NAMES)
    assert [name for name, options in made.items() if "expireAfterSeconds" in options] == [EXPIRES]
