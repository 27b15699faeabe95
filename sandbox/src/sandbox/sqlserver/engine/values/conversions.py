"""The conversions that SQL calls for while it runs: the SQL names one by its number, or writes it out."""

from __future__ import annotations

import ast
import functools
import threading
from dataclasses import asdict

from sandbox.sqlserver.contract import SqlError, SqlType
from sandbox.sqlserver.engine.errors import UNSUPPORTED
from sandbox.sqlserver.engine.values.convert import Conversion, Convert, convert

CONVERT_FUNCTION = "tsql_convert"
"""The SQLite function that applies a conversion: (value, the conversion's number in this process, or its text)."""

_conversions: list[Convert] = []
_numbers: dict[tuple[Conversion, bool], int] = {}
_numbering = threading.Lock()


def number_of(conversion: Conversion, function: Convert, *, attempt: bool) -> int:
    """The conversion's number as long as this process lives; `function` does it, as an attempt if it is one."""
    with _numbering:
        key = (conversion, attempt)
        number = _numbers.get(key)
        if number is None:
            number = _numbers[key] = len(_conversions)
            _conversions.append(function)
        return number


def text_of(conversion: Conversion, *, attempt: bool) -> str:
    """The conversion written out, for SQL that outlives this process."""
    return repr((asdict(conversion), attempt))


def conversion_function(value: object, which: int | str) -> object:
    """What SQLite calls: NULL stays NULL."""
    if value is None:
        return None
    return (_conversions[which] if isinstance(which, int) else _written(which))(value)


@functools.cache
def _written(text: str) -> Convert:
    """The conversion that an earlier process may have written into the file."""
    fields, is_attempt = ast.literal_eval(text)
    source, target = (SqlType(**fields.pop(side)) for side in ("source", "target"))
    function = convert(Conversion(source=source, target=target, **fields))
    if function is None:
        raise KeyError(text)
    return attempted(function) if is_attempt else function


def attempted(function: Convert) -> Convert:
    """The conversion of TRY_CAST: NULL where it fails, but not where the stand-in cannot tell."""

    def attempt(stored: object) -> object:
        try:
            return function(stored)
        except SqlError as error:
            if error.number == UNSUPPORTED:
                raise
            return None

    return attempt
