"""COUNT, SUM, MIN, MAX, AVG and STRING_AGG; all but the last also over a window."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from sqlglot import exp

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.translate.functions.signature import Function, check_count
from sandbox.sqlserver.engine.translate.plan import Value
from sandbox.sqlserver.engine.translate.scope import Scope
from sandbox.sqlserver.engine.translate.translator import Translator
from sandbox.sqlserver.engine.values.types import (
    BIGINT,
    FLOAT,
    INT,
    MAX,
    STRINGS,
    collate_sql,
    decimal,
    describe,
    family,
    nvarchar,
    scale_of,
    varchar,
)


def has_aggregate(node: exp.Expression) -> bool:
    """Whether an aggregate stands in the expression itself, not in a query inside it."""
    if isinstance(node, (exp.Subquery, exp.Select, exp.Exists, exp.Window)):
        return False
    if isinstance(node, exp.Anonymous) and node.name.upper() in FUNCTIONS:
        return True
    children = [child for part in node.args.values() for child in (part if isinstance(part, list) else [part])]
    return any(has_aggregate(child) for child in children if isinstance(child, exp.Expression))


@contextmanager
def _inside(scope: Scope) -> Iterator[None]:
    """Arguments of an aggregate may name any column. Raises 147 where no aggregate may stand, 130 for nested ones.

    Those of a window's aggregate are what stands in the select list: grouping leaves no more of them than of others.
    """
    grouping = scope.grouping
    if scope.over is not None:
        yield
        return
    if grouping is None:
        text = (
            "An aggregate may not appear in the WHERE clause unless it is in a subquery contained in a HAVING clause "
        )
        raise SqlError(147, text + "or a select list, and the column being aggregated is an outer reference.")
    before = grouping.inside_aggregate
    grouping.inside_aggregate = True
    try:
        yield
    finally:
        grouping.inside_aggregate = before


def over(translator: Translator, name: str, arguments: list[exp.Expression], scope: Scope, window: str) -> Value:
    """The aggregate `name` over a window. Raises 40000 where the stand-in has no such one."""
    if name == "STRING_AGG":
        raise SqlError(
            4113,
            "The function 'STRING_AGG' is not a valid windowing function, and cannot be used with the OVER clause.",
        )
    scope.over = window
    try:
        return FUNCTIONS[name](translator, arguments, scope)
    finally:
        scope.over = None


def _window(scope: Scope) -> str:
    """What stands behind the call: nothing, or the window."""
    return scope.over or ""


def _argument(translator: Translator, node: exp.Expression, scope: Scope) -> tuple[str, Value]:
    """(`DISTINCT ` or nothing, the argument)."""
    distinct = isinstance(node, exp.Distinct)
    if distinct and scope.over is not None:
        raise SqlError(10759, "Use of DISTINCT is not allowed with the OVER clause.", severity=15)
    inner = node.expressions[0] if distinct else node
    if has_aggregate(inner):
        text = "Cannot perform an aggregate function on an expression containing an aggregate or a subquery."
        raise SqlError(130, text)
    with _inside(scope):
        value = translator.value(inner, scope)
    return ("DISTINCT " if distinct else ""), value


def _collated(value: Value) -> str:
    return f"{value.sql}{collate_sql(value.type)}"


def _count(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("count", arguments, 1)
    if isinstance(arguments[0], exp.Star):
        with _inside(scope):
            return Value(sql=f"count(*){_window(scope)}", type=INT)
    distinct, value = _argument(translator, arguments[0], scope)
    return Value(sql=f"count({distinct}{_collated(value)}){_window(scope)}", type=INT)


def _count_big(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    value = _count(translator, arguments, scope)
    return Value(sql=value.sql, type=BIGINT)


def _sum(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("sum", arguments, 1)
    distinct, value = _argument(translator, arguments[0], scope)
    group = family(value.type)
    if group == "integer" and value.type.name != "bit":
        result = BIGINT if value.type.name == "bigint" else INT
        return Value(sql=f"tsql_fits(sum({distinct}{value.sql}){_window(scope)}, '{result.name}')", type=result)
    if group == "decimal":
        result = decimal(38, scale_of(value.type))
        return Value(sql=f"tsql_fits(sum({distinct}{value.sql}){_window(scope)}, '38')", type=result)
    if group == "float":
        return Value(sql=f"sum({distinct}{value.sql}){_window(scope)}", type=FLOAT)
    raise SqlError(8117, f"Operand data type {value.type.name} is invalid for sum operator.")


def _avg(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("avg", arguments, 1)
    distinct, value = _argument(translator, arguments[0], scope)
    if family(value.type) == "float":
        return Value(sql=f"avg({distinct}{value.sql}){_window(scope)}", type=FLOAT)
    if family(value.type) == "integer" and value.type.name != "bit":
        result = BIGINT if value.type.name == "bigint" else INT
        total, count = (f"{name}({distinct}{value.sql}){_window(scope)}" for name in ("sum", "count"))
        return Value(sql=f"tsql_fits(tsql_divide({total}, nullif({count}, 0), '/'), '{result.name}')", type=result)
    if family(value.type) == "decimal":
        return _avg_of_decimals(value, distinct, scope)
    raise unsupported(f"AVG of {describe(value.type)}")


def _avg_of_decimals(value: Value, distinct: str, scope: Scope) -> Value:
    """decimal(38, s), s at least 6; cut, not rounded ("AVG" in Microsoft's reference)."""
    scale = max(6, scale_of(value.type))
    total, count = (f"{name}({distinct}{value.sql}){_window(scope)}" for name in ("sum", "count"))
    sql = f"tsql_quotient({total}, nullif({count}, 0), {scale - scale_of(value.type)})"
    return Value(sql=sql, type=decimal(38, scale))


def _string_agg(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    return string_agg(translator, arguments, None, scope)


def string_agg(translator: Translator, arguments: list[exp.Expression], order: exp.Order | None, scope: Scope) -> Value:
    """STRING_AGG, with the order of WITHIN GROUP if there is one: by one key."""
    check_count("string_agg", arguments, 2)
    _, value = _argument(translator, arguments[0], scope)
    text = value if value.type.name in STRINGS else translator.coerce(value, nvarchar(4000), explicit=True)
    with _inside(scope):
        separator = translator.value(arguments[1], scope)
        key, descending = "NULL", 0
        if order is not None:
            if len(order.expressions) != 1:
                raise unsupported("WITHIN GROUP with more than one key")
            key = translator.value(order.expressions[0].this, scope).sql
            descending = int(bool(order.expressions[0].args.get("desc")))
    national = text.type.name.startswith("n")
    unlimited = text.type.length == MAX
    result = nvarchar(MAX if unlimited else 4000) if national else varchar(MAX if unlimited else 8000)
    return Value(sql=f"tsql_string_agg({text.sql}, {separator.sql}, {key}, {descending})", type=result)


def _extreme(name: str) -> Function:
    def translate(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
        check_count(name, arguments, 1)
        distinct, value = _argument(translator, arguments[0], scope)
        if value.type.name == "bit":
            raise SqlError(8117, f"Operand data type bit is invalid for {name} operator.")
        return Value(sql=f"{name}({distinct}{_collated(value)}){_window(scope)}", type=value.type)

    return translate


FUNCTIONS: dict[str, Function] = {
    "COUNT": _count,
    "COUNT_BIG": _count_big,
    "SUM": _sum,
    "AVG": _avg,
    "STRING_AGG": _string_agg,
    "MIN": _extreme("min"),
    "MAX": _extreme("max"),
}
