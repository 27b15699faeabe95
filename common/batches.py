"""Batches with two bounds: so many items, and so much of what they weigh, whichever is reached first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

T = TypeVar("T")

BATCH_CHARACTERS = 4_000_000
"""Characters of text in a batch of rows or dispatches: some 50 MB where each is kept in four bytes and once more as
JSON (`\\u1ec7`), whatever the number of rows. A MongoDB message holds 48 MB (MongoDB, "hello": maxMessageSizeBytes)."""


def batches(
    items: Iterable[T], *, most: int, heaviest: int = BATCH_CHARACTERS, weigh: Callable[[T], int]
) -> Iterator[list[T]]:
    """The items in order, in lists of at most `most`, whose weights add up to at most `heaviest`.

    An item that is heavier by itself is a list by itself. For a list that ends by its weight, the item after it has
    been taken from `items` when it comes out. `weigh`: gives an item's weight, in the unit of `heaviest`.
    """
    batch: list[T] = []
    weight = 0
    for item in items:
        more = weigh(item)
        # guard: batch-weight
        if batch and weight + more > heaviest:
            yield batch
            batch, weight = [], 0
        batch.append(item)
        weight += more
        if len(batch) == most:
            yield batch
            batch, weight = [], 0
    if batch:
        yield batch
