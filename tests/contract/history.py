"""What every task log says of rows."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from common.database.mongo import pieces
from common.database.ports import History, Journal
from common.database.records import Dispatch, TaskStatus
from relay.sources.builtin import IMPORT, SALE
from tests.support.fakes import FakeMongo
from tests.support.samples import a_dispatch


class HistoryContract:
    """A part of JournalContract."""

    # What became of rows

    def test_the_last_dispatch_of_a_row_is_found_by_its_key(self, journal: Journal) -> None:
        first = a_dispatch(0, key=("shop", 7), business_id="HĐ-7")
        other = a_dispatch(1, key=("shop", 8), business_id="HĐ-8")
        again = a_dispatch(0, number=2, key=("shop", 7), business_id="HĐ-7", attempt=2, repeats=first.id)
        self._push(journal, [first, other, again])
        found = self.history(journal).latest(SALE, {("shop", 7): "HĐ-7", ("shop", 9): None})
        assert list(found) == [("shop", 7)]
        latest = found["shop", 7]
        assert (latest.id, latest.attempt, latest.status) == (again.id, 2, TaskStatus.PENDING)
        assert 0 <= latest.age_seconds < 60

    def test_rows_that_share_a_business_id_are_told_apart(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(seq, key=("shop", seq), business_id="NT-01") for seq in range(3)])
        assert list(self.history(journal).latest(SALE, {("shop", 1): "NT-01"})) == [("shop", 1)]

    def test_rows_of_another_source_are_nobodys(self, journal: Journal) -> None:
        row = ("shop", 7)
        journal.prepare([a_dispatch(0, key=row, business_id="HĐ-7")])
        assert self.history(journal).latest(IMPORT, {row: "HĐ-7"}) == {}
        assert self.history(journal).latest(SALE, {row: "HĐ-7"})

    def test_the_oldest_version_is_that_of_the_first_dispatch_that_has_one(self, journal: Journal) -> None:
        assert self.history(journal).oldest_version(SALE) is None
        journal.prepare([a_dispatch(0, change_version=None), a_dispatch(1, change_version=40)])
        journal.prepare([a_dispatch(0, number=2, change_version=50)])
        assert self.history(journal).oldest_version(SALE) == 40

    def test_dispatches_are_counted_by_status(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(0), a_dispatch(1), a_dispatch(2)])
        journal.prepare([a_dispatch(None, status=TaskStatus.REJECTED, error="no id")])
        counts = self.history(journal).counts(SALE, [TaskStatus.PREPARED, TaskStatus.REJECTED])
        assert counts == {TaskStatus.PREPARED: 3, TaskStatus.REJECTED: 1}
        assert self.history(journal).counts(IMPORT, [TaskStatus.PREPARED]) == {TaskStatus.PREPARED: 0}

    def test_many_dispatches_are_counted_all(self, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(pieces, "MOST", 10)
        journal.prepare([a_dispatch(seq) for seq in range(35)])
        assert self.history(journal).counts(SALE, [TaskStatus.PREPARED]) == {TaskStatus.PREPARED: 35}

    def history(self, journal: Journal) -> History:
        """The history that goes with this journal. The fake is both."""
        assert isinstance(journal, FakeMongo)
        return journal

    @staticmethod
    def _push(journal: Journal, dispatches: Sequence[Dispatch]) -> None:
        journal.prepare(dispatches)
        for dispatch in dispatches:
            journal.mark_pending([dispatch])
