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
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.values import collation, dateparts, numbers, texts
from sandbox.sqlserver.engine.values.conversions import CONVERT_FUNCTION, conversion_function
from sandbox.sqlserver.engine.values.sort_keys import SORT_KEY_FUNCTION, sort_key_text
from sandbox.sqlserver.engine.values.storage import store_guid
from sandbox.sqlserver.engine.values.string_agg import StringAgg


def single(count: int, value: Any) -> Any:
    """A scalar subquery's one value. Raises 512 when there are more."""
    if count > 1:
        text = (
            "Subquery returned more than 1 value. This is not permitted when the subquery follows =, !=, <, <= , >, "
            ">= or when the subquery is used as an expression."
        )
        raise SqlError(512, text)
    return value


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
    SORT_KEY_FUNCTION: (1, sort_key_text),
    "tsql_fits": (2, numbers.fits),
    "tsql_divide": (3, numbers.divide),
    "tsql_quotient": (3, numbers.quotient),
    "tsql_stuff": (4, texts.stuff),
    "tsql_replicate": (2, texts.replicate),
    "tsql_patindex": (2, collation.patindex),
    "tsql_charindex_from": (3, texts.charindex_from),
    "tsql_unicode": (1, texts.unicode_of),
    "tsql_ascii": (1, texts.ascii_of),
    "tsql_char": (1, texts.char),
    "tsql_nchar": (1, texts.nchar),
    "tsql_round": (4, numbers.round_scaled),
    "tsql_eomonth": (2, dateparts.eomonth),
    "tsql_datename": (2, dateparts.datename),
    "tsql_date_from_parts": (3, dateparts.date_from_parts),
    "tsql_single": (2, single),
    "tsql_substring": (3, texts.substring),
    "tsql_left": (2, texts.left_part),
    "tsql_right": (2, texts.right_part),
    "tsql_replace": (3, texts.replace),
    "tsql_charindex": (2, texts.charindex),
    "tsql_like": (3, collation.like),
    "tsql_upper": (1, _on_text(str.upper)),
    "tsql_lower": (1, _on_text(str.lower)),
    "tsql_reverse": (1, _on_text(lambda text: text[::-1])),
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
    "tsql_unhex": (1, bytes.fromhex),
    "tsql_describe_column": (5, describe_column),
}
"""Functions whose result depends on their arguments alone: name, number of arguments, function."""


def _version(number: int | None) -> int | None:
    """The version argument of CHANGETABLE. Sources disagree about negative ones, so they are refused."""
    if number is not None and number < 0:
        raise unsupported("CHANGETABLE(CHANGES ...) with a negative version")
    return number


def noting(function: Callable[..., Any], note: Callable[[SqlError], None]) -> Callable[..., Any]:
    """The function, which tells `note` the SqlError that it raises: SQLite passes on only that there was one."""

    def call(*arguments: Any) -> Any:
        try:
            return function(*arguments)
        except SqlError as error:
            note(error)
            raise

    return call


def register(connection: sqlite3.Connection, note: Callable[[SqlError], None]) -> None:
    """Give a connection the collation and the functions. `note` is told the SqlError that one of them raises."""
    connection.create_collation("TSQL", collation.compare)
    connection.create_collation("TSQL_CS", collation.compare_with_case)
    connection.create_collation("TSQL_BIN2", collation.compare_code_points)
    for name, (count, function) in {**_PURE, "tsql_version": (1, _version)}.items():
        connection.create_function(name, count, noting(function, note), deterministic=True)
    connection.create_function("tsql_newid", 0, newid)
    connection.create_aggregate("tsql_string_agg", 4, StringAgg)  # type: ignore[arg-type]
    connection.create_aggregate("tsql_mask_union", 2, MaskUnion)  # type: ignore[arg-type]
