"""COALESCE, ISNULL, NULLIF, IIF and CHOOSE."""

from __future__ import annotations

from sqlglot import exp

from sandbox.sqlserver.engine.errors import syntax
from sandbox.sqlserver.engine.translate.functions.signature import Function, check_count
from sandbox.sqlserver.engine.translate.plan import Value
from sandbox.sqlserver.engine.translate.scope import Scope
from sandbox.sqlserver.engine.translate.translator import Translator
from sandbox.sqlserver.engine.values.types import NULL, collate_sql, common_type


def _coalesce(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    if len(arguments) < 2:
        raise syntax("COALESCE")
    values = [translator.value(argument, scope) for argument in arguments]
    target = NULL
    for value in values:
        target = common_type(target, value.type)
    typed = [translator.coerce(value, target) for value in values]
    sql = f"coalesce({', '.join(value.sql for value in typed)})"
    return Value(sql=sql, type=target, nullable=all(value.nullable for value in typed))


def _isnull(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("isnull", arguments, 2)
    first = translator.value(arguments[0], scope)
    second = translator.value(arguments[1], scope)
    target = second.type if first.type == NULL else first.type
    # ISNULL cuts the replacement to the first argument's length, without a word: that is a cast.
    replacement = translator.coerce(second, target, explicit=True)
    sql = f"ifnull({first.sql}, {replacement.sql})"
    return Value(sql=sql, type=target, nullable=first.nullable and replacement.nullable)


def _nullif(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("nullif", arguments, 2)
    first = translator.value(arguments[0], scope)
    second = translator.value(arguments[1], scope)
    common = common_type(first.type, second.type)
    left, right = translator.coerce(first, common), translator.coerce(second, common)
    sql = f"(CASE WHEN {left.sql} = {right.sql}{collate_sql(common)} THEN NULL ELSE {first.sql} END)"
    return Value(sql=sql, type=first.type)


def _iif(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("iif", arguments, 3)
    condition, true, false = arguments
    case = exp.Case(ifs=[exp.If(this=condition.copy(), true=true.copy())], default=false.copy())
    return translator.value(case, scope)


def _choose(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    if len(arguments) < 2:
        raise syntax("CHOOSE")
    index, *choices = arguments
    branches = [exp.If(this=exp.Literal.number(place), true=choice.copy()) for place, choice in enumerate(choices, 1)]
    return translator.value(exp.Case(this=index.copy(), ifs=branches), scope)


FUNCTIONS: dict[str, Function] = {
    "COALESCE": _coalesce,
    "ISNULL": _isnull,
    "NULLIF": _nullif,
    "IIF": _iif,
    "CHOOSE": _choose,
}
