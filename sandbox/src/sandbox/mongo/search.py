"""Finding records: the plan's candidates, each looked at again, in the order that was asked for."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.mongo.collection import Collection, Match
from sandbox.mongo.errors import Code, CommandError
from sandbox.mongo.filters import Predicate, compile_filter
from sandbox.mongo.planner import Plan, Sort, make_plan
from sandbox.mongo.sorting import sort_items
from sandbox.mongo.values import Document, decode


class Search:
    """An iterator over what a filter finds.

    Indexes must not change while it is being used, unless `detach` was called before.
    """

    def __init__(self, collection: Collection, filter_spec: Document, sort: Sort = ()) -> None:
        """Compile and plan. Raises CommandError for a filter or a sort that is not understood."""
        self._collection = collection
        self._accepts = compile_filter(filter_spec)
        self.plan: Plan | None = make_plan(collection.indexes, filter_spec, sort)
        self._numbers = iter(collection.records) if self.plan is None else self.plan.records()
        self.examined = 0
        """Documents that were looked at so far."""
        self._detached = False
        self._matches = self._checked(self._accepts)
        if sort and not (self.plan is not None and self.plan.sorted):
            self._matches = self._sorted(self._matches, sort)

    def __iter__(self) -> Iterator[Match]:
        return self

    def __next__(self) -> Match:
        return next(self._matches)

    def detach(self) -> None:
        """Note what is still to be looked at, so that writes may come in between; they may be seen or not."""
        if not self._detached:
            self._numbers = iter(list(self._numbers))
            self._detached = True

    def _checked(self, accepts: Predicate) -> Iterator[Match]:
        records = self._collection.records
        while (number := next(self._numbers, None)) is not None:
            raw = records.get(number)
            if raw is not None:
                self.examined += 1
                document = decode(raw)
                if accepts(document):
                    yield Match(number, raw, document)
            elif self._collection.dropped:
                raise CommandError(Code.QueryPlanKilled, f"collection dropped: {self._collection.namespace}")

    @staticmethod
    def _sorted(matches: Iterator[Match], sort: Sort) -> Iterator[Match]:
        yield from sort_items(list(matches), sort, lambda match: match.document)


def count_matches(collection: Collection, filter_spec: Document) -> int:
    """How many documents a filter finds; from the index alone where that is exact."""
    if not filter_spec:
        return len(collection.records)
    search = Search(collection, filter_spec)
    if search.plan is not None and search.plan.exact:
        return search.plan.count()
    return sum(1 for _ in search)
