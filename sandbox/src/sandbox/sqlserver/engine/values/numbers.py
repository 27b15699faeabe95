"""Arithmetic on stored numbers: integers, floats, and decimals as scaled integers."""

from __future__ import annotations

from typing import Any

from sandbox.sqlserver.engine.errors import divide_by_zero, overflow, unsupported
from sandbox.sqlserver.engine.values.storage import check_digits
from sandbox.sqlserver.engine.values.types import LIMITS, decimal


def fits(number: Any, limit: str) -> Any:
    """A result within its type: `limit` is an integer type's name or a decimal's precision. Raises 8115.

    SQLite turns an integer that overflows 64 bits into a float: that is an overflow too.
    """
    if number is None:
        return None
    if limit in LIMITS:
        low, high = LIMITS[limit]
        if isinstance(number, float) or not low <= number <= high:
            raise overflow(limit)
        return number
    if isinstance(number, float):
        raise unsupported("decimal values of more than 18 digits")
    return check_digits(number, decimal(int(limit), 0))


def divide(left: Any, right: Any, sign: str) -> Any:
    """/ and % of two integers (towards zero) or two floats. Raises 8134."""
    if left is None or right is None:
        return None
    if right == 0:
        raise divide_by_zero()
    if isinstance(left, float) or isinstance(right, float):
        return left / right
    quotient = abs(left) // abs(right) * (1 if (left < 0) == (right < 0) else -1)
    return quotient if sign == "/" else left - quotient * right


def quotient(left: int | None, right: int | None, shift: int) -> int | None:
    """left / right of two scaled decimals, with `shift` digits more than left has; cut towards zero. Raises 8134."""
    if left is None or right is None:
        return None
    if right == 0:
        raise divide_by_zero()
    scaled = abs(left) * 10**shift if shift >= 0 else abs(left) // 10**-shift
    magnitude = scaled // abs(right)
    return check_digits(magnitude if (left < 0) == (right < 0) else -magnitude, decimal(38, 0))


def round_scaled(number: int | None, length: int | None, scale: int, truncate: int) -> int | None:
    """ROUND of an integer or a scaled decimal: half away from zero, or cut."""
    if number is None or length is None:
        return None
    step = 10 ** max(scale - length, 0)
    whole, rest = divmod(abs(number), step)
    if not truncate and rest * 2 >= step > 1:
        whole += 1
    return int(whole * step) * (1 if number >= 0 else -1)
