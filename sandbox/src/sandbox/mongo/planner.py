"""Choosing an index for a filter and a sort, and the ranges of it to read."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import inf
from typing import Any, Final, TypeAlias

from sandbox.mongo.constraints import Alternative, Bound, Demand, alternatives_of
from sandbox.mongo.entries import Entry
from sandbox.mongo.indexes import Index
from sandbox.mongo.ordering import BEYOND, order_key, same_type_above
from sandbox.mongo.values import Document, is_operator_document

Sort: TypeAlias = Sequence[tuple[str, int]]

_MAX_RANGES: Final = 100_000


@dataclass(frozen=True, kw_only=True, slots=True)
class Range:
    """A stretch of an index's entries, both ends included."""

    low: Entry
    high: Entry


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """Which entries of which index to read. The ranges ascend and do not overlap."""

    index: Index
    ranges: Sequence[Range]
    sorted: bool
    """Whether the records come in the order that was asked for."""
    reverse: bool
    exact: bool
    """Whether every record found satisfies the filter, and is found once."""

    def records(self) -> Iterator[int]:
        """The numbers of the records to look at, each once."""
        entries = self._entries()
        if not self.index.multikey:
            return (entry[-1] for entry in entries)
        return iter(dict.fromkeys(entry[-1] for entry in entries))

    def count(self) -> int:
        """How many entries there are, without reading them."""
        entries = self.index.entries
        return sum(entries.count(each.low, each.high) for each in self.ranges)

    def _entries(self) -> Iterator[Entry]:
        ordered = reversed(self.ranges) if self.reverse else iter(self.ranges)
        for each in ordered:
            yield from self.index.entries.between(each.low, each.high, reverse=self.reverse)


@dataclass(frozen=True, kw_only=True, slots=True)
class _Use:
    """How one alternative can use an index: the number of leading fields compared for equality, and a range after."""

    equal: int
    ranged: bool


def make_plan(indexes: Mapping[str, Index], filter_spec: Document, sort: Sort) -> Plan | None:
    """The best plan, or None when every record has to be read. The filter must have been compiled before."""
    alternatives = alternatives_of(filter_spec)
    best: Plan | None = None
    best_score = 0
    for index in indexes.values():
        uses = [_use(index, each) for each in alternatives]
        plan_sort = _serves_sort(index, alternatives, sort)
        score = _score(index, uses, serves_sort=plan_sort is not None and bool(sort))
        if score == 0 or score < best_score or not _covers(index, alternatives):
            continue
        plan = _plan(index, alternatives, uses, plan_sort)
        # MongoDB tries several for a while ("Query Plans"): of two that look alike the one with less to read wins.
        if best is None or score > best_score or plan.count() < best.count():
            best, best_score = plan, score
    return best


def _use(index: Index, alternative: Alternative) -> _Use:
    fields = index.spec.fields
    equal, ranges = 0, 1
    while equal < len(fields):
        values = alternative.values_of(fields[equal])
        if values is None or ranges * len(values) > _MAX_RANGES:
            break
        ranges *= len(values)
        equal += 1
    ranged = False
    # In an array one element may lie above the lower end and another below the upper one: no range serves both.
    if equal < len(fields) and not index.multikey:
        demand = alternative.demands.get(fields[equal])
        ranged = demand is not None and (demand.low is not None or demand.high is not None)
    return _Use(equal=equal, ranged=ranged)


def _score(index: Index, uses: Sequence[_Use], *, serves_sort: bool) -> int:
    """Equality counts most, then a range, then the order; one record found by its unique key beats everything.

    What a partial index leaves out need not be looked at either; it counts a little less, since order needs fields.
    """
    weakest = min(use.equal * 4 + use.ranged * 2 for use in uses)
    if weakest:
        weakest += 3 * len(index.spec.partial_filter or ())
    if index.spec.unique and all(use.equal == len(index.spec.fields) for use in uses):
        return 1000
    return weakest + serves_sort


def _covers(index: Index, alternatives: Sequence[Alternative]) -> bool:
    """Whether a partial index holds all that is asked for: it does when its own equalities are demanded."""
    if index.spec.partial_filter is None:
        return True
    return all(_demands(each, index.spec.partial_filter) for each in alternatives)


