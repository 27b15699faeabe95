"""Batches end by their number, or by their weight."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from common.batches import batches


def _weight(number: int) -> int:
    return number


@pytest.mark.parametrize(
    ("weights", "expected"),
    [
        ([], []),
        ([1, 1, 1, 1], [[1, 1, 1], [1]]),
        ([1, 1, 1], [[1, 1, 1]]),
        ([5, 5, 1], [[5, 5], [1]]),
        ([6, 5], [[6], [5]]),
        ([99, 1], [[99], [1]]),
        ([1, 99, 1], [[1], [99], [1]]),
        ([0, 0, 0, 0], [[0, 0, 0], [0]]),
    ],
)
def test_a_batch_ends_at_its_number_or_its_weight(weights: list[int], expected: list[list[int]]) -> None:
    assert list(batches(weights, most=3, heaviest=10, weigh=_weight)) == expected


@given(st.lists(st.integers(0, 30)), st.integers(1, 5))
def test_nothing_is_lost_and_no_bound_is_passed(weights: list[int], most: int) -> None:
    found = list(batches(weights, most=most, heaviest=10, weigh=_weight))
    assert [weight for batch in found for weight in batch] == weights
    assert all(0 < len(batch) <= most and (sum(batch) <= 10 or len(batch) == 1) for batch in found)
    together = [batch + following[:1] for batch, following in itertools.pairwise(found)]
    assert all(len(batch) > most or sum(batch) > 10 for batch in together), "none ends before it has to"


def test_no_more_is_read_than_the_item_that_is_too_much() -> None:
    read: list[int] = []

    def reading() -> Iterator[int]:
        for number in range(10):
            read.append(number)
            yield 4

    items = batches(reading(), most=2, heaviest=100, weigh=_weight)
    assert next(items) == [4, 4]
    assert read == [0, 1]
    items = batches(reading(), most=100, heaviest=10, weigh=_weight)
    read.clear()
    assert next(items) == [4, 4]
    assert read == [0, 1, 2]
