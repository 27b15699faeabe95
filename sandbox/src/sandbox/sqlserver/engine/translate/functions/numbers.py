"""Functions on numbers."""

from __future__ import annotations

from sqlglot import exp

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.translate.functions.signature import Function, as_type, check_count
from sandbox.sqlserver.engine.translate.plan import Value
from sandbox.sqlserver.engine.translate.scope import Scope
from sandbox.sqlserver.engine.translate.translator import Translator
from sandbox.sqlserver.engine.values.types import INT, describe, family, scale_of


def _abs(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("abs", arguments, 1)
    value = translator.value(arguments[0], scope)
    group = family(value.type)
    if group in ("float", "decimal"):
        return Value(sql=f"abs({value.sql})", type=value.type, nullable=value.nullable)
    if group != "integer" or value.type.name == "bit":
        raise SqlError(8117, f"Operand data type {value.type.name} is invalid for abs operator.")
    return Value(sql=f"tsql_fits(abs({value.sql}), '{value.type.name}')", type=value.type, nullable=value.nullable)


def _rounding(name: str) -> Function:
    """FLOOR and CEILING of integers and floats."""

    def translate(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
        check_count(name, arguments, 1)
        value = translator.value(arguments[0], scope)
        group = family(value.type)
        if group == "integer":
            return value.renamed("")
        if group == "float":
            return Value(sql=f"tsql_{name}({value.sql})", type=value.type, nullable=value.nullable)
        raise unsupported(f"{name.upper()} of {describe(value.type)}")

    return translate


def _round(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    """ROUND(number, length [, other than 0 cuts]) of integers and decimals."""
    if len(arguments) != 2:
        check_count("round", arguments, 3)
    value = translator.value(arguments[0], scope)
    if family(value.type) not in ("integer", "decimal"):
        raise unsupported(f"ROUND of {describe(value.type)}")
    length = as_type(translator, arguments[1], scope, INT).sql
    cut = as_type(translator, arguments[2], scope, INT).sql if arguments[2:] else "0"
    sql = f"tsql_round({value.sql}, {length}, {scale_of(value.type)}, {cut})"
    limit = value.type.name if family(value.type) == "integer" else str(value.type.precision or 19)
    return Value(sql=f"tsql_fits({sql}, '{limit}')", type=value.type, nullable=value.nullable)


def _sign(translator: Translator, arguments: list[exp.Expression], scope: Scope) -> Value:
    check_count("sign", arguments, 1)
    value = translator.value(arguments[0], scope)
    if family(value.type) != "integer" or value.type.name == "bit":
        raise unsupported(f"SIGN of {describe(value.type)}")
    return Value(sql=f"sign({value.sql})", type=value.type, nullable=value.nullable)


FUNCTIONS: dict[str, Function] = {
    "ABS": _abs,
    "FLOOR": _rounding("floor"),
    "CEILING": _rounding("ceiling"),
    "ROUND": _round,
    "SIGN": _sign,
}
