"""What a filter demands of single fields, in a form that an index can serve.

A filter becomes alternatives ("or"); each is a set of demands that all must hold ("and"). What cannot be said in this
form is left out and the alternative marked incomplete: it then lets too much through, never too little.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final, NamedTuple

from bson import Regex

from sandbox.mongo.ordering import OrderKey, order_key
from sandbox.mongo.values import Document, is_operator_document

_MAX_ALTERNATIVES: Final = 64


class Bound(NamedTuple):
    """One end of a range."""

    key: OrderKey
    inclusive: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Demand:
    """What must hold of one field. None: nothing of this kind is demanded."""

    values: tuple[OrderKey, ...] | None = None
    """It equals one of these, sorted and distinct."""
    low: Bound | None = None
    high: Bound | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Alternative:
    """Demands on fields that must all hold."""

    demands: Mapping[str, Demand] = field(default_factory=dict)
    complete: bool = True
    """Whether the demands say all that this part of the filter says."""

    def values_of(self, name: str) -> tuple[OrderKey, ...] | None:
        """What a field must be equal to one of; None if there is no such demand."""
        demand = self.demands.get(name)
        return None if demand is None else demand.values


_ANYTHING: Final = Alternative(complete=False)


def alternatives_of(filter_spec: Document) -> Sequence[Alternative]:
    """The alternatives of a filter that was compiled before, so that it is known to be well formed."""
    found: Sequence[Alternative] = (Alternative(),)
    for name, value in filter_spec.items():
        if name == "$and":
            for part in value:
                found = _both(found, alternatives_of(part))
        elif name == "$or":
            found = _both(found, [each for part in value for each in alternatives_of(part)])
        elif name == "$comment":
            continue
        elif name.startswith("$"):
            found = _both(found, (_ANYTHING,))
        else:
            found = _both(found, (_of_field(name, value),))
    return found


def _of_field(name: str, value: Any) -> Alternative:
    if not is_operator_document(value):
        return _equality(name, [value])
    found = Alternative()
    for operator, operand in value.items():
        found = _merged(found, _of_operator(name, operator, operand))
    return found


def _of_operator(name: str, operator: str, operand: Any) -> Alternative:
    if operator == "$eq" and not isinstance(operand, Regex):
        return _equality(name, [operand])
    if operator == "$in":
        return _equality(name, operand)
    if operator in ("$gt", "$gte"):
        low = Bound(order_key(operand), inclusive=operator == "$gte")
        return Alternative(demands={name: Demand(low=low)})
    if operator in ("$lt", "$lte"):
        high = Bound(order_key(operand), inclusive=operator == "$lte")
        return Alternative(demands={name: Demand(high=high)})
    return _ANYTHING


def _equality(name: str, values: Sequence[Any]) -> Alternative:
    keys = tuple(sorted({order_key(value) for value in values}))
    return Alternative(demands={name: Demand(values=keys)})


def _both(left: Sequence[Alternative], right: Sequence[Alternative]) -> Sequence[Alternative]:
    if len(left) * len(right) > _MAX_ALTERNATIVES:
        return [replace(each, complete=False) for each in left]
    return [_merged(one, other) for one in left for other in right]


def _merged(left: Alternative, right: Alternative) -> Alternative:
    """Both at once. Demands of one kind are not intersected: an array may satisfy each with another element."""
    demands = dict(left.demands)
    complete = left.complete and right.complete
    for name, demand in right.demands.items():
        other = demands.get(name)
        if other is None:
            demands[name] = demand
            continue
        merged = Demand(
            values=demand.values if other.values is None else other.values,
            low=other.low or demand.low,
            high=other.high or demand.high,
        )
        complete = complete and _parts(merged) == _parts(other) + _parts(demand)
        demands[name] = merged
    return Alternative(demands=demands, complete=complete)


def _parts(demand: Demand) -> int:
    return sum(part is not None for part in (demand.values, demand.low, demand.high))
