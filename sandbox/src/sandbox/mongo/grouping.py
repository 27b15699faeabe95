"""The stage `$group` and its accumulators."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

from sandbox.mongo.arithmetic import add, is_number
from sandbox.mongo.errors import Code, CommandError, unsupported
from sandbox.mongo.expressions import Expression, compile_expression
from sandbox.mongo.ordering import OrderKey, order_key
from sandbox.mongo.values import MISSING, Document

Grouping: TypeAlias = Callable[[Iterable[Document]], Iterator[Document]]


class _Accumulator(Protocol):
    def take(self, value: Any) -> None:
        """One more document's value."""

    def result(self) -> Any:
        """The value of the group."""


class _Sum:
    def __init__(self) -> None:
        self._total: Any = 0

    def take(self, value: Any) -> None:
        if is_number(value):
            self._total = add(self._total, value)

    def result(self) -> Any:
        return self._total


class _Average:
    def __init__(self) -> None:
        self._total: float = 0
        self._count = 0

    def take(self, value: Any) -> None:
        if is_number(value):
            self._total += value
            self._count += 1

    def result(self) -> Any:
        return self._total / self._count if self._count else None


class _Least:
    """Nulls and missing values do not take part."""

    def __init__(self) -> None:
        self._value: Any = None

    def take(self, value: Any) -> None:
        if value is not MISSING and value is not None and (self._value is None or self._precedes(value)):
            self._value = value

    def result(self) -> Any:
        return self._value

    def _precedes(self, value: Any) -> bool:
        return order_key(value) < order_key(self._value)


class _Greatest(_Least):
    def _precedes(self, value: Any) -> bool:
        return order_key(value) > order_key(self._value)


class _First:
    def __init__(self) -> None:
        self._value: Any = MISSING

    def take(self, value: Any) -> None:
        if self._value is MISSING:
            self._value = None if value is MISSING else value

    def result(self) -> Any:
        return self._value


class _Last(_First):
    def take(self, value: Any) -> None:
        self._value = None if value is MISSING else value


_ACCUMULATORS: Final[dict[str, Callable[[], _Accumulator]]] = {
    "$avg": _Average,
    "$count": _Sum,
    "$first": _First,
    "$last": _Last,
    "$max": _Greatest,
    "$min": _Least,
    "$sum": _Sum,
}


@dataclass(frozen=True, kw_only=True, slots=True)
class _Field:
    name: str
    make: Callable[[], _Accumulator]
    expression: Expression


def compile_group(spec: Any) -> Grouping:
    """A grouping from the stage's document. Raises CommandError 15955, 15958, 40234, or 115."""
    if type(spec) is not dict:
        raise CommandError(Code.Location15957, "a group's fields must be specified in an object")
    if "_id" not in spec:
        raise CommandError(Code.Location15955, "a group specification must include an _id")
    identity = compile_expression(spec["_id"])
    fields = [_compile_field(name, value) for name, value in spec.items() if name != "_id"]
    return lambda documents: _grouped(documents, identity, fields)


def _compile_field(name: str, spec: Any) -> _Field:
    if type(spec) is not dict or len(spec) != 1:
        raise CommandError(Code.Location40234, f"The field '{name}' must be an accumulator object")
    ((operator, operand),) = spec.items()
    if not operator.startswith("$"):
        raise CommandError(Code.Location40234, f"The field '{name}' must be an accumulator object")
    if operator not in _ACCUMULATORS:
        raise unsupported(f"the accumulator {operator}")
    if operator == "$count":
        if operand != {}:
            raise CommandError(Code.Location15958, "$count takes no arguments, i.e. $count:{}")
        operand = 1
    return _Field(name=name, make=_ACCUMULATORS[operator], expression=compile_expression(operand))


def _grouped(documents: Iterable[Document], identity: Expression, fields: list[_Field]) -> Iterator[Document]:
    groups: dict[OrderKey, tuple[Any, list[_Accumulator]]] = {}
    for document in documents:
        value = identity(document)
        key = order_key(value)
        group = groups.get(key)
        if group is None:
            group = groups[key] = (None if value is MISSING else value, [field.make() for field in fields])
        for field, accumulator in zip(fields, group[1], strict=True):
            accumulator.take(field.expression(document))
    for value, accumulators in groups.values():
        results = (accumulator.result() for accumulator in accumulators)
        yield {"_id": value, **dict(zip((field.name for field in fields), results, strict=True))}
