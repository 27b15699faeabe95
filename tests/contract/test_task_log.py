"""What worker services ask the task log."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from common.config import Settings
from common.database.mongo_client import MongoStore
from common.database.records import TaskStatus
from common.task_log import TaskLog
from relay.sources.builtin import IMPORT
from tests.support.samples import a_dispatch

KEY = ("BV-Chợ-Rẫy", "HĐ-7")
SECOND_EPOCH = a_dispatch(0, epoch="second", key=KEY, change_version=7)


@pytest.fixture
def log(mongo_store: MongoStore, task_log: TaskLog) -> TaskLog:
    mongo_store.journal.prepare([SECOND_EPOCH])
    return task_log


def test_a_change_that_is_done_under_another_id_was_done_before(mongo_store: MongoStore, log: TaskLog) -> None:
    first = a_dispatch(0, epoch="first", key=KEY, change_version=7)
    mongo_store.journal.prepare([first])
    assert not log.done_before(SECOND_EPOCH.id)
    for report in (log.processing, lambda task_id: log.failed(task_id, "no answer")):
        report(first.id)
        assert not log.done_before(SECOND_EPOCH.id)
    log.success(first.id)
    assert log.done_before(SECOND_EPOCH.id)
    assert not log.done_before(first.id)


def test_a_task_that_is_done_was_not_done_before_by_itself(log: TaskLog) -> None:
    log.success(SECOND_EPOCH.id)
    assert not log.done_before(SECOND_EPOCH.id)


def test_a_task_that_nobody_knows_was_not_done_before(log: TaskLog) -> None:
    assert not log.done_before("nobody's")


@pytest.mark.parametrize(
    "other",
    [
        {"change_version": 8},
        {"key": ("BV-Chợ-Rẫy", "HĐ-8")},
        {"key": ("BV-Chợ-Rẫy",)},
        {"key": ("HĐ-7", "BV-Chợ-Rẫy")},
        {"source": IMPORT},
    ],
    ids=["later change", "other row", "shorter key", "key the other way round", "other source"],
)
def test_what_differs_is_another_change(mongo_store: MongoStore, log: TaskLog, other: dict[str, Any]) -> None:
    done = a_dispatch(0, **{"epoch": "first", "key": KEY, "change_version": 7, **other})
    mongo_store.journal.prepare([done])
    log.success(done.id)
    assert not log.done_before(SECOND_EPOCH.id)


def test_a_change_whose_version_nobody_knows_may_be_another(mongo_store: MongoStore, log: TaskLog) -> None:
    rows = [a_dispatch(0, epoch=epoch, key=KEY, change_version=None, id=epoch) for epoch in ("third", "fourth")]
    mongo_store.journal.prepare(rows)
    log.success("third")
    assert not log.done_before("fourth")


def test_what_is_sent_again_by_hand_is_to_be_done_again(mongo_store: MongoStore, log: TaskLog) -> None:
    again = a_dispatch(1, id="again", key=KEY, change_version=7, attempt=2, repeats=SECOND_EPOCH.id)
    mongo_store.journal.prepare([again])
    log.success(SECOND_EPOCH.id)
    assert not log.done_before("again")


def test_a_bulk_change_of_one_shop_is_not_searched_through(mongo_store: MongoStore, log: TaskLog) -> None:
    """An index on the key itself would find all rows of the shop that one transaction changed."""
    shop = [a_dispatch(n, key=("shop", f"HĐ-{n}"), change_version=9, status=TaskStatus.PENDING) for n in range(50)]
    mongo_store.journal.prepare(shop)
    keys = mongo_store.task_logs.index_information()["source_row"]["key"]
    assert keys == [("source", 1), ("row", 1)]
    found = mongo_store.task_logs.find_one({"_id": shop[7].id})
    assert found is not None
    assert found["row"] == {"key": ["shop", "HĐ-7"]}


def test_threads_that_begin_together_share_one_connection(settings: Settings, log: TaskLog) -> None:
    shared = TaskLog(settings.MONGO_URI.get_secret_value(), settings.MONGO_DB_NAME)
    with closing(shared), ThreadPoolExecutor(8) as threads:
        assert all(threads.map(shared.processing, [SECOND_EPOCH.id] * 32))
