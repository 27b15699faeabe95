"""The journal of the fake and that of MongoDB."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from pymongo.errors import BulkWriteError
from typing_extensions import override

from common.database.mongo import pieces
from common.database.mongo_client import MongoStore
from common.database.ports import History, Journal
from common.database.records import NOWHERE, Takeover, TaskStatus
from common.task_log import TaskLog
from relay.sources.builtin import SALE
from tests.contract.journal import JournalContract, nothing
from tests.support.fakes import FakeMongo
from tests.support.mongo_commands import commands
from tests.support.samples import a_checkpoint, a_dispatch, an_open_window

DOCUMENT_VALIDATION_FAILURE = 121
WRITE_CONCERN_TIMEOUT = 64
RETENTION = timedelta(days=30)
REJECTED = a_dispatch(None, status=TaskStatus.REJECTED, error="no shop")


def in_pieces_of_ten(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FIRST", "MOST"):
        monkeypatch.setattr(pieces, name, 10)


class TestFakeJournal(JournalContract):
    @pytest.fixture
    def journal(self) -> Journal:
        self.fake = FakeMongo()
        return self.fake

    def report_success(self, task_id: str) -> None:
        assert self.fake.report(task_id, TaskStatus.SUCCESS)


class TestMongoJournal(JournalContract):
    @pytest.fixture
    def journal(self, mongo_store: MongoStore, task_log: TaskLog) -> Journal:
        self.store, self.task_log = mongo_store, task_log
        return mongo_store.journal

    def report_success(self, task_id: str) -> None:
        assert self.task_log.success(task_id)

    @override
    def history(self, journal: Journal) -> History:
        return self.store.history

    @pytest.mark.parametrize("happens", ["published", "taken over by a later generation"])
    def test_what_happens_to_it_while_it_is_taken_over_decides(
        self, journal: Journal, monkeypatch: pytest.MonkeyPatch, happens: str
    ) -> None:
        """What was read of it is old by then."""
        journal.prepare([a_dispatch(0), a_dispatch(1)])
        later = a_dispatch(0, window_id="window-3", generation=3)
        write = self.store.task_logs.bulk_write

        def meanwhile(*args: Any, **named: Any) -> Any:
            monkeypatch.undo()
            if happens == "published":
                journal.mark_pending([a_dispatch(0)])
            else:
                assert journal.take_over([later], open_window=None) == {later.id: Takeover.REPLACED}
            return write(*args, **named)

        monkeypatch.setattr(self.store.task_logs, "bulk_write", meanwhile)
        ours = [a_dispatch(seq, window_id="window-2", generation=2) for seq in range(2)]
        outcome = Takeover.DISPATCHED_BEFORE if happens == "published" else Takeover.LATER_GENERATION
        assert journal.take_over(ours, open_window=None) == {ours[0].id: outcome, ours[1].id: Takeover.REPLACED}
        assert journal.count("window-2", nothing) == 1

    @pytest.mark.parametrize("published", [True, False], ids=["dispatched before", "never published"])
    def test_a_batch_is_taken_over_in_few_calls(self, journal: Journal, published: bool) -> None:
        """outage: a baseline over rows that were sent before was a round trip a row."""
        before = [a_dispatch(seq) for seq in range(300)]
        journal.prepare(before)
        if published:
            journal.mark_pending(before)
        ours = [a_dispatch(seq, window_id="window-2", generation=2) for seq in range(300)]
        with commands() as names:
            outcomes = journal.take_over(ours, open_window=None)
        assert set(outcomes.values()) == {Takeover.DISPATCHED_BEFORE if published else Takeover.REPLACED}
        assert names == (["find"] if published else ["find", "update", "find"])

    @pytest.mark.parametrize("rows", [11, 300])
    def test_of_a_large_window_the_beginning_and_the_end_are_read(self, journal: Journal, rows: int) -> None:
        """However many rows it holds."""
        window = [a_dispatch(seq) for seq in range(rows)]
        journal.prepare(window)
        journal.mark_pending(window)
        with commands() as names:
            assert [end.seq for end in journal.ends_beyond(SALE, a_checkpoint(), NOWHERE, 10)] == [rows - 1]
        assert names == ["find", "find", "find"]

    def test_no_dispatch_of_an_open_window_expires(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(0), a_dispatch(1), a_dispatch(2), REJECTED])
        journal.mark_pending([a_dispatch(0)])
        self.report_success(a_dispatch(1).id)
        journal.mark_pending([a_dispatch(1), a_dispatch(2)])
        assert [self._times(seq)[1] for seq in (0, 1, 2, None)] == [None] * 4
        assert self._times(0)[0] is not None

    def test_a_closed_windows_dispatches_expire_all(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(0), a_dispatch(1), REJECTED, a_dispatch(0, number=2)])
        journal.mark_pending([a_dispatch(0), a_dispatch(1)])
        before = self.store.clock.now()
        journal.let_expire(an_open_window(count=3), nothing)
        for seq in (0, 1, None):
            expires_at = self._times(seq)[1]
            assert expires_at is not None
            assert RETENTION <= expires_at - before + timedelta(milliseconds=1) < RETENTION + timedelta(minutes=1)
        assert self._times(0, number=2)[1] is None

    def test_a_large_window_expires_piece_by_piece(self, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
        in_pieces_of_ten(monkeypatch)
        rejected = [a_dispatch(None, id=f"rejected-{n}", status=TaskStatus.REJECTED, error="no") for n in range(25)]
        journal.prepare([*(a_dispatch(seq) for seq in range(34)), a_dispatch(99), *rejected])
        updated: list[int] = []
        update = self.store.task_logs.update_many

        def noted(query: Any, change: Any) -> Any:
            done = update(query, change)
            updated.append(done.matched_count)
            return done

        monkeypatch.setattr(self.store.task_logs, "update_many", noted)
        moved: list[int] = []
        journal.let_expire(an_open_window(count=60), moved.append)
        assert (sum(updated), max(updated), moved) == (60, 10, updated)
        assert self.store.task_logs.count_documents({"expires_at": None}) == 0

    def test_a_piece_that_took_long_is_followed_by_a_smaller_one(
        self, journal: Journal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """outage: ten thousand documents of half a megabyte were changed by one statement, and no answer came in time,
        at every try."""
        now = 0.0
        monkeypatch.setattr("common.database.mongo.pieces.monotonic", lambda: now)
        monkeypatch.setattr(pieces, "FIRST", 8)
        journal.prepare([a_dispatch(seq) for seq in range(50)])
        sizes = []
        for piece in pieces.by_places(self.store.task_logs, "window-1"):
            sizes.append(piece["seq"]["$lt"] - piece["seq"]["$gte"])
            now += [0.1, 2.0, 0.5][min(len(sizes) - 1, 2)]
        assert sizes == [8, 16, 8, 8, 8, 8]

    def test_many_dead_documents_are_discarded_piece_by_piece(
        self, journal: Journal, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        in_pieces_of_ten(monkeypatch)
        journal.prepare([a_dispatch(seq) for seq in range(35)])
        journal.mark_pending([a_dispatch(seq) for seq in range(15)])
        moved: list[int] = []
        assert journal.discard(SALE, generation=1, open_window=None, progress=moved.append) == 20
        assert moved == [10, 10, 10, 5]
        assert journal.count("window-1", nothing) == 15

    def test_a_large_window_is_counted_piece_by_piece(self, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
        """One call over all of it would end, for a large one, at the driver's limit for an answer, at every try."""
        in_pieces_of_ten(monkeypatch)
        monkeypatch.setattr(pieces, "COUNTED", 20)
        rejected = [a_dispatch(None, id=f"rejected-{n}", status=TaskStatus.REJECTED, error="no") for n in range(25)]
        journal.prepare([*(a_dispatch(seq) for seq in range(34)), a_dispatch(99), *rejected])
        moved: list[int] = []
        assert journal.count("window-1", moved.append) == 60
        assert moved == [20, 14, 0, 0, 1, 10, 10]

    def test_a_window_that_is_one_batch_expires_with_its_note(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(0), a_dispatch(1)])
        self.report_success(a_dispatch(1).id)
        journal.mark_pending([a_dispatch(0), a_dispatch(1)], expires=True)
        assert None not in (*self._times(0), *self._times(1))

    def test_what_an_ended_epoch_has_published_expires(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(0), a_dispatch(1), a_dispatch(2, generation=3)])
        journal.mark_pending([a_dispatch(0)])
        journal.mark_pending([a_dispatch(2)])
        assert journal.discard(SALE, generation=2, open_window="window-1", progress=nothing) == 0
        assert self._times(0)[1] is None
        assert journal.discard(SALE, generation=2, open_window=None, progress=nothing) == 1
        assert self._times(0)[1] is not None
        assert self._times(2)[1] is None

    def test_a_quick_workers_dispatch_gets_its_time_too(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(0)])
        self.report_success(a_dispatch(0).id)
        journal.mark_pending([a_dispatch(0)])
        assert self._times(0)[0] is not None

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

    def _times(self, seq: int | None, number: int = 1) -> tuple[datetime | None, datetime | None]:
        """When it was dispatched, and when it expires."""
        found = self.store.task_logs.find_one({"_id": a_dispatch(seq, number=number).id})
        assert found is not None
        return found["dispatched_at"], found["expires_at"]


def test_everything_is_written_to_the_disks_of_a_majority(mongo_store: MongoStore) -> None:
    for collection in (mongo_store.checkpoint_collection, mongo_store.task_logs):
        assert collection.write_concern.document == {"w": "majority", "j": True}
        assert collection.read_concern.level == "majority"
