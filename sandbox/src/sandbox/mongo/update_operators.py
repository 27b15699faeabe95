"""The update operators: each changes one path of a document."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

from sandbox.mongo.arithmetic import add, is_number
from sandbox.mongo.clock import server_time
from sandbox.mongo.errors import bad_value, type_mismatch, unsupported
from sandbox.mongo.ordering import order_key
from sandbox.mongo.paths import Path, set_value, unset_value, value_for_update
from sandbox.mongo.values import MISSING, Document

Change: TypeAlias = Callable[[Document, Path], None]
"""Puts something else at the path of this document. Changes what holds it, never the value that was there."""


@dataclass(frozen=True, kw_only=True, slots=True)
class UpdateOperator:
    """An operator: `compile` checks the operand and returns the change."""

    compile: Callable[[Any], Change]
    only_on_insert: bool = False


def _set(operand: Any) -> Change:
    return lambda document, path: set_value(document, path, operand)


def _unset(_operand: Any) -> Change:
    return unset_value


def _inc(operand: Any) -> Change:
    if not is_number(operand):
        raise type_mismatch("Cannot increment with non-numeric argument")

    def increment(document: Document, path: Path) -> None:
        current = value_for_update(document, path)
        if current is MISSING:
            set_value(document, path, operand)
        elif is_number(current):
            set_value(document, path, add(current, operand))
        else:
            raise type_mismatch(f"Cannot apply $inc to a value of non-numeric type at '{'.'.join(path)}'")

    return increment


def _bound(*, upper: bool) -> Callable[[Any], Change]:
    """`$min` keeps the lesser value, `$max` the greater."""

    def compile_bound(operand: Any) -> Change:
        bound = order_key(operand)

        def keep(document: Document, path: Path) -> None:
            current = value_for_update(document, path)
            if current is not MISSING:
                key = order_key(current)
                if not (bound < key if upper else key < bound):
                    return
            set_value(document, path, operand)

        return keep

    return compile_bound


def _push(operand: Any) -> Change:
    additions = [operand]
    if type(operand) is dict and any(name.startswith("$") for name in operand):
        if set(operand) != {"$each"}:
            raise unsupported(f"$push with {', '.join(sorted(set(operand) - {'$each'}))}")
        additions = operand["$each"]
        if type(additions) is not list:
            raise bad_value("The argument to $each in $push must be an array")

    def push(document: Document, path: Path) -> None:
        current = value_for_update(document, path)
        if current is MISSING:
            set_value(document, path, list(additions))
        elif type(current) is list:
            set_value(document, path, [*current, *additions])
        else:
            raise bad_value(f"The field '{'.'.join(path)}' must be an array but is of type {type(current).__name__}")

    return push


def _current_date(operand: Any) -> Change:
    if operand is not True and operand != {"$type": "date"}:
        if operand == {"$type": "timestamp"}:
            raise unsupported("$currentDate with the type timestamp")
        raise bad_value("$currentDate needs true or {$type: 'date'}")

    def stamp(document: Document, path: Path) -> None:
        set_value(document, path, server_time())

    return stamp


OPERATORS: Final[dict[str, UpdateOperator]] = {
    "$set": UpdateOperator(compile=_set),
    "$setOnInsert": UpdateOperator(compile=_set, only_on_insert=True),
    "$unset": UpdateOperator(compile=_unset),
    "$inc": UpdateOperator(compile=_inc),
    "$min": UpdateOperator(compile=_bound(upper=True)),
    "$max": UpdateOperator(compile=_bound(upper=False)),
    "$push": UpdateOperator(compile=_push),
    "$currentDate": UpdateOperator(compile=_current_date),
}

KNOWN_TO_MONGODB: Final = frozenset({"$addToSet", "$bit", "$mul", "$pop", "$pull", "$pullAll", "$rename"})
