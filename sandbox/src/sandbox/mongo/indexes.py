"""An index: sorted entries of (key of each field ..., record number)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import product
from typing import Any, Final

from sandbox.mongo.entries import Entries, Entry
from sandbox.mongo.errors import Code, CommandError
from sandbox.mongo.filters import compile_filter
from sandbox.mongo.index_keys import IndexKey, compile_key
from sandbox.mongo.index_specs import IndexSpec
from sandbox.mongo.ordering import NULL_KEY, OrderKey, order_key
from sandbox.mongo.paths import Path, plain_value, values_at
from sandbox.mongo.values import ARRAY, Document

_UNMERGED: Final = 10_000
"""Changes that wait at most, so that who looks next waits for milliseconds only."""


class Index:
    """Serves equality, ranges, order and uniqueness. Kept up to date by its collection."""

    def __init__(self, spec: IndexSpec) -> None:
        self.spec = spec
        self.multikey = False
        """Whether an array was ever met: then a document may have several entries, and order means nothing."""
        self._unique = spec.unique
        self._entries = Entries()
        # Changes that were not merged into the entries yet, removals first: what is in both is put back.
        # Dicts, for the order that they came in is nearly sorted.
        self._added: dict[Entry, None] = {}
        self._removed: dict[Entry, None] = {}
        self._holders: dict[IndexKey, int] = {}
        """In a unique index: who has which key."""
        self._read_key = compile_key(spec.paths)
        self._covers = None if spec.partial_filter is None else compile_filter(spec.partial_filter)
        self._reads = {path[0] for path in spec.paths} | {name.partition(".")[0] for name in spec.partial_filter or ()}
        self._reads_anything = any(name.startswith("$") for name in self._reads)

    def may_change_with(self, fields: Collection[str]) -> bool:
        """Whether a document's keys may be others when these of its fields are."""
        return self._reads_anything or not self._reads.isdisjoint(fields)

    @property
    def entries(self) -> Entries:
        """All entries. What was changed since the last look is merged in now: many at once cost much less."""
        if self._removed:
            self._entries.remove(self._removed)
            self._removed = {}
        if self._added:
            self._entries.add(self._added)
            self._added = {}
        return self._entries

    def keys(self, document: Document) -> tuple[IndexKey, ...]:
        """The document's keys: none if a partial index leaves it out, several where there are arrays.

        Raises CommandError 171 when two different fields hold arrays.
        """
        if self._covers is not None and not self._covers(document):
            return ()
        key = self._read_key(document)
        return self._array_keys(document) if key is None else (key,)

    def add(self, keys: Iterable[IndexKey], record: int) -> None:
        """Enter a record under these keys."""
        for key in keys:
            self._added[*key, record] = None
            if self._unique:
                self._holders[key] = record
        if len(self._added) > _UNMERGED:
            _ = self.entries

    def remove(self, keys: Iterable[IndexKey], record: int) -> None:
        """Take a record's entries under these keys out."""
        for key in keys:
            entry = (*key, record)
            if entry in self._added:
                del self._added[entry]
            else:
                self._removed[entry] = None
            if self._unique:
                del self._holders[key]
        if len(self._removed) > _UNMERGED:
            _ = self.entries

    def keyed(self, documents: Iterable[tuple[int, Document]]) -> list[tuple[IndexKey, int]]:
        """The keys of many records, as `keys` gives them, each with its record."""
        covers, read = self._covers, self._read_key
        found: list[tuple[IndexKey, int]] = []
        for record, document in documents:
            if covers is not None and not covers(document):
                continue
            key = read(document)
            if key is not None:
                found.append((key, record))
            else:
                found.extend((each, record) for each in self._array_keys(document))
        return found

    def has_conflict(self, keyed: Sequence[tuple[IndexKey, int]]) -> bool:
        """Whether these keys of new records are not all new and distinct, if the index is unique."""
        if not self._unique:
            return False
        keys = {key for key, _ in keyed}
        return len(keys) < len(keyed) or not self._holders.keys().isdisjoint(keys)

    def add_new(self, keyed: Sequence[tuple[IndexKey, int]]) -> None:
        """Enter records that were never in here before under their keys."""
        self._added.update(dict.fromkeys([(*key, record) for key, record in keyed]))
        if self._unique:
            self._holders.update(keyed)
        if len(self._added) > _UNMERGED:
            _ = self.entries

    def fill(self, documents: Iterable[tuple[int, Document]]) -> None:
        """Enter many records into a new index at once. Does not look for duplicates; see `first_duplicate`."""
        self.add_new(self.keyed(documents))

    def taken_by_other(self, keys: Iterable[IndexKey], record: int) -> bool:
        """Whether another record has one of these keys already, if the index is unique."""
        return self._unique and any(self._holders.get(key, record) != record for key in keys)

    def first_duplicate(self) -> int | None:
        """A record whose key another record has too, in an index that was filled at once."""
        previous: tuple[Any, ...] | None = None
        for entry in self.entries:
            if previous is not None and entry[:-1] == previous[:-1] and entry[-1] != previous[-1]:
                return int(entry[-1])
            previous = entry
        return None

    def _array_keys(self, document: Document) -> tuple[IndexKey, ...]:
        self.multikey = True
        values = [plain_value(document, path) for path in self.spec.paths]
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