def _demands(alternative: Alternative, partial_filter: Document) -> bool:
    for name, wanted in partial_filter.items():
        if name.startswith("$") or is_operator_document(wanted):
            return False
        values = alternative.values_of(name)
        if values is None or set(values) != {order_key(wanted)}:
            return False
    return True


def _serves_sort(index: Index, alternatives: Sequence[Alternative], sort: Sort) -> bool | None:
    """Whether to read backwards for this sort; None if the index does not give the order."""
    if index.multikey:
        return None if sort else False
    fixed = {name for name in index.spec.fields if _is_fixed(name, alternatives)}
    wanted = [(name, direction) for name, direction in sort if name not in fixed]
    given = [name for name in index.spec.fields if name not in fixed]
    directions = {direction for _, direction in wanted}
    if [name for name, _ in wanted] != given[: len(wanted)] or len(directions) > 1:
        return None
    return directions == {-1}


def _is_fixed(name: str, alternatives: Sequence[Alternative]) -> bool:
    values = {each.values_of(name) for each in alternatives}
    return len(values) == 1 and all(value is not None and len(value) == 1 for value in values)


def _plan(index: Index, alternatives: Sequence[Alternative], uses: Sequence[_Use], reverse: bool | None) -> Plan:
    ranges: list[Range] = []
    for alternative, use in zip(alternatives, uses, strict=True):
        ranges.extend(_ranges(index.spec.fields, alternative, use))
    exact = not index.multikey and all(
        each.complete and len(each.demands) == use.equal + use.ranged and _is_simple(each)
        for each, use in zip(alternatives, uses, strict=True)
    )
    partial = index.spec.partial_filter is not None
    return Plan(
        index=index,
        ranges=_joined(ranges),
        sorted=reverse is not None,
        reverse=bool(reverse),
        exact=exact and not partial,
    )


def _is_simple(alternative: Alternative) -> bool:
    """Whether the ranges say exactly what the demands say, field by field."""
    return all(_is_one_stretch(demand) for demand in alternative.demands.values())


def _is_one_stretch(demand: Demand) -> bool:
    """Not so when there is an equality too, which alone is read, or when the ends are of different types."""
    if demand.values is not None:
        return demand.low is None and demand.high is None
    return demand.low is None or demand.high is None or demand.low.key[0] == demand.high.key[0]


def _ranges(fields: Sequence[str], alternative: Alternative, use: _Use) -> Iterator[Range]:
    columns = [alternative.values_of(name) or () for name in fields[: use.equal]]
    demand = alternative.demands[fields[use.equal]] if use.ranged else None
    for prefix in product(*columns):
        if demand is None:
            yield Range(low=prefix, high=(*prefix, _after(prefix, fields)))
        else:
            yield _range_within(prefix, demand, fields)


def _range_within(prefix: Entry, demand: Demand, fields: Sequence[str]) -> Range:
    low, high = demand.low, demand.high
    begin: Entry = (*prefix, *(_start_of_type(high) if low is None else (low.key,)))
    end: Entry = (*prefix, *(_end_of_type(low) if high is None else (high.key,)))
    if low is not None and not low.inclusive:
        begin = (*begin, _after(begin, fields))
    if high is not None and high.inclusive:
        end = (*end, _after(end, fields))
    return Range(low=begin, high=end)


def _start_of_type(bound: Bound | None) -> Entry:
    return () if bound is None else ((bound.key[0],),)


def _end_of_type(bound: Bound | None) -> Entry:
    return () if bound is None else (same_type_above(bound.key),)


def _after(prefix: Entry, fields: Sequence[str]) -> Any:
    """What makes an entry greater than all that begin with this prefix: next comes a key, or the record's number."""
    return BEYOND if len(prefix) < len(fields) else inf


def _joined(ranges: list[Range]) -> Sequence[Range]:
    joined: list[Range] = []
    for each in sorted(ranges, key=lambda item: item.low):
        if each.high < each.low:
            continue
        if joined and each.low <= joined[-1].high:
            joined[-1] = Range(low=joined[-1].low, high=max(joined[-1].high, each.high))
        else:
            joined.append(each)
    return joined
