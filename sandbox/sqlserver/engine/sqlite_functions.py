"""The functions that translated SQL calls inside SQLite. Their names begin with `tsql_`."""

from __future__ import annotations

import math
import re
import sqlite3
import uuid
from collections.abc import Callable
from typing import Any

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.catalog.type_ids import describe_column, type_name
from sandbox.sqlserver.engine.change_tracking.mask import MaskUnion, is_column_in_mask
from sandbox.sqlserver.engine.errors import divide_by_zero, overflow, unsupported
from sandbox.sqlserver.engine.translate.coerce import CONVERT_FUNCTION, conversion_function
from sandbox.sqlserver.engine.types import LIMITS, decimal
from sandbox.sqlserver.engine.values import collation, dateparts
from sandbox.sqlserver.engine.values.storage import check_digits, store_guid


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


def single(count: int, value: Any) -> Any:
    """A scalar subquery's one value. Raises 512 when there are more."""
    if count > 1:
        text = (
            "Subquery returned more than 1 value. This is not permitted when the subquery follows =, !=, <, <= , >, "
            ">= or when the subquery is used as an expression."
        )
        raise SqlError(512, text)
    return value


def substring(text: Any, start: int | None, length: int | None) -> Any:
    """SUBSTRING of text or bytes. Raises 537 for a negative length."""
    if text is None or start is None or length is None:
        return None
    if length < 0:
        raise SqlError(537, "Invalid length parameter passed to the LEFT or SUBSTRING function.", state=3)
    end = start - 1 + length
    return text[max(0, start - 1) : max(0, end)]


def left_part(text: str | None, count: int | None) -> str | None:
    """LEFT. Raises 536 for a negative count."""
    if text is None or count is None:
        return None
    if count < 0:
        raise SqlError(536, "Invalid length parameter passed to the LEFT function.")
    return text[:count]


def right_part(text: str | None, count: int | None) -> str | None:
    """RIGHT. Raises 536 for a negative count."""
    if text is None or count is None:
        return None
    if count < 0:
        raise SqlError(536, "Invalid length parameter passed to the RIGHT function.")
    return text[len(text) - count :] if count < len(text) else text


def replace(text: str | None, old: str | None, new: str | None) -> str | None:
    """REPLACE, which finds without regard to case."""
    if text is None or old is None or new is None:
        return None
    if not old:
        return text
    replacement = new
    return re.sub(re.escape(old), lambda _: replacement, text, flags=re.IGNORECASE)


def charindex(wanted: str | None, text: str | None) -> int | None:
    """CHARINDEX, which finds without regard to case."""
    if wanted is None or text is None:
        return None
    return text.lower().find(wanted.lower()) + 1 if wanted else 0


_NAME_PIECE = re.compile(r"\[((?:[^\]]|\]\])*)\]|\"((?:[^\"]|\"\")*)\"|([^.\[\"]+)")


def name_part(name: str | None, part: int, database: str) -> str | None:
    """Part 1 (object) or 2 (schema) of `[db].[schema].[object]`; NULL for another database's object."""
    if name is None:
        return None
    pieces = []
    position = 0
    text = name.strip()
    while position < len(text):
        match = _NAME_PIECE.match(text, position)
        if match is None:
            pieces.append("")
        else:
            bracketed, quoted, plain = match.groups()
            pieces.append(_unescaped(bracketed, quoted, plain))
            position = match.end()
        if position < len(text) and text[position] != ".":
            return None
        position += 1
    if not 1 <= len(pieces) <= 3 or (len(pieces) == 3 and pieces[0].lower() not in ("", database.lower())):
        return None
    if part == 1:
        return pieces[-1]
    return (pieces[-2] if len(pieces) > 1 else "") or "dbo"


def _unescaped(bracketed: str | None, quoted: str | None, plain: str | None) -> str:
    if bracketed is not None:
        return bracketed.replace("]]", "]")
    return quoted.replace('""', '"') if quoted is not None else str(plain)


def unknown_property(function: str, name: str | None) -> None:
    """A property that the stand-in does not know. SQL Server gives NULL for a wrong name; here it is refused."""
    raise unsupported(f"{function}(..., '{name}')")


def newid() -> bytes:
    """NEWID."""
    return store_guid(uuid.uuid4())


def _on_float(function: Callable[[float], float]) -> Callable[[float | None], float | None]:
    return lambda value: None if value is None else float(function(value))


def _on_text(function: Callable[[str], str]) -> Callable[[str | None], str | None]:
    return lambda value: None if value is None else function(value)


_PURE: dict[str, tuple[int, Callable[..., Any]]] = {
    CONVERT_FUNCTION: (2, conversion_function),
    "tsql_fits": (2, fits),
    "tsql_divide": (3, divide),
    "tsql_single": (2, single),
    "tsql_substring": (3, substring),
    "tsql_left": (2, left_part),
    "tsql_right": (2, right_part),
    "tsql_replace": (3, replace),
    "tsql_charindex": (2, charindex),
    "tsql_like": (3, collation.like),
    "tsql_upper": (1, _on_text(str.upper)),
    "tsql_lower": (1, _on_text(str.lower)),
    "tsql_floor": (1, _on_float(math.floor)),
    "tsql_ceiling": (1, _on_float(math.ceil)),
    "tsql_dateadd": (3, dateparts.dateadd),
    "tsql_datediff": (3, dateparts.datediff),
    "tsql_datediff_fits": (2, dateparts.datediff_fits),
    "tsql_datepart": (2, dateparts.datepart),
    "tsql_in_mask": (2, is_column_in_mask),
    "tsql_name_part": (3, name_part),
    "tsql_unknown_property": (2, unknown_property),
    "tsql_type_name": (1, type_name),
    "tsql_describe_column": (5, describe_column),
}
"""Functions whose result depends on their arguments alone: name, number of arguments, function."""


def _version(number: int | None) -> int | None:
    """The version argument of CHANGETABLE. Sources disagree about negative ones, so they are refused."""
    if number is not None and number < 0:
        raise unsupported("CHANGETABLE(CHANGES ...) with a negative version")
    return number


def register(connection: sqlite3.Connection, note: Callable[[SqlError], None]) -> None:
    """Give a connection the collation and the functions. `note` is told the SqlError that one of them raises,
    since SQLite passes on only that there was one."""

    def noting(function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            try:
                return function(*arguments)
            except SqlError as error:
                note(error)
                raise

        return call

    connection.create_collation("TSQL", collation.compare)
    for name, (count, function) in {**_PURE, "tsql_version": (1, _version)}.items():
        connection.create_function(name, count, noting(function), deterministic=True)
    connection.create_function("tsql_newid", 0, newid)
    connection.create_aggregate("tsql_mask_union", 2, MaskUnion)  # type: ignore[arg-type]
