"""Large parts of the task log, a piece a statement: none of them takes longer than an answer may."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from time import monotonic
from typing import Any, TypeAlias

from pymongo import DESCENDING
from pymongo.collection import Collection

Logs: TypeAlias = Collection[dict[str, Any]]
Progress: TypeAlias = Callable[[int], None]
"""Is called now and then, with the number of documents since its last call."""

FIRST = 500
"""Documents in the first piece: nobody knows how large they are, and one of half a megabyte takes a few ms."""
MOST = 10_000
"""Documents in a piece, however quick the last one was."""
QUICK_SECONDS, SLOW_SECONDS = 0.25, 1.0
"""After a piece that was quicker the next one is twice as large; after a slower one, half as large."""
COUNTED = 100_000
"""Most documents that one statement counts in an index."""


def by_ids(logs: Logs, query: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Queries that name the documents by their ids, piece by piece. The caller must make a piece stop matching."""
    size, seen = FIRST, list[Any]()
    while ids := [each["_id"] for each in logs.find(query, {"_id": 1}, limit=size, batch_size=size)]:
        if ids == seen:
            raise AssertionError("documents that were deleted or let expire are found again")
        began = monotonic()
        yield {**query, "_id": {"$in": ids}}
        size, seen = _next_size(size, monotonic() - began), ids


def by_places(logs: Logs, window_id: str) -> Iterator[dict[str, Any]]:
    """Queries that name a window's documents that go into the queue by their places, piece by piece."""
    start, size, end = 0, FIRST, _last_place(logs, window_id)
    while start <= end:
        began = monotonic()
        yield {"window_id": window_id, "seq": {"$gte": start, "$lt": start + size}}
        start, size = start + size, _next_size(size, monotonic() - began)


def _next_size(size: int, seconds: float) -> int:
    # guard: pieces-shrink
    if seconds > SLOW_SECONDS:
        return max(size // 2, 1)
    return min(2 * size, MOST) if seconds < QUICK_SECONDS else size


def count(logs: Logs, query: Mapping[str, Any], progress: Progress) -> int:
    """How many documents match. Where they are many, their ids are read, a piece a call."""
    few = logs.count_documents(query, limit=MOST + 1)
    if few <= MOST:
        return few
    counted = 0
    with logs.find(query, {"_id": 1}, batch_size=MOST) as found:
        for counted, _ in enumerate(found, start=1):
            if counted % MOST == 0:
                progress(MOST)
    return counted


def count_window(logs: Logs, window_id: str, progress: Progress) -> int:
    """How many documents a window has, rejected ones included."""
    counted = logs.count_documents({"window_id": window_id}, limit=MOST + 1)
    # guard: counted-in-pieces
    return counted if counted <= MOST else _count_large_window(logs, window_id, progress)


def _count_large_window(logs: Logs, window_id: str, progress: Progress) -> int:
    counted = 0
    for start in range(0, _last_place(logs, window_id) + 1, COUNTED):
        piece = logs.count_documents({"window_id": window_id, "seq": {"$gte": start, "$lt": start + COUNTED}})
        counted += piece
        progress(piece)
    # Rejected ones have no place.
    return counted + count(logs, {"window_id": window_id, "seq": None}, progress)


def _last_place(logs: Logs, window_id: str) -> int:
    """-1: no document of the window has a place."""
    order = [("window_id", DESCENDING), ("seq", DESCENDING)]
    last = logs.find_one({"window_id": window_id}, {"seq": 1}, sort=order)
    return -1 if last is None or last["seq"] is None else int(last["seq"])
