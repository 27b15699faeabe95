"""Prefetch: the next batch is read and made ready while this one is written and sent."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol, TypeVar

T = TypeVar("T")


class Prefetch(Protocol):
    """Gives the same items, each of them made before it is asked for."""

    def __call__(self, items: Iterator[T]) -> AbstractContextManager[Iterator[T]]:
        """The items, while the context lasts; what making one raises comes out where that item would."""


@contextmanager
def prefetch(items: Iterator[T]) -> Iterator[Iterator[T]]:
    """One item ahead, on a separate thread.

    Leaving waits for the item that is being made: afterwards nobody works on `items` any more, so what they are read
    from can be closed.
    """
    with ThreadPoolExecutor(max_workers=1, thread_name_prefix="prefetch") as thread:
        yield _from(items, thread)


def _from(items: Iterator[T], thread: ThreadPoolExecutor) -> Iterator[T]:
    end = object()
    coming = thread.submit(next, items, end)
    while (item := coming.result()) is not end:
        coming = thread.submit(next, items, end)
        yield item  # type: ignore[misc]
