"""Writes a conversion into the SQL, or does it before the statement runs where that is possible."""

from __future__ import annotations

from dataclasses import replace

from sandbox.sqlserver.contract import SqlError, SqlType
from sandbox.sqlserver.engine.translate.context import Context
from sandbox.sqlserver.engine.translate.plan import Value
from sandbox.sqlserver.engine.values.conversions import CONVERT_FUNCTION, attempted, number_of, text_of
from sandbox.sqlserver.engine.values.convert import Conversion, Convert, convert
from sandbox.sqlserver.engine.values.types import NULL


def coerce(
    context: Context,
    value: Value,
    target: SqlType,
    *,
    explicit: bool = False,
    style: int | None = None,
    column: tuple[str, str] | None = None,
    attempt: bool = False,
) -> Value:
    """The value as `target`; `column` makes it an assignment, `attempt` makes NULL of what cannot be converted.

    Raises what `convert` raises.
    """
    conversion = Conversion(source=value.type, target=target, explicit=explicit, style=style, column=column)
    function = convert(conversion)
    if function is None:
        return replace(value, type=target)
    if attempt:
        which = _which(context, conversion, attempted(function), attempt=True)
        return Value(sql=f"{CONVERT_FUNCTION}({value.sql}, {which})", type=target)
    if value.bind is not None:
        sql = context.argument(value.bind, function)
        return Value(sql=sql, type=target, nullable=value.nullable, name=value.name)
    if value.constant is not None:
        try:
            return literal(function(value.constant[0]), target)
        except SqlError:
            # It may never be evaluated: leave it to the moment when it is.
            pass
    sql = f"{CONVERT_FUNCTION}({value.sql}, {_which(context, conversion, function)})"
    return Value(sql=sql, type=target, nullable=value.nullable, name=value.name)


def literal(stored: object, sql_type: SqlType) -> Value:
    """A stored value written into the SQL."""
    if stored is None:
        return Value(sql="NULL", type=NULL)
    return Value(sql=_literal_sql(stored), type=sql_type, nullable=False, constant=(stored,))


def _literal_sql(stored: object) -> str:
    if isinstance(stored, str):
        if "\0" in stored:
            return f"CAST(x'{stored.encode().hex()}' AS TEXT)"
        return "'" + stored.replace("'", "''") + "'"
    if isinstance(stored, bytes):
        return f"x'{stored.hex()}'"
    # SQLite reads the smallest bigint as a float unless it is written as a sum.
    return "(-9223372036854775807 - 1)" if stored == -(2**63) else repr(stored)


def _which(context: Context, conversion: Conversion, function: Convert, *, attempt: bool = False) -> int | str:
    if context.is_kept:
        return _literal_sql(text_of(conversion, attempt=attempt))
    return number_of(conversion, function, attempt=attempt)
