"""What every journal says to who repairs a queue."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from common.database.ports import Journal
from common.database.records import NOWHERE, Dispatch, Outgoing, Pushed, TaskStatus, WindowEnd
from relay.sources.builtin import IMPORT, SALE
from tests.support.samples import a_checkpoint, a_dispatch, an_offset, an_open_window

MANY = 100
ROW: dict[str, Any] = {"key": ("shop", 7), "business_id": "HĐ-7"}


def pushed(dispatch: Pushed, status: TaskStatus = TaskStatus.PENDING) -> Pushed:
    """What it takes to push the dispatch again, and no more."""
    return Pushed(
        id=dispatch.id,
        window=dispatch.window,
        args=dispatch.args,
        seq=dispatch.seq,
        key=dispatch.key,
        status=status,
    )


class RepairsContract:
    """A part of JournalContract."""

    # What the queue should hold

    def test_beyond_an_offset_of_the_same_epoch_come_the_later_ones(self, journal: Journal) -> None:
        self._push(journal, [a_dispatch(seq, number=number) for number in (1, 2) for seq in range(3)])
        checkpoint = a_checkpoint(window_number=2)
        beyond = journal.pushed_beyond(SALE, checkpoint, an_offset(1), MANY)
        assert [dispatch.offset.place for dispatch in beyond] == [(1, 2), (2, 0), (2, 1), (2, 2)]

    def test_beyond_an_offset_of_another_epoch_comes_everything(self, journal: Journal) -> None:
        self._push(journal, [a_dispatch(0), a_dispatch(1)])
        for offset in (NOWHERE, an_offset(5, number=9, epoch="another")):
            assert _seqs(journal.pushed_beyond(SALE, a_checkpoint(), offset, MANY)) == [0, 1]

    def test_other_epochs_and_other_sources_are_not_looked_at(self, journal: Journal) -> None:
        self._push(journal, [a_dispatch(0, epoch="another"), a_dispatch(1, source=IMPORT), a_dispatch(2)])
        assert _seqs(journal.pushed_beyond(SALE, a_checkpoint(), NOWHERE, MANY)) == [2]

    def test_what_lies_before_the_epochs_beginning_is_not_looked_at(self, journal: Journal) -> None:
        """outage: in a long log the walk past earlier epochs took longer than an answer may, at every try."""
        self._push(journal, [a_dispatch(0, number=4), a_dispatch(0, number=5), a_dispatch(0, number=6)])
        checkpoint = a_checkpoint(epoch_follows=4, window_number=6)
        beyond = journal.pushed_beyond(SALE, checkpoint, NOWHERE, MANY)
        assert [dispatch.offset.place for dispatch in beyond] == [(5, 0), (6, 0)]

    def test_numbers_are_compared_before_places(self, journal: Journal) -> None:
        self._push(journal, [a_dispatch(11, number=2), a_dispatch(2, number=10), a_dispatch(1, number=10)])
        beyond = journal.pushed_beyond(SALE, a_checkpoint(window_number=10), an_offset(50), MANY)
        assert [dispatch.offset.place for dispatch in beyond] == [(2, 11), (10, 1), (10, 2)]

    def test_it_stops_at_the_first_one_that_is_still_prepared(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(seq) for seq in range(4)])
        journal.mark_pending([a_dispatch(0)])
        journal.mark_pending([a_dispatch(3)])
        checkpoint = a_checkpoint(open_window=an_open_window())
        assert _seqs(journal.pushed_beyond(SALE, checkpoint, NOWHERE, MANY)) == [0]

    def test_what_was_not_sealed_is_left_out(self, journal: Journal) -> None:
        self._push(journal, [a_dispatch(1, number=2)])
        journal.prepare([a_dispatch(0, number=2, window_id="dead"), a_dispatch(0, number=3)])
        checkpoint = a_checkpoint(window_number=2)
        assert _seqs(journal.pushed_beyond(SALE, checkpoint, NOWHERE, MANY)) == [1]

    def test_windows_after_the_checkpoints_are_left_out(self, journal: Journal) -> None:
        self._push(journal, [a_dispatch(0), a_dispatch(1, number=2)])
        assert _seqs(journal.pushed_beyond(SALE, a_checkpoint(), NOWHERE, MANY)) == [0]

    def test_rejected_rows_are_left_out(self, journal: Journal) -> None:
        journal.prepare([_rejected()])
        self._push(journal, [a_dispatch(1)])
        assert _seqs(journal.pushed_beyond(SALE, a_checkpoint(), NOWHERE, MANY)) == [1]

    def test_no_more_than_asked_for(self, journal: Journal) -> None:
        self._push(journal, [a_dispatch(seq) for seq in range(5)])
        assert _seqs(journal.pushed_beyond(SALE, a_checkpoint(), NOWHERE, 2)) == [0, 1]
        assert _seqs(journal.pushed_beyond(SALE, a_checkpoint(), an_offset(1), 2)) == [2, 3]

    # Where the windows end

    def test_a_window_ends_with_the_last_that_was_pushed(self, journal: Journal) -> None:
        self._push(journal, [a_dispatch(seq, number=1) for seq in (0, 1, 4)])
        self._push(journal, [a_dispatch(seq, number=3, follows=(1, 4)) for seq in (2, 3)])
        journal.prepare([_rejected(3)])
        checkpoint = a_checkpoint(window_number=3)
        first, third = WindowEnd(number=1, seq=4, follows=None), WindowEnd(number=3, seq=3, follows=(1, 4))
        assert journal.ends_beyond(SALE, checkpoint, NOWHERE, MANY) == [first, third]
        assert journal.ends_beyond(SALE, checkpoint, an_offset(1), MANY) == [first, third]
        assert journal.ends_beyond(SALE, checkpoint, an_offset(4), MANY) == [third]
        assert journal.ends_beyond(SALE, checkpoint, an_offset(2, number=3), MANY) == [third]
        assert journal.ends_beyond(SALE, checkpoint, an_offset(3, number=3), MANY) == []

    @pytest.mark.parametrize("limit", [1, 2, 3, 4, 5, 6, 7, MANY])
    def test_windows_are_read_a_few_at_a_time(self, journal: Journal, limit: int) -> None:
        sizes = [1, 6, 1, 1, 2]
        follows = None
        for number, size in enumerate(sizes, start=1):
            self._push(journal, [a_dispatch(seq, number=number, follows=follows) for seq in range(size)])
            follows = (number, size - 1)
        checkpoint, offset, ends = a_checkpoint(window_number=5), NOWHERE, list[WindowEnd]()
        while more := journal.ends_beyond(SALE, checkpoint, offset, limit):
            assert len(more) <= limit
            ends += more
            offset = an_offset(more[-1].seq, number=more[-1].number)
        assert [end.place for end in ends] == [(number, size - 1) for number, size in enumerate(sizes, start=1)]
        assert [end.follows for end in ends] == [None, *(end.place for end in ends[:-1])]

    @pytest.mark.parametrize("limit", [1, 2, 3, MANY])
    def test_an_open_window_ends_before_the_first_that_is_still_prepared(self, journal: Journal, limit: int) -> None:
        journal.prepare([a_dispatch(seq) for seq in range(6)])
        for seq in (0, 1, 2, 5):
            journal.mark_pending([a_dispatch(seq)])
        checkpoint = a_checkpoint(open_window=an_open_window(count=6))
        assert [end.seq for end in journal.ends_beyond(SALE, checkpoint, NOWHERE, limit)] == [2]
        assert journal.ends_beyond(SALE, checkpoint, an_offset(2), limit) == []

    def test_what_was_not_sealed_is_no_end(self, journal: Journal) -> None:
        self._push(journal, [a_dispatch(1), a_dispatch(5, epoch="another"), a_dispatch(6, source=IMPORT)])
        journal.prepare([a_dispatch(9, window_id="dead"), a_dispatch(0, number=2)])
        assert [end.seq for end in journal.ends_beyond(SALE, a_checkpoint(), NOWHERE, MANY)] == [1]

    # Which of them a later dispatch follows

    def test_a_row_that_was_dispatched_again_is_overtaken(self, journal: Journal) -> None:
        first, again = a_dispatch(0, **ROW), a_dispatch(0, number=2, **ROW)
        other = a_dispatch(1, key=("shop", 8), business_id="HĐ-7")
        self._push(journal, [first, other, again])
        batch = [pushed(each) for each in (first, other, again)]
        assert journal.overtaken(batch, (2, 0)) == {first.id}
        self.report_success(again.id)
        assert journal.overtaken(batch[:2], (9, 9)) == {first.id}

    def test_what_lies_beyond_the_end_overtakes_nothing(self, journal: Journal) -> None:
        first, again = a_dispatch(0, **ROW), a_dispatch(3, number=2, **ROW)
        self._push(journal, [first, again])
        assert journal.overtaken([pushed(first)], (1, 9)) == set()
        assert journal.overtaken([pushed(first)], (2, 2)) == set()
        assert journal.overtaken([pushed(first)], (2, 3)) == {first.id}

    @pytest.mark.parametrize("status", [TaskStatus.PREPARED, TaskStatus.REJECTED])
    def test_what_never_goes_out_overtakes_nothing(self, journal: Journal, status: TaskStatus) -> None:
        """A dead attempt's, or one of a row that cannot be sent any more."""
        first = a_dispatch(0, **ROW)
        self._push(journal, [first])
        seq = None if status is TaskStatus.REJECTED else 0
        journal.prepare([a_dispatch(seq, number=2, status=status, **ROW)])
        assert journal.overtaken([pushed(first)], (9, 9)) == set()

    def test_others_overtake_nothing(self, journal: Journal) -> None:
        first = a_dispatch(1, **ROW)
        others: list[dict[str, Any]] = [
            {"source": IMPORT},
            {"epoch": "another"},
            {"key": ("shop",)},
            {"key": (7, "shop")},
        ]
        self._push(journal, [first, *(a_dispatch(0, **{"number": 2, **ROW, **other}) for other in others)])
        self._push(journal, [a_dispatch(7, number=1, key=("shop", 9)), a_dispatch(8, number=2, key=("shop", 9))])
        assert journal.overtaken([pushed(first)], (9, 9)) == set()

    def report_success(self, task_id: str) -> None:
        """As a worker service does."""
        raise NotImplementedError

    @staticmethod
    def _push(journal: Journal, dispatches: Sequence[Dispatch]) -> None:
        journal.prepare(dispatches)
        for dispatch in dispatches:
            journal.mark_pending([dispatch])


def _rejected(number: int = 1) -> Dispatch:
    return a_dispatch(None, number=number, status=TaskStatus.REJECTED, error="shop_pharmacy_code is NULL")


def _seqs(dispatches: Sequence[Outgoing]) -> list[int | None]:
    return [dispatch.seq for dispatch in dispatches]
