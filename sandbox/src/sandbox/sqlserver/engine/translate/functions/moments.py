"""The clock, DATEADD, DATEDIFF and DATEPART. The server's time zone is UTC, as in Microsoft's containers."""

from __future__ import annotations

from sqlglot import exp

from sandbox.sqlserver.contract import SqlError, SqlType
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.translate.functions.signature import (
    Function,
    as_type,
    check_count,
    fact,
    literal_text,
    no_arguments,
)
from sandbox.sqlserver.engine.translate.plan import Value
from sandbox.sqlserver.engine.translate.scope import Scope
from sandbox.sqlserver.engine.translate.translator import Translator
from sandbox.sqlserver.engine.values.dateparts import PARTS
from sandbox.sqlserver.engine.values.types import BIGINT, DATE, DATETIME, DATETIME2, INT, describe, family, nvarchar


def _clock(name: str, sql_type: SqlType) -> Function:
    """One moment for the whole statement, as in SQL Server."""
    return fact(no_arguments(name), f"$now.{sql_type.name}", sql_type, nullable=False)


def _part(node: exp.Expression, function: str) -> str:
    written = literal_text(node, function).lower()
    part = PARTS.get(written)
    if part is None:
        raise SqlError(155, f"'{written}' is not a recognized {function.lower()} option.", severity=15)
    return part


def _moment(translator: Translator, node: exp.Expression, scope: Scope) -> Value:
    """An argument as a moment: text becomes datetime2, a date stays one."""
    value = translator.value(node, scope)
    group = family(value.type)
    if group == "string" or value.type.name == "null":
        return translator.coerce(value, DATETIME2)
    if group not in ("moment", "date"):
        raise unsupported(f"a date function of {describe(value.type)}")
    return value


def _dateadd(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("dateadd", arguments, 3)
    part = _part(arguments[0], "DATEADD")
    count = as_type(translator, arguments[1], scope, BIGINT)
    moment = _moment(translator, arguments[2], scope)
    if moment.type.name == "date" and part not in ("year", "quarter", "month", "week", "day"):
        raise SqlError(9810, f"The datepart {part} is not supported by date function dateadd for data type date.")
    as_moment = translator.coerce(moment, DATETIME2)
    added = f"tsql_dateadd('{part}', {count.sql}, {as_moment.sql})"
    result = Value(sql=added, type=DATETIME2, nullable=moment.nullable or count.nullable)
    if moment.type.name in ("datetime", "smalldatetime", "date"):
        return translator.coerce(result, moment.type)
    return result


def _datediff(function: str, result: SqlType) -> Function:
    def translate(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
        check_count(function, arguments, 3)
        part = _part(arguments[0], function)
        start, end = (translator.coerce(_moment(translator, argument, scope), DATETIME2) for argument in arguments[1:])
        sql = f"tsql_datediff('{part}', {start.sql}, {end.sql})"
        text = f"tsql_datediff_fits({sql}, '{result.name}')"
        return Value(sql=text, type=result, nullable=start.nullable or end.nullable)

    return translate


def _datepart(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("datepart", arguments, 2)
    return _part_of(translator, _part(arguments[0], "DATEPART"), arguments[1], scope)


def _part_of(translator: Translator, part: str, node: exp.Expression, scope: Scope) -> Value:
    if part == "week":
        raise unsupported("DATEPART(week)")
    moment = translator.coerce(_moment(translator, node, scope), DATETIME2)
    return Value(sql=f"tsql_datepart('{part}', {moment.sql})", type=INT, nullable=moment.nullable)


def _single(part: str) -> Function:
    """YEAR, MONTH and DAY."""

    def translate(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
        check_count(part, arguments, 1)
        return _part_of(translator, part, arguments[0], scope)

    return translate


def _eomonth(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    if len(arguments) != 1:
        check_count("eomonth", arguments, 2)
    moment = translator.coerce(_moment(translator, arguments[0], scope), DATETIME2)
    months = as_type(translator, arguments[1], scope, INT).sql if arguments[1:] else "0"
    return translator.coerce(Value(sql=f"tsql_eomonth({moment.sql}, {months})", type=DATETIME2), DATE, explicit=True)


def _datename(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("datename", arguments, 2)
    part = _part(arguments[0], "DATENAME")
    if part == "week":
        raise unsupported("DATENAME(week)")
    moment = translator.coerce(_moment(translator, arguments[1], scope), DATETIME2)
    return Value(sql=f"tsql_datename('{part}', {moment.sql})", type=nvarchar(30))


def _datefromparts(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("datefromparts", arguments, 3)
    parts = ", ".join(as_type(translator, argument, scope, INT).sql for argument in arguments)
    return translator.coerce(Value(sql=f"tsql_date_from_parts({parts})", type=DATETIME2), DATE, explicit=True)


FUNCTIONS: dict[str, Function] = {
    "EOMONTH": _eomonth,
    "DATENAME": _datename,
    "DATEFROMPARTS": _datefromparts,
    "SYSUTCDATETIME": _clock("sysutcdatetime", DATETIME2),
    "SYSDATETIME": _clock("sysdatetime", DATETIME2),
    "GETUTCDATE": _clock("getutcdate", DATETIME),
    "GETDATE": _clock("getdate", DATETIME),
    "CURRENT_TIMESTAMP": _clock("current_timestamp", DATETIME),
    "DATEADD": _dateadd,
    "DATEDIFF": _datediff("datediff", INT),
    "DATEDIFF_BIG": _datediff("datediff_big", BIGINT),
    "DATEPART": _datepart,
    "YEAR": _single("year"),
    "MONTH": _single("month"),
    "DAY": _single("day"),
}
