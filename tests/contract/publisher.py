"""What every publisher promises, and what one that keeps an offset promises beyond it."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence

import pytest

from common.database.records import NOWHERE, Dispatch, Offset
from relay.cycle.ports import Publisher, QueueGapError
from relay.sources.builtin import IMPORT, SALE
from relay.sources.source import Source
from tests.support.samples import a_dispatch, an_offset


class PublisherContract(ABC):
    """A backend gives a `publisher`, and shows which dispatches are in a source's queue, oldest first."""

    @pytest.fixture
    @abstractmethod
    def publisher(self) -> Publisher: ...

    @abstractmethod
    def queued(self, source: Source) -> Sequence[str]: ...

    def test_a_batch_is_put_in_the_queue_in_order(self, publisher: Publisher) -> None:
        batch = _dispatches(0, 3)
        publisher.publish(SALE, after=NOWHERE, dispatches=batch)
        assert self.queued(SALE) == _ids(batch)

    def test_batches_follow_one_another(self, publisher: Publisher) -> None:
        first, second = _dispatches(0, 3), _dispatches(3, 5)
        publisher.publish(SALE, after=NOWHERE, dispatches=first)
        publisher.publish(SALE, after=first[-1].offset, dispatches=second)
        assert self.queued(SALE) == _ids([*first, *second])

    def test_a_dispatch_without_its_message_puts_nothing_in_the_queue(self, publisher: Publisher) -> None:
        without_message = {a_dispatch(0).id, a_dispatch(2).id}
        publisher.publish(SALE, after=NOWHERE, dispatches=_dispatches(0, 3), skip_message=without_message)
        assert self.queued(SALE) == [a_dispatch(1).id]

    def test_each_source_has_its_queue(self, publisher: Publisher) -> None:
        receipt = a_dispatch(0, source=IMPORT)
        publisher.publish(SALE, after=NOWHERE, dispatches=[a_dispatch(0)])
        publisher.publish(IMPORT, after=NOWHERE, dispatches=[receipt])
        assert self.queued(SALE) == [a_dispatch(0).id]
        assert self.queued(IMPORT) == [receipt.id]

    def test_every_source_that_is_asked_for_has_an_answer(self, publisher: Publisher) -> None:
        assert set(publisher.offsets([SALE, IMPORT])) == {"sale", "import"}

    def test_a_large_batch_arrives_whole(self, publisher: Publisher) -> None:
        batch = _dispatches(0, 2500)
        publisher.publish(SALE, after=NOWHERE, dispatches=batch)
        assert self.queued(SALE) == _ids(batch)

    def test_it_tells_how_much_has_arrived(self, publisher: Publisher) -> None:
        told: list[int] = []
        batch, without_message = _dispatches(0, 600), {a_dispatch(0).id, a_dispatch(300).id, a_dispatch(599).id}
        publisher.publish(SALE, after=NOWHERE, dispatches=batch, skip_message=without_message, arrived=told.append)
        assert told == sorted(set(told))
        assert told[-1] == len(batch)

    def test_what_arrived_before_an_error_is_told(self, publisher: Publisher) -> None:
        told: list[int] = []
        batch = [*_dispatches(0, 600), a_dispatch(600, args="no JSON"), a_dispatch(601)]
        with pytest.raises(ValueError, match="Expecting value"):
            publisher.publish(SALE, after=NOWHERE, dispatches=batch, arrived=told.append)
        assert 500 <= told[-1] <= 600
        assert self.queued(SALE)[: told[-1]] == _ids(batch[: told[-1]])

    def test_large_messages_arrive_in_order(self, publisher: Publisher) -> None:
        sizes = [10, 900_000, 10, 400_000, 900_000, *([10] * 10), 900_000]
        batch = [a_dispatch(seq, args=json.dumps([f"HĐ-{seq}", "x" * size])) for seq, size in enumerate(sizes)]
        publisher.publish(SALE, after=NOWHERE, dispatches=batch)
        assert self.queued(SALE) == _ids(batch)


