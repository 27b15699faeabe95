"""The conditions on one field: `$eq`, `$in`, `$gt` ... compiled to predicates over the field's values."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import Any, Final, TypeAlias

from bson import Binary, Decimal128, Int64, MaxKey, MinKey, ObjectId, Regex, Timestamp
from bson.datetime_ms import DatetimeMS

from sandbox.mongo.errors import bad_value, failed_to_parse, unsupported
from sandbox.mongo.ordering import NULL_KEY, OrderKey, order_key
from sandbox.mongo.values import MISSING, is_operator_document

Condition: TypeAlias = Callable[[Sequence[Any]], bool]
"""Takes all values at the field's path (see `paths.values_at`) and says whether they satisfy the condition."""


def compile_condition(value: Any) -> Condition:
    """The condition that stands beside a field's name in a filter: operators, or a value to be equal to.

    Raises CommandError 2 for an unknown operator or a wrong operand, 115 for what only MongoDB can do.
    """
    if isinstance(value, Regex):
        raise unsupported("matching by a regular expression")
    if not is_operator_document(value):
        return _equal_to([value])
    parts = [_compile_operator(name, operand) for name, operand in value.items()]
    if len(parts) == 1:
        return parts[0]
    return lambda values: all(part(values) for part in parts)


def _compile_operator(name: str, operand: Any) -> Condition:
    compiler = _COMPILERS.get(name)
    if compiler is not None:
        return compiler(operand)
    if name in _KNOWN_TO_MONGODB:
        raise unsupported(f"the filter operator {name}")
    raise bad_value(f"unknown operator: {name}")


def _equal_to(wanted: Iterable[Any]) -> Condition:
    keys = {order_key(value) for value in wanted}
    accepts_missing = NULL_KEY in keys

    def is_equal(values: Sequence[Any]) -> bool:
        for value in values:
            if value is MISSING:
                if accepts_missing:
                    return True
            elif order_key(value) in keys or _holds_any(value, keys):
                return True
        return False

    return is_equal


def _holds_any(value: Any, keys: set[OrderKey]) -> bool:
    return type(value) is list and any(order_key(member) in keys for member in value)


def _negation(condition: Condition) -> Condition:
    return lambda values: not condition(values)


def _in(operand: Any) -> Condition:
    if type(operand) is not list:
        raise bad_value("$in and $nin need an array")
    if any(is_operator_document(member) for member in operand):
        raise bad_value("cannot nest $ under $in")
    if any(isinstance(member, Regex) for member in operand):
        raise unsupported("a regular expression in $in")
    return _equal_to(operand)


def _range(compare: Callable[[Any, Any], bool], *, or_equal: bool) -> Callable[[Any], Condition]:
    def compile_range(operand: Any) -> Condition:
        if isinstance(operand, Regex | MinKey | MaxKey):
            raise unsupported(f"a range that begins or ends at a {type(operand).__name__}")
        bound = order_key(operand)
        accepts_missing = or_equal and bound == NULL_KEY

        def fits(value: Any) -> bool:
            key = order_key(value)
            return key[0] == bound[0] and compare(key, bound)

        def is_within(values: Sequence[Any]) -> bool:
            for value in values:
                if value is MISSING:
                    if accepts_missing:
                        return True
                elif fits(value) or (type(value) is list and any(fits(member) for member in value)):
                    return True
            return False

        return is_within

    return compile_range


def _exists(operand: Any) -> Condition:
    if type(operand) not in (bool, int, Int64, float):
        raise bad_value("$exists needs true or false")
    wanted = bool(operand)
    return lambda values: any(value is not MISSING for value in values) == wanted


def _not(operand: Any) -> Condition:
    if isinstance(operand, Regex):
        raise unsupported("$not with a regular expression")
    if not is_operator_document(operand):
        raise bad_value("$not needs a regex or a document of operators")
    return _negation(compile_condition(operand))


def _size(operand: Any) -> Condition:
    if type(operand) not in (int, Int64) or operand < 0:
        raise failed_to_parse("Failed to parse $size. Expected a non-negative integer")
    return lambda values: any(type(value) is list and len(value) == operand for value in values)


def _type(operand: Any) -> Condition:
    names = operand if type(operand) is list else [operand]
    wanted: set[type] = set()
    for name in names:
        if type(name) is not str:
            raise unsupported("$type with a number instead of a name")
        if name not in _TYPES:
            raise bad_value(f"Unknown type name alias: {name}")
        wanted.update(_TYPES[name])

    def has_type(values: Sequence[Any]) -> bool:
        return any(
            type(value) in wanted or (type(value) is list and any(type(member) in wanted for member in value))
            for value in values
        )

    return has_type


_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "double": (float,),
    "string": (str,),
    "object": (dict,),
    "array": (list,),
    "binData": (bytes, Binary),
    "objectId": (ObjectId,),
    "bool": (bool,),
    "date": (datetime, DatetimeMS),
    "null": (type(None),),
    "int": (int,),
    "long": (Int64,),
    "decimal": (Decimal128,),
    "number": (int, Int64, float, Decimal128),
    "timestamp": (Timestamp,),
}

_COMPILERS: Final[dict[str, Callable[[Any], Condition]]] = {
    "$eq": lambda operand: _equal_to([operand]),
    "$ne": lambda operand: _negation(_equal_to([operand])),
    "$in": _in,
    "$nin": lambda operand: _negation(_in(operand)),
    "$gt": _range(operator.gt, or_equal=False),
    "$gte": _range(operator.ge, or_equal=True),
    "$lt": _range(operator.lt, or_equal=False),
    "$lte": _range(operator.le, or_equal=True),
    "$exists": _exists,
    "$not": _not,
    "$size": _size,
    "$type": _type,
}

_KNOWN_TO_MONGODB: Final = frozenset(
    {
        "$all",
        "$bitsAllClear",
        "$bitsAllSet",
        "$bitsAnyClear",
        "$bitsAnySet",
        "$elemMatch",
        "$geoIntersects",
        "$geoWithin",
        "$mod",
        "$near",
        "$nearSphere",
        "$options",
        "$regex",
    }
)
