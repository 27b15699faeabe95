"""An index's entries in ascending order, in chunks, so that a change moves few of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from typing import Any, Final, TypeAlias

Entry: TypeAlias = tuple[Any, ...]
"""The key of each field, then the record's number: no two are equal."""

_CHUNK: Final = 1000
_SPARSE: Final = 8
"""Where so many entries stand between two new ones, each finds its place faster alone than by sorting them all."""


class Entries:
    """Sorted tuples. Many changes at once cost less than one by one: neighbours move as one."""

    def __init__(self) -> None:
        self._chunks: list[list[Entry]] = []
        self._lasts: list[Entry] = []
        """The greatest entry of each chunk; no chunk is empty."""

    def __iter__(self) -> Iterator[Entry]:
        return chain.from_iterable(self._chunks)

    def between(self, low: Entry, high: Entry, *, reverse: bool = False) -> Iterator[Entry]:
        """The entries from `low` to `high`, both included."""
        first, last = bisect_left(self._lasts, low), bisect_left(self._lasts, high)
        numbers = range(first, min(last + 1, len(self._chunks)))
        for number in reversed(numbers) if reverse else numbers:
            chunk = self._chunks[number]
            start = bisect_left(chunk, low) if number == first else 0
            end = bisect_right(chunk, high) if number == last else len(chunk)
            yield from reversed(chunk[start:end]) if reverse else chunk[start:end]

    def count(self, low: Entry, high: Entry) -> int:
        """How many entries there are from `low` to `high`, without reading them."""
        first, last = bisect_left(self._lasts, low), bisect_left(self._lasts, high)
        before = bisect_left(self._chunks[first], low) if first < len(self._chunks) else 0
        beyond = bisect_right(self._chunks[last], high) if last < len(self._chunks) else 0
        return sum(map(len, self._chunks[first:last])) - before + beyond

    def add(self, entries: Iterable[Entry]) -> None:
        """Put entries in, which come in any order and are not there yet."""
        new = sorted(entries)
        if new and not self._chunks:
            self._put_chunks(0, 0, new)
            return
        position = 0
        while position < len(new):
            number = min(bisect_left(self._lasts, new[position]), len(self._chunks) - 1)
            is_last = number == len(self._chunks) - 1
            end = len(new) if is_last else bisect_right(new, self._lasts[number], position)
            self._merge(number, new[position:end])
            position = end

    def remove(self, entries: Iterable[Entry]) -> None:
        """Take entries out, which come in any order and are all there."""
        gone = sorted(entries)
        position = 0
        while position < len(gone):
            number = bisect_left(self._lasts, gone[position])
            end = bisect_right(gone, self._lasts[number], position)
            self._cut(number, gone[position:end])
            position = end

    def _merge(self, number: int, new: Sequence[Entry]) -> None:
        chunk = self._chunks[number]
        low, high = bisect_left(chunk, new[0]), bisect_left(chunk, new[-1])
        if high - low > _SPARSE * len(new):
            for entry in new:
                insort(chunk, entry)
        else:
            chunk[low:high] = sorted([*chunk[low:high], *new])
        if len(chunk) > 2 * _CHUNK:
            self._put_chunks(number, number + 1, chunk)
        else:
            self._lasts[number] = chunk[-1]

    def _cut(self, number: int, gone: Sequence[Entry]) -> None:
        chunk = self._chunks[number]
        low, high = bisect_left(chunk, gone[0]), bisect_right(chunk, gone[-1])
        if high - low == len(gone):
            del chunk[low:high]
        else:
            for entry in gone:
                del chunk[bisect_left(chunk, entry)]
        if chunk:
            self._lasts[number] = chunk[-1]
        else:
            del self._chunks[number], self._lasts[number]

    def _put_chunks(self, start: int, end: int, entries: list[Entry]) -> None:
        """In place of the chunks from `start` up to `end`."""
        chunks = [entries[at : at + _CHUNK] for at in range(0, len(entries), _CHUNK)]
        self._chunks[start:end] = chunks
        self._lasts[start:end] = [chunk[-1] for chunk in chunks]