class ForgetfulPublisherContract(PublisherContract):
    """A queue that keeps no offset: at least once."""

    def test_it_cannot_say_where_the_queue_stands(self, publisher: Publisher) -> None:
        publisher.publish(SALE, after=NOWHERE, dispatches=[a_dispatch(0)])
        assert publisher.offsets([SALE]) == {"sale": None}

    def test_it_knows_how_many_messages_wait(self, publisher: Publisher) -> None:
        assert publisher.queue_length(SALE) == 0
        publisher.publish(SALE, after=NOWHERE, dispatches=_dispatches(0, 3))
        assert publisher.queue_length(SALE) == 3

    def test_a_retry_repeats_under_the_same_id(self, publisher: Publisher) -> None:
        for _ in range(2):
            publisher.publish(SALE, after=NOWHERE, dispatches=[a_dispatch(0)])
        assert self.queued(SALE) == [a_dispatch(0).id] * 2


class OffsetPublisherContract(PublisherContract):
    """A queue that remembers its offset: exactly once."""

    def test_an_empty_queue_stands_nowhere(self, publisher: Publisher) -> None:
        assert publisher.offsets([SALE]) == {"sale": NOWHERE}
        assert publisher.queue_length(SALE) == 0

    def test_the_offset_is_that_of_the_last_dispatch(self, publisher: Publisher) -> None:
        publisher.publish(SALE, after=NOWHERE, dispatches=_dispatches(0, 3))
        assert _stands(publisher) == an_offset(2)
        assert publisher.queue_length(SALE) == 3

    def test_a_dispatch_without_its_message_moves_the_offset(self, publisher: Publisher) -> None:
        publisher.publish(SALE, after=NOWHERE, dispatches=[a_dispatch(4)], skip_message={a_dispatch(4).id})
        assert _stands(publisher) == an_offset(4)
        assert publisher.queue_length(SALE) == 0

    def test_a_retry_changes_nothing(self, publisher: Publisher) -> None:
        batch = _dispatches(0, 3)
        for _ in range(3):
            publisher.publish(SALE, after=NOWHERE, dispatches=batch)
        assert self.queued(SALE) == _ids(batch)
        assert _stands(publisher) == an_offset(2)

    def test_what_was_pushed_is_skipped_and_the_rest_follows(self, publisher: Publisher) -> None:
        batch = _dispatches(0, 5)
        publisher.publish(SALE, after=NOWHERE, dispatches=batch[:2])
        publisher.publish(SALE, after=NOWHERE, dispatches=batch)
        assert self.queued(SALE) == _ids(batch)

    def test_an_old_batch_does_not_set_the_offset_back(self, publisher: Publisher) -> None:
        batch = _dispatches(0, 5)
        publisher.publish(SALE, after=NOWHERE, dispatches=batch)
        publisher.publish(SALE, after=NOWHERE, dispatches=batch[:2])
        assert _stands(publisher) == an_offset(4)

    def test_the_next_window_follows_the_last_place_of_the_one_before(self, publisher: Publisher) -> None:
        publisher.publish(SALE, after=NOWHERE, dispatches=_dispatches(0, 12))
        second = a_dispatch(0, number=2)
        publisher.publish(SALE, after=an_offset(11), dispatches=[second])
        assert _stands(publisher) == an_offset(0, number=2)
        assert self.queued(SALE)[-1] == second.id

    def test_numbers_are_compared_as_numbers(self, publisher: Publisher) -> None:
        publisher.publish(SALE, after=NOWHERE, dispatches=[a_dispatch(9, number=9)])
        publisher.publish(SALE, after=an_offset(9, number=9), dispatches=[a_dispatch(10, number=10)])
        publisher.publish(SALE, after=an_offset(10, number=10), dispatches=[a_dispatch(9, number=11)])
        assert publisher.queue_length(SALE) == 3

    @pytest.mark.parametrize("after", [an_offset(2), an_offset(0, number=2)], ids=["later place", "later window"])
    def test_a_gap_is_refused(self, publisher: Publisher, after: Offset) -> None:
        publisher.publish(SALE, after=NOWHERE, dispatches=_dispatches(0, 2))
        with pytest.raises(QueueGapError):
            publisher.publish(SALE, after=after, dispatches=[a_dispatch(5, number=3)])
        self._assert_unchanged(publisher, _dispatches(0, 2))

    def test_a_queue_that_lost_its_offset_refuses_what_does_not_begin_there(self, publisher: Publisher) -> None:
        with pytest.raises(QueueGapError):
            publisher.publish(SALE, after=an_offset(1), dispatches=[a_dispatch(2)])
        self._assert_unchanged(publisher, [])

    def test_another_epoch_follows_exactly_the_offset(self, publisher: Publisher) -> None:
        publisher.publish(SALE, after=NOWHERE, dispatches=_dispatches(0, 2))
        first = a_dispatch(0, epoch="second", number=2)
        publisher.publish(SALE, after=an_offset(1), dispatches=[first])
        assert _stands(publisher) == first.offset
        assert self.queued(SALE)[-1] == first.id

    def test_the_first_batch_of_an_epoch_can_be_retried(self, publisher: Publisher) -> None:
        publisher.publish(SALE, after=NOWHERE, dispatches=_dispatches(0, 2))
        first = a_dispatch(0, epoch="second", number=2)
        for _ in range(2):
            publisher.publish(SALE, after=an_offset(1), dispatches=[first])
        assert self.queued(SALE) == _ids([*_dispatches(0, 2), first])

    @pytest.mark.parametrize(
        "after",
        [NOWHERE, an_offset(0), an_offset(2), an_offset(1, number=2), an_offset(1, epoch="second")],
        ids=["nowhere", "before", "beyond", "other window", "its own epoch"],
    )
    def test_another_epoch_is_refused_anywhere_else(self, publisher: Publisher, after: Offset) -> None:
        publisher.publish(SALE, after=NOWHERE, dispatches=_dispatches(0, 2))
        with pytest.raises(QueueGapError):
            publisher.publish(SALE, after=after, dispatches=[a_dispatch(0, epoch="second", number=2)])
        self._assert_unchanged(publisher, _dispatches(0, 2))

    def test_an_epoch_may_begin_below_the_numbers_of_the_one_before(self, publisher: Publisher) -> None:
        publisher.publish(SALE, after=NOWHERE, dispatches=[a_dispatch(9, number=9)])
        second = [a_dispatch(seq, epoch="second") for seq in range(2)]
        publisher.publish(SALE, after=an_offset(9, number=9), dispatches=second)
        assert _stands(publisher) == second[-1].offset
        assert self.queued(SALE)[1:] == _ids(second)

    def test_sources_stand_apart(self, publisher: Publisher) -> None:
        publisher.publish(SALE, after=NOWHERE, dispatches=_dispatches(0, 2))
        assert publisher.offsets([SALE, IMPORT]) == {"sale": an_offset(1), "import": NOWHERE}

    def _assert_unchanged(self, publisher: Publisher, dispatches: Sequence[Dispatch]) -> None:
        assert self.queued(SALE) == _ids(dispatches)
        assert _stands(publisher) == (dispatches[-1].offset if dispatches else NOWHERE)


def _dispatches(start: int, stop: int) -> list[Dispatch]:
    return [a_dispatch(seq) for seq in range(start, stop)]


def _ids(dispatches: Sequence[Dispatch]) -> list[str]:
    return [dispatch.id for dispatch in dispatches]


def _stands(publisher: Publisher) -> Offset | None:
    return publisher.offsets([SALE])[SALE.name]
