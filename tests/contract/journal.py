"""What every journal promises."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import pytest

from common.database.ports import Journal
from common.database.records import NOWHERE, Dispatch, Outgoing, Takeover, TaskStatus
from relay.sources.builtin import IMPORT, SALE
from tests.contract.history import HistoryContract
from tests.contract.repairs import RepairsContract, pushed
from tests.support.samples import a_checkpoint, a_dispatch, an_offset, an_open_window

MANY = 100


class JournalContract(HistoryContract, RepairsContract, ABC):
    """A backend gives a `journal`, and reports what a worker service writes."""

    @pytest.fixture
    @abstractmethod
    def journal(self) -> Journal: ...

    @abstractmethod
    def report_success(self, task_id: str) -> None: ...

    # Preparing

    def test_what_is_pushed_again_is_what_was_prepared(self, journal: Journal) -> None:
        dispatches = [
            a_dispatch(0, follows=(7, 3), base=4, priority=5),
            a_dispatch(1, change_version=None, business_id=None, key=(7, "a", 2**40), args='["\\ud83d\\udc8a"]'),
        ]
        assert journal.prepare(dispatches) == []
        journal.mark_pending(dispatches)
        found = journal.pushed_beyond(SALE, a_checkpoint(), NOWHERE, MANY)
        assert [pushed(each, each.status) for each in found] == [pushed(dispatch) for dispatch in dispatches]

    def test_what_is_to_be_sent_is_what_was_prepared(self, journal: Journal) -> None:
        window: dict[str, Any] = {
            "priority": 3,
            "queue": "other",
            "task": "other.do",
            "epoch": "second",
            "generation": 9,
        }
        dispatches = [a_dispatch(0, **window), a_dispatch(1, args='["\\ud83d\\udc8a", 7]', **window)]
        journal.prepare(dispatches)
        assert _sent(_batch(journal, "window-1", MANY)) == _sent(dispatches)

    def test_a_cycle_of_which_nothing_is_there_has_no_window(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(0)])
        assert journal.header("window-2") is None

    def test_what_is_there_already_is_named_and_left_alone(self, journal: Journal) -> None:
        first = a_dispatch(0)
        journal.prepare([first])
        again = [a_dispatch(0, id=first.id, number=2, args="[]"), a_dispatch(1, number=2)]
        assert journal.prepare(again) == [first.id]
        assert _sent(_batch(journal, "window-1", MANY)) == _sent([first])
        assert _sent(_batch(journal, "window-2", MANY)) == _sent([again[1]])

    def test_rejected_rows_are_counted_but_have_no_place(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(0), _rejected()])
        assert journal.count("window-1", nothing) == 2
        assert _sent(_batch(journal, "window-1", MANY)) == _sent([a_dispatch(0)])

    def test_cycles_are_counted_apart(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(0), a_dispatch(1), a_dispatch(0, number=2)])
        assert [journal.count(window, nothing) for window in ("window-1", "window-2", "window-3")] == [2, 1, 0]

    # Taking over

    @pytest.mark.parametrize("status", [TaskStatus.PREPARED, TaskStatus.REJECTED])
    @pytest.mark.parametrize("generation", [1, 2], ids=["earlier generation", "own generation"])
    def test_what_was_never_published_is_replaced(self, journal: Journal, status: TaskStatus, generation: int) -> None:
        journal.prepare([a_dispatch(0, status=status, generation=generation)])
        ours = a_dispatch(4, id=a_dispatch(0).id, number=2, generation=2)
        assert _taken_over(journal, ours) is Takeover.REPLACED
        assert journal.count("window-1", nothing) == 0
        assert _sent(_batch(journal, "window-2", MANY)) == _sent([ours])

    def test_what_was_published_stays(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(0)])
        journal.mark_pending([a_dispatch(0)])
        ours = a_dispatch(0, window_id="window-2", generation=2)
        assert _taken_over(journal, ours) is Takeover.DISPATCHED_BEFORE
        assert (journal.count("window-1", nothing), journal.count("window-2", nothing)) == (1, 0)

    def test_what_a_worker_has_done_stays(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(0)])
        self.report_success(a_dispatch(0).id)
        ours = a_dispatch(0, window_id="window-2", generation=2)
        assert _taken_over(journal, ours) is Takeover.DISPATCHED_BEFORE

    def test_what_the_open_window_holds_stays(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(0)])
        ours = a_dispatch(0, window_id="window-2", generation=2)
        assert _taken_over(journal, ours, open_window="window-1") is Takeover.DISPATCHED_BEFORE
        assert _sent(_batch(journal, "window-1", MANY)) == _sent([a_dispatch(0)])

    def test_a_later_generation_is_told_apart(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(0, generation=3)])
        ours = a_dispatch(0, window_id="window-2", generation=2)
        assert _taken_over(journal, ours) is Takeover.LATER_GENERATION
        assert _sent(_batch(journal, "window-1", MANY)) == _sent([a_dispatch(0, generation=3)])

    def test_each_of_a_batch_is_told_what_became_of_it(self, journal: Journal) -> None:
        earlier = [
            a_dispatch(0),
            a_dispatch(1),
            a_dispatch(2, generation=3),
            a_dispatch(3, status=TaskStatus.REJECTED),
            a_dispatch(4),
        ]
        journal.prepare(earlier)
        journal.mark_pending([a_dispatch(1)])
        self.report_success(a_dispatch(4).id)
        ours = [
            a_dispatch(seq, window_id="window-2", number=2, generation=2, id=a_dispatch(seq).id) for seq in range(6)
        ]
        assert journal.take_over(ours, open_window=None) == {
            ours[0].id: Takeover.REPLACED,
            ours[1].id: Takeover.DISPATCHED_BEFORE,
            ours[2].id: Takeover.LATER_GENERATION,
            ours[3].id: Takeover.REPLACED,
            ours[4].id: Takeover.DISPATCHED_BEFORE,
            ours[5].id: Takeover.GONE,
        }
        assert _sent(_batch(journal, "window-2", MANY)) == _sent([ours[0], ours[3]])
        assert journal.count("window-1", nothing) == 3

    def test_what_was_taken_over_is_as_if_it_had_been_prepared(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(0, args="[]", business_id=None)])
        ours = a_dispatch(3, window_id="window-2", number=2, generation=2, id=a_dispatch(0).id)
        assert _taken_over(journal, ours) is Takeover.REPLACED
        journal.mark_pending([ours])
        found = journal.pushed_beyond(SALE, a_checkpoint(window_number=2), NOWHERE, MANY)
        assert [pushed(each, each.status) for each in found] == [pushed(ours)]

    # Discarding

    def test_what_was_never_sealed_is_discarded(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(0, generation=1), a_dispatch(1, generation=2)])
        assert journal.discard(SALE, generation=2, open_window=None, progress=nothing) == 2
        assert journal.count("window-1", nothing) == 0

    def test_the_open_window_is_not_discarded(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(0), a_dispatch(0, number=2)])
        assert journal.discard(SALE, generation=1, open_window="window-1", progress=nothing) == 1
        assert [journal.count(window, nothing) for window in ("window-1", "window-2")] == [1, 0]

    def test_later_generations_are_not_discarded(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(0, generation=3)])
        assert journal.discard(SALE, generation=2, open_window=None, progress=nothing) == 0
        assert journal.count("window-1", nothing) == 1

    def test_other_sources_are_not_discarded(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(0, source=IMPORT)])
        assert journal.discard(SALE, generation=1, open_window=None, progress=nothing) == 0
        assert journal.count("window-1", nothing) == 1

    def test_what_was_published_is_not_discarded(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(0), a_dispatch(1)])
        journal.mark_pending([a_dispatch(0)])
        self.report_success(a_dispatch(1).id)
        assert journal.discard(SALE, generation=1, open_window=None, progress=nothing) == 0
        assert journal.count("window-1", nothing) == 2

    def test_rejected_rows_of_a_window_that_was_never_sealed_are_discarded(self, journal: Journal) -> None:
        journal.prepare([_rejected()])
        assert journal.discard(SALE, generation=1, open_window="window-1", progress=nothing) == 0
        assert journal.discard(SALE, generation=1, open_window=None, progress=nothing) == 1

    def test_rejected_rows_of_a_closed_window_are_not_discarded(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(0), _rejected()])
        journal.mark_pending([a_dispatch(0)])
        journal.let_expire(an_open_window(), nothing)
        assert journal.discard(SALE, generation=1, open_window=None, progress=nothing) == 0
        assert journal.count("window-1", nothing) == 2

    # Batches

    def test_a_batch_is_in_order_and_no_longer_than_asked(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(seq) for seq in (11, 2, 0, 10, 1)])
        assert _seqs(_batch(journal, "window-1", 3)) == [0, 1, 2]
        assert _seqs(_batch(journal, "window-1", MANY)) == [0, 1, 2, 10, 11]
        assert _seqs(_batch(journal, "window-1", 2, after=1)) == [2, 10]

    def test_a_batch_ends_where_it_holds_much_text(self, journal: Journal) -> None:
        sizes = [10, 900_000, 10, 900_000, 900_000, 900_000, 900_000, 10]
        journal.prepare([a_dispatch(seq, args="x" * size) for seq, size in enumerate(sizes)])
        assert _seqs(_batch(journal, "window-1", MANY)) == [0, 1, 2, 3, 4, 5]
        assert _seqs(_batch(journal, "window-1", MANY, after=5)) == [6, 7]
        assert _batch(journal, "window-1", MANY, after=7) == []

    def test_a_batch_that_is_pushed_again_ends_where_it_holds_much_text(self, journal: Journal) -> None:
        dispatches = [a_dispatch(seq, args="x" * 900_000) for seq in range(6)]
        journal.prepare(dispatches)
        journal.mark_pending(dispatches)
        assert _seqs(journal.pushed_beyond(SALE, a_checkpoint(), NOWHERE, MANY)) == [0, 1, 2, 3]
        assert _seqs(journal.pushed_beyond(SALE, a_checkpoint(), an_offset(3), MANY)) == [4, 5]

    def test_a_batch_begins_after_what_is_in_the_queue(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(seq) for seq in range(4)])
        journal.mark_pending([a_dispatch(0), a_dispatch(1)])
        assert _seqs(_batch(journal, "window-1", MANY)) == [2, 3]

    def test_before_is_the_place_of_the_one_before_it(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(0), a_dispatch(2), _rejected(), a_dispatch(4), a_dispatch(3, number=2)])
        journal.mark_pending([a_dispatch(2)])
        assert journal.before(a_dispatch(4)) == an_offset(2)
        assert journal.before(a_dispatch(2)) == an_offset(0)
        assert journal.before(a_dispatch(0)) is None

    # What is in the queue

    def test_a_quick_workers_status_stays(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(0), a_dispatch(1)])
        self.report_success(a_dispatch(0).id)
        journal.mark_pending([a_dispatch(0), a_dispatch(1)])
        assert self._statuses(journal) == [TaskStatus.SUCCESS, TaskStatus.PENDING]

    def test_a_dispatch_that_another_cycle_took_over_is_not_marked(self, journal: Journal) -> None:
        journal.prepare([a_dispatch(0)])
        ours = a_dispatch(0, window_id="window-2", generation=2)
        assert _taken_over(journal, ours) is Takeover.REPLACED
        journal.mark_pending([a_dispatch(0)])
        assert _sent(_batch(journal, "window-2", MANY)) == _sent([ours])

    def test_what_lies_beyond_a_batch_and_other_cycles_are_not_marked(self, journal: Journal) -> None:
        journal.prepare([*(a_dispatch(seq) for seq in range(4)), a_dispatch(1, number=2, window_id="window-2")])
        journal.mark_pending([a_dispatch(1), a_dispatch(2)])
        assert _seqs(_batch(journal, "window-1", MANY)) == [0, 3]
        assert _seqs(_batch(journal, "window-2", MANY)) == [1]

    def _statuses(self, journal: Journal) -> list[TaskStatus]:
        found = journal.pushed_beyond(SALE, a_checkpoint(), NOWHERE, MANY)
        return [dispatch.status for dispatch in found]


def nothing(_more: int) -> None:
    """Progress that nobody waits for."""


def _taken_over(journal: Journal, ours: Dispatch, *, open_window: str | None = None) -> Takeover:
    return journal.take_over([ours], open_window=open_window)[ours.id]


def _rejected() -> Dispatch:
    return a_dispatch(None, status=TaskStatus.REJECTED, error="shop_pharmacy_code is NULL")


def _batch(journal: Journal, window_id: str, limit: int, *, after: int = -1) -> Sequence[Outgoing]:
    window = journal.header(window_id)
    return journal.batch(window, limit, after=after) if window else []


def _sent(dispatches: Sequence[Outgoing]) -> list[Outgoing]:
    """The part of each that goes out."""
    return [Outgoing(id=each.id, window=each.window, args=each.args, seq=each.seq) for each in dispatches]


def _seqs(dispatches: Sequence[Outgoing]) -> list[int | None]:
    return [dispatch.seq for dispatch in dispatches]
