"""The operators of expressions: each takes the values of its arguments and gives one.

Semantics: MongoDB, "Expression Operators". A missing value compares below null, unlike in filters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from sandbox.mongo.arithmetic import add, is_number
from sandbox.mongo.errors import Code, CommandError, bad_value, type_mismatch
from sandbox.mongo.ordering import MISSING_KEY, OrderKey, order_key
from sandbox.mongo.values import MISSING

Values: TypeAlias = Sequence[Any]


@dataclass(frozen=True, kw_only=True, slots=True)
class ExpressionOperator:
    """An operator, and how many arguments it takes; `most` None: any number."""

    evaluate: Callable[[Values], Any]
    least: int
    most: int | None

    def check(self, name: str, given: int) -> None:
        """Raise CommandError 16020 for another number of arguments."""
        if given < self.least or (self.most is not None and given > self.most):
            raise CommandError(Code.Location16020, f"Expression {name} takes another number of arguments than {given}")


def _is_true(value: Any) -> bool:
    """False are false, null, what is missing, and zero; everything else is true, also an empty text."""
    return value is not MISSING and value is not None and value is not False and not (is_number(value) and value == 0)


def _comparable(value: Any) -> OrderKey:
    return MISSING_KEY if value is MISSING else order_key(value)


def _comparison(holds: Callable[[OrderKey, OrderKey], bool]) -> ExpressionOperator:
    return ExpressionOperator(
        evaluate=lambda values: holds(_comparable(values[0]), _comparable(values[1])), least=2, most=2
    )


def _if_null(values: Values) -> Any:
    """The first value that is neither null nor missing, or else the last one."""
    return next((value for value in values if value is not None and value is not MISSING), values[-1])


def _sum(values: Values) -> Any:
    """Numbers, and at most one date, to which they are added as milliseconds."""
    if any(value is None or value is MISSING for value in values):
        return None
    dates = [value for value in values if isinstance(value, datetime)]
    numbers = [value for value in values if not isinstance(value, datetime)]
    if len(dates) > 1 or not all(map(is_number, numbers)):
        raise type_mismatch("$add only supports numeric or date types, and one date at most")
    total: Any = 0
    for number in numbers:
        total = add(total, number)
    return _later(dates[0], total) if dates else total


def _later(date: datetime, milliseconds: float) -> datetime:
    try:
        return date + timedelta(milliseconds=round(milliseconds))
    except (OverflowError, ValueError):
        raise bad_value("date overflow in $add") from None


def _merged(values: Values) -> Any:
    merged: dict[str, Any] = {}
    for value in values:
        if value is None or value is MISSING:
            continue
        if type(value) is not dict:
            raise CommandError(Code.Location40400, "$mergeObjects requires object inputs")
        merged.update(value)
    return merged


OPERATORS: Final[dict[str, ExpressionOperator]] = {
    "$add": ExpressionOperator(evaluate=_sum, least=1, most=None),
    "$and": ExpressionOperator(evaluate=lambda values: all(map(_is_true, values)), least=0, most=None),
    "$cond": ExpressionOperator(
        evaluate=lambda values: values[1] if _is_true(values[0]) else values[2], least=3, most=3
    ),
    "$eq": _comparison(lambda left, right: left == right),
    "$gt": _comparison(lambda left, right: left > right),
    "$gte": _comparison(lambda left, right: left >= right),
    "$ifNull": ExpressionOperator(evaluate=_if_null, least=2, most=None),
    "$lt": _comparison(lambda left, right: left < right),
    "$lte": _comparison(lambda left, right: left <= right),
    "$mergeObjects": ExpressionOperator(evaluate=_merged, least=0, most=None),
    "$ne": _comparison(lambda left, right: left != right),
    "$not": ExpressionOperator(evaluate=lambda values: not _is_true(values[0]), least=1, most=1),
    "$or": ExpressionOperator(evaluate=lambda values: any(map(_is_true, values)), least=0, most=None),
}
