"""Sort specifications, and sorting in memory where no index gives the order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from bson import Int64

from sandbox.mongo.errors import bad_value, type_mismatch, unsupported
from sandbox.mongo.ordering import EMPTY_ARRAY_KEY, OrderKey, order_key
from sandbox.mongo.paths import Path, parse_path, values_at
from sandbox.mongo.planner import Sort
from sandbox.mongo.values import MISSING, Document

Item = TypeVar("Item")


def parse_sort(spec: Any) -> Sort:
    """(field, 1 or -1) pairs, most important first. Raises CommandError 2, 14, or 115 for $meta and $natural."""
    if spec is None:
        return ()
    if type(spec) is not dict:
        raise type_mismatch("Expected the sort to be an object")
    return [(_field(name), _direction(direction)) for name, direction in spec.items()]


def sort_items(items: Sequence[Item], sort: Sort, document_of: Callable[[Item], Document]) -> list[Item]:
    """The items in the order of their documents; equal ones keep theirs."""
    ordered = list(items)
    for name, direction in reversed(sort):
        path = parse_path(name)
        descending = direction == -1
        ordered.sort(
            key=lambda item: sort_key(document_of(item), path, descending=descending),
            reverse=descending,
        )
    return ordered


def sort_key(document: Document, path: Path, *, descending: bool) -> OrderKey:
    """Where a document stands: an array by its least element, or by its greatest when descending."""
    keys: list[OrderKey] = []
    for value in values_at(document, path) or [MISSING]:
        if type(value) is not list:
            keys.append(order_key(value))
        elif value:
            keys.extend(order_key(member) for member in value)
        else:
            keys.append(EMPTY_ARRAY_KEY)
    return max(keys) if descending else min(keys)


def _field(name: str) -> str:
    if name.startswith("$"):
        raise unsupported(f"sorting by {name}")
    parse_path(name)
    return name


def _direction(direction: Any) -> int:
    if type(direction) is dict:
        raise unsupported("sorting by $meta")
    if type(direction) not in (int, Int64, float) or direction not in (1, -1):
        raise bad_value("$sort key ordering must be 1 (for ascending) or -1 (for descending)")
    return int(direction)
