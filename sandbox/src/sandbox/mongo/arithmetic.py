"""Adding numbers as MongoDB does: the wider type wins, and 32 bits grow to 64."""

from __future__ import annotations

from typing import Any

from bson import Int64

from sandbox.mongo.errors import bad_value

_INT32 = range(-(2**31), 2**31)
_INT64 = range(-(2**63), 2**63)


def is_number(value: object) -> bool:
    """Whether a value takes part in arithmetic. Decimal128 does not: it is stored and compared, never added."""
    return type(value) in (int, Int64, float)


def add(left: Any, right: Any) -> Any:
    """The sum of two numbers. Raises CommandError 2 beyond 64 bits."""
    total = left + right
    if type(total) is float:
        return total
    if total not in _INT64:
        raise bad_value(f"Failed to apply the addition {left} + {right}: the sum does not fit into 64 bits")
    if Int64 in (type(left), type(right)) or total not in _INT32:
        return Int64(total)
    return int(total)
