"""Comparisons of a text with texts and of an int with ints, which are most of all and need no keys."""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from sandbox.mongo.values import is_operator_document

_KINDS: Final = frozenset({str, int})

_MIRRORED: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "$eq": operator.eq,
    "$ne": operator.ne,
    "$gt": operator.lt,
    "$gte": operator.le,
    "$lt": operator.gt,
    "$lte": operator.ge,
}
"""With the operand on the left."""


@dataclass(frozen=True, kw_only=True, slots=True)
class QuickTest:
    """What a condition says of values of exactly this type."""

    kind: type
    accepts: Callable[[Any], bool]


def quick_test(value: Any) -> QuickTest | None:
    """A shorter way for what stands beside a field's name in a filter, if there is one."""
    operators = value if is_operator_document(value) else {"$eq": value}
    kinds = {type(operand) for operand in operators.values()}
    if len(kinds) > 1 or not kinds <= _KINDS or not operators.keys() <= _MIRRORED.keys():
        return None
    tests = [partial(_MIRRORED[name], operand) for name, operand in operators.items()]
    return QuickTest(kind=kinds.pop(), accepts=tests[0] if len(tests) == 1 else _all_of(tests))


def _all_of(tests: list[partial[bool]]) -> Callable[[Any], bool]:
    return lambda value: all(test(value) for test in tests)
