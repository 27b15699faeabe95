"""COUNT, SUM, MIN, MAX and AVG."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlglot import exp

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.translate.functions.signature import Function, check_count
from sandbox.sqlserver.engine.translate.plan import Value
from sandbox.sqlserver.engine.translate.scope import Scope
from sandbox.sqlserver.engine.types import BIGINT, FLOAT, INT, STRINGS, decimal, describe, family, scale_of

if TYPE_CHECKING:
    from sandbox.sqlserver.engine.translate.translator import Translator


def has_aggregate(node: exp.Expression) -> bool:
    """Whether an aggregate stands in the expression itself, not in a query inside it."""
    if isinstance(node, (exp.Subquery, exp.Select, exp.Exists)):
        return False
    if isinstance(node, exp.Anonymous) and node.name.upper() in FUNCTIONS:
        return True
    children = [child for part in node.args.values() for child in (part if isinstance(part, list) else [part])]
    return any(has_aggregate(child) for child in children if isinstance(child, exp.Expression))


@contextmanager
def _inside(scope: Scope) -> Iterator[None]:
    """Arguments of an aggregate may name any column. Raises 147 where no aggregate may stand, 130 for nested ones."""
    grouping = scope.grouping
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


def _argument(translator: Translator, node: exp.Expression, scope: Scope) -> tuple[str, Value]:
    """(`DISTINCT ` or nothing, the argument)."""
    distinct = isinstance(node, exp.Distinct)
    inner = node.expressions[0] if distinct else node
    if has_aggregate(inner):
        text = "Cannot perform an aggregate function on an expression containing an aggregate or a subquery."
        raise SqlError(130, text)
    with _inside(scope):
        value = translator.value(inner, scope)
    return ("DISTINCT " if distinct else ""), value


def _collated(value: Value) -> str:
    return f"{value.sql} COLLATE TSQL" if value.type.name in STRINGS else value.sql


def _count(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("count", arguments, 1)
    if isinstance(arguments[0], exp.Star):
        with _inside(scope):
            return Value(sql="count(*)", type=INT)
    distinct, value = _argument(translator, arguments[0], scope)
    return Value(sql=f"count({distinct}{_collated(value)})", type=INT)


def _count_big(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    value = _count(translator, arguments, scope)
    return Value(sql=value.sql, type=BIGINT)


def _sum(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("sum", arguments, 1)
    distinct, value = _argument(translator, arguments[0], scope)
    group = family(value.type)
    if group == "integer" and value.type.name != "bit":
        result = BIGINT if value.type.name == "bigint" else INT
        return Value(sql=f"tsql_fits(sum({distinct}{value.sql}), '{result.name}')", type=result)
    if group == "decimal":
        result = decimal(38, scale_of(value.type))
        return Value(sql=f"tsql_fits(sum({distinct}{value.sql}), '38')", type=result)
    if group == "float":
        return Value(sql=f"sum({distinct}{value.sql})", type=FLOAT)
    raise SqlError(8117, f"Operand data type {value.type.name} is invalid for sum operator.")


def _avg(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("avg", arguments, 1)
    distinct, value = _argument(translator, arguments[0], scope)
    if family(value.type) == "float":
        return Value(sql=f"avg({distinct}{value.sql})", type=FLOAT)
    if family(value.type) == "integer" and value.type.name != "bit":
        result = BIGINT if value.type.name == "bigint" else INT
        sql = f"tsql_divide(sum({distinct}{value.sql}), nullif(count({distinct}{value.sql}), 0), '/')"
        return Value(sql=f"tsql_fits({sql}, '{result.name}')", type=result)
    raise unsupported(f"AVG of {describe(value.type)}")


def _extreme(name: str) -> Function:
    def translate(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
        check_count(name, arguments, 1)
        distinct, value = _argument(translator, arguments[0], scope)
        if value.type.name == "bit":
            raise SqlError(8117, f"Operand data type bit is invalid for {name} operator.")
        return Value(sql=f"{name}({distinct}{_collated(value)})", type=value.type)

    return translate


FUNCTIONS: dict[str, Function] = {
    "COUNT": _count,
    "COUNT_BIG": _count_big,
    "SUM": _sum,
    "AVG": _avg,
    "MIN": _extreme("min"),
    "MAX": _extreme("max"),
}
