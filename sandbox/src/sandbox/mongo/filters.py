"""Filters, compiled before any data is touched: what is not known is refused even on an empty collection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, TypeAlias

from sandbox.mongo.errors import bad_value, type_mismatch, unsupported
from sandbox.mongo.operators import compile_condition
from sandbox.mongo.paths import parse_path, values_at
from sandbox.mongo.quick_tests import quick_test
from sandbox.mongo.values import MISSING, Document

Predicate: TypeAlias = Callable[[Document], bool]

_KNOWN_TO_MONGODB: Final = frozenset({"$expr", "$jsonSchema", "$text", "$where", "$alwaysTrue", "$alwaysFalse"})


def compile_filter(spec: object) -> Predicate:
    """Whether a document satisfies a filter.

    Raises CommandError 2 or 14 for a malformed filter or an unknown operator, 115 for what only MongoDB can do.
    """
    if type(spec) is not dict:
        raise type_mismatch("Expected the filter to be an object")
    parts = [_compile_clause(name, value) for name, value in spec.items() if name != "$comment"]
    return _all_of(parts)


def _compile_clause(name: str, value: Any) -> Predicate:
    if name in _COMBINERS:
        return _COMBINERS[name]([compile_filter(part) for part in _clauses(name, value)])
    if name in _KNOWN_TO_MONGODB:
        raise unsupported(f"the filter operator {name}")
    if name.startswith("$"):
        raise bad_value(f"unknown top level operator: {name}")
    return _on_field(name, value)


def _clauses(name: str, value: Any) -> list[Any]:
    if type(value) is not list or not value:
        raise bad_value(f"{name} argument must be a nonempty array")
    return value


def _on_field(name: str, value: Any) -> Predicate:
    condition, path = compile_condition(value), parse_path(name)
    if len(path) > 1:
        return lambda document: condition(values_at(document, path))
    quick = quick_test(value)
    if quick is None:
        return lambda document: condition((document.get(name, MISSING),))
    kind, test = quick.kind, quick.accepts

    def accepts(document: Document) -> bool:
        found = document.get(name, MISSING)
        return test(found) if type(found) is kind else condition((found,))

    return accepts


def _all_of(parts: Sequence[Predicate]) -> Predicate:
    if len(parts) == 1:
        return parts[0]

    def accepts(document: Document) -> bool:
        for part in parts:  # noqa: SIM110 - a generator for each document costs more than the parts
            if not part(document):
                return False
        return True

    return accepts


def _any_of(parts: Sequence[Predicate]) -> Predicate:
    return lambda document: any(part(document) for part in parts)


def _none_of(parts: Sequence[Predicate]) -> Predicate:
    return lambda document: not any(part(document) for part in parts)


_COMBINERS: Final[dict[str, Callable[[Sequence[Predicate]], Predicate]]] = {
    "$and": _all_of,
    "$or": _any_of,
    "$nor": _none_of,
}
