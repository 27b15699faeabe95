"""Reading ahead, on a thread and without one."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from sandbox.waiting import wait_until

from relay.cycle.prefetch import Prefetch, prefetch
from tests.support.stage import one_ahead

both = pytest.mark.parametrize("ahead", [prefetch, one_ahead])


@both
def test_all_items_come_in_order(ahead: Prefetch) -> None:
    with ahead(iter(range(100))) as items:
        assert list(items) == list(range(100))


@both
def test_nothing_is_nothing(ahead: Prefetch) -> None:
    with ahead(iter(())) as items:
        assert list(items) == []


@both
def test_the_next_item_is_made_while_this_one_is_worked_on_and_no_more(ahead: Prefetch) -> None:
    made: list[int] = []

    def making() -> Iterator[int]:
        for number in range(5):
            made.append(number)
            yield number

    with ahead(making()) as items:
        assert next(items) == 0
        wait_until(lambda: made == [0, 1], message=f"made: {made}")
        assert next(items) == 1
        wait_until(lambda: made == [0, 1, 2], message=f"made: {made}")
    assert made == [0, 1, 2]


def test_what_making_an_item_raises_comes_in_its_place() -> None:
    def making() -> Iterator[int]:
        yield 1
        raise LookupError("no second one")

    with prefetch(making()) as items:
        assert next(items) == 1
        with pytest.raises(LookupError, match="no second one"):
            next(items)


def test_leaving_waits_until_nobody_works_on_the_items() -> None:
    may_end, ended = threading.Event(), threading.Event()

    def making() -> Iterator[int]:
        yield 1
        may_end.wait()
        ended.set()
        yield 2

    timer = threading.Timer(0.1, may_end.set)
    with prefetch(making()) as items:
        next(items)
        timer.start()
    assert ended.is_set()
    timer.join()
