"""The journal of the twin and that of MongoDB."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from pymongo.errors import BulkWriteError

from common.database.mongo_client import MongoStore
from common.database.records import TaskStatus
from common.task_log import TaskLog
from relay.ports import Journal
from tests.contract.journal import JournalContract
from tests.support.samples import a_dispatch
from tests.support.twins import TwinMongo

DOCUMENT_VALIDATION_FAILURE = 121
WRITE_CONCERN_TIMEOUT = 64


class TestTwinJournal(JournalContract):
    @pytest.fixture
    def journal(self) -> Journal:
        self.twin = TwinMongo()
        return self.twin

    def report_success(self, task_id: str) -> None:
        assert self.twin.report(task_id, TaskStatus.SUCCESS)


class TestMongoJournal(JournalContract):
    @pytest.fixture
    def journal(self, mongo_store: MongoStore) -> Journal:
        self.store = mongo_store
        return mongo_store.journal

    def report_success(self, task_id: str) -> None:
        assert TaskLog(self.store).success(task_id)

    def test_a_dispatch_expires_only_after_it_left_prepared(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(0)])
        assert self._times(a_dispatch(0).id) == (None, None)
        journal.mark_pending([a_dispatch(0)])
        dispatched_at, expires_at = self._times(a_dispatch(0).id)
        assert dispatched_at is not None
        assert expires_at == dispatched_at + timedelta(days=30)

    def test_a_quick_workers_dispatch_gets_its_times_too(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(0)])
        self.report_success(a_dispatch(0).id)
        journal.mark_pending([a_dispatch(0)])
        assert None not in self._times(a_dispatch(0).id)

    def test_a_rejected_row_expires_from_the_start(self, journal: Journal) -> None:
        rejected = a_dispatch(None, status=TaskStatus.REJECTED, error="no shop")
        journal.prepare([rejected])
        dispatched_at, expires_at = self._times(rejected.id)
        assert dispatched_at is None
        assert expires_at is not None

    @pytest.mark.parametrize(
        "details",
        [
            {"writeErrors": [{"index": 0, "code": 11000}, {"index": 1, "code": DOCUMENT_VALIDATION_FAILURE}]},
            {"writeErrors": [{"index": 0, "code": 11000}], "writeConcernErrors": [{"code": WRITE_CONCERN_TIMEOUT}]},
        ],
        ids=["not written", "not with a majority"],
    )
    def test_trouble_other_than_a_duplicate_is_raised(
        self, journal: Journal, monkeypatch: pytest.MonkeyPatch, details: dict[str, Any]
    ) -> None:
        def refuse(*_: object, **__: object) -> None:
            raise BulkWriteError(details)

        monkeypatch.setattr(self.store.task_logs, "insert_many", refuse)
        with pytest.raises(BulkWriteError):
            journal.prepare([a_dispatch(0), a_dispatch(1)])

    def _times(self, task_id: str) -> tuple[datetime | None, datetime | None]:
        found = self.store.task_logs.find_one({"_id": task_id})
        assert found is not None
        return found["dispatched_at"], found["expires_at"]


def test_everything_is_written_to_the_disks_of_a_majority(mongo_store: MongoStore) -> None:
    for collection in (mongo_store.checkpoint_collection, mongo_store.task_logs):
        assert collection.write_concern.document == {"w": "majority", "j": True}
        assert collection.read_concern.level == "majority"
