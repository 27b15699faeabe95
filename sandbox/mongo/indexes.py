"""An index: one sorted list of (key of each field ..., record number)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import product
from typing import Any, TypeAlias

from sortedcontainers import SortedList

from sandbox.mongo.errors import Code, CommandError
from sandbox.mongo.filters import compile_filter
from sandbox.mongo.index_specs import IndexSpec
from sandbox.mongo.ordering import NULL_KEY, OrderKey, order_key
from sandbox.mongo.paths import Path, plain_value, values_at
from sandbox.mongo.values import ARRAY, Document

IndexKey: TypeAlias = tuple[OrderKey, ...]
"""One order key for each indexed field."""


class Index:
    """Serves equality, ranges, order and uniqueness. Kept up to date by its collection."""

    def __init__(self, spec: IndexSpec) -> None:
        self.spec = spec
        self.multikey = False
        """Whether an array was ever met: then a document may have several entries, and order means nothing."""
        self.entries: Any = SortedList()
        self._covers = None if spec.partial_filter is None else compile_filter(spec.partial_filter)
        self._reads = {path[0] for path in spec.paths} | {name.partition(".")[0] for name in spec.partial_filter or ()}
        self._reads_anything = any(name.startswith("$") for name in self._reads)

    def may_change_with(self, fields: Collection[str]) -> bool:
        """Whether a document's keys may be others when these of its fields are."""
        return self._reads_anything or not self._reads.isdisjoint(fields)

    def keys(self, document: Document) -> tuple[IndexKey, ...]:
        """The document's keys: none if a partial index leaves it out, several where there are arrays.

        Raises CommandError 171 when two different fields hold arrays.
        """
        if self._covers is not None and not self._covers(document):
            return ()
        values = [plain_value(document, path) for path in self.spec.paths]
        if ARRAY in values:
            return self._array_keys(document, values)
        return (tuple(map(order_key, values)),)

    def add(self, keys: Iterable[IndexKey], record: int) -> None:
        """Enter a record under these keys."""
        for key in keys:
            self.entries.add((*key, record))

    def remove(self, keys: Iterable[IndexKey], record: int) -> None:
        """Take a record's entries under these keys out."""
        for key in keys:
            self.entries.remove((*key, record))

    def fill(self, documents: Iterable[tuple[int, Document]]) -> None:
        """Enter many records into a new index at once. Does not look for duplicates; see `first_duplicate`."""
        self.entries.update((*key, record) for record, document in documents for key in self.keys(document))

    def taken_by_other(self, keys: Iterable[IndexKey], record: int | None) -> IndexKey | None:
        """The first of these keys that another record has already, if the index is unique."""
        if not self.spec.unique:
            return None
        for key in keys:
            for entry in self.entries.irange(key):
                if entry[:-1] != key:
                    break
                if entry[-1] != record:
                    return key
        return None

    def first_duplicate(self) -> int | None:
        """A record whose key another record has too, in an index that was filled at once."""
        previous: tuple[Any, ...] | None = None
        for entry in self.entries:
            if previous is not None and entry[:-1] == previous[:-1] and entry[-1] != previous[-1]:
                return int(entry[-1])
            previous = entry
        return None

    def _array_keys(self, document: Document, values: list[Any]) -> tuple[IndexKey, ...]:
        self.multikey = True
        holders = {path[0] for path, value in zip(self.spec.paths, values, strict=True) if value is ARRAY}
        if len(holders) > 1:
            raise CommandError(
                Code.CannotIndexParallelArrays, f"cannot index parallel arrays [{'] ['.join(sorted(holders))}]"
            )
        columns = [
            set(_column(document, path)) if value is ARRAY else {order_key(value)}
            for path, value in zip(self.spec.paths, values, strict=True)
        ]
        return tuple(product(*columns))


def _column(document: Document, path: Path) -> Iterator[OrderKey]:
    """The keys of one field: every value there, and every element of a value that is an array."""
    values = values_at(document, path)
    if not values:
        yield NULL_KEY
    for value in values:
        yield order_key(value)
        if type(value) is list:
            yield from (order_key(member) for member in value)
