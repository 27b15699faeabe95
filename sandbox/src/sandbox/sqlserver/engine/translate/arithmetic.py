"""Operators on numbers and text, with T-SQL's result types and overflow."""

from __future__ import annotations

from typing import Any

from sqlglot import exp

from sandbox.sqlserver.contract import SqlError, SqlType
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.translate.coerce import literal
from sandbox.sqlserver.engine.translate.plan import Value
from sandbox.sqlserver.engine.translate.translator import Translator
from sandbox.sqlserver.engine.values.types import (
    MAX,
    NULL,
    as_decimal,
    common_type,
    decimal,
    describe,
    family,
    nvarchar,
    scale_of,
    varchar,
)

_SIGNS: dict[type[Any], str] = {
    exp.Add: "+",
    exp.Sub: "-",
    exp.Mul: "*",
    exp.Div: "/",
    exp.Mod: "%",
    exp.BitwiseAnd: "&",
    exp.BitwiseOr: "|",
    exp.BitwiseXor: "^",
}
_MAX_PRECISION = 38


def negate(value: Value) -> Value:
    """-value."""
    if value.constant is not None and family(value.type) in ("integer", "decimal", "float"):
        return literal(-value.constant[0], value.type)
    if family(value.type) not in ("integer", "decimal", "float") or value.type.name in ("bit", "tinyint"):
        raise unsupported(f"- before {describe(value.type)}")
    return _checked(f"-({value.sql})", value.type, nullable=value.nullable)


def arithmetic(translator: Translator, kind: type[Any], left: Value, right: Value) -> Value:
    """left <operator> right. Raises 402 and 8117 as T-SQL does, 40000 for mixtures that are not known."""
    sign = _SIGNS[kind]
    nullable = left.nullable or right.nullable
    common = common_type(left.type, right.type)
    group = family(common)
    if group == "string":
        if sign != "+":
            raise SqlError(8117, f"Operand data type {common.name} is invalid for operator {sign}.")
        return concatenate(translator, [left, right])
    if group == "integer":
        return _integers(sign, translator.coerce(left, common), translator.coerce(right, common), common, nullable)
    if group == "float":
        return _floats(sign, translator.coerce(left, common), translator.coerce(right, common), nullable)
    if group == "decimal":
        return _decimals(translator, sign, left, right, nullable=nullable)
    raise unsupported(f"{describe(left.type)} {sign} {describe(right.type)}")


def concatenate(translator: Translator, parts: list[Value]) -> Value:
    """Text + text: NULL when any part is NULL."""
    common = NULL
    for part in parts:
        common = common_type(common, part.type)
    lengths = [part.type.length if part.type.length is not None else 30 for part in parts]
    total = MAX if MAX in lengths else sum(lengths)
    result = nvarchar(total) if common.name.startswith("n") else varchar(total)
    texts = [translator.coerce(part, result) for part in parts]
    sql = " || ".join(text.sql for text in texts)
    return Value(sql=f"({sql})", type=result, nullable=any(part.nullable for part in parts))


def _integers(sign: str, left: Value, right: Value, common: SqlType, nullable: bool) -> Value:
    if sign == "^":
        # SQLite has no exclusive or: what either has, without what both have.
        sql = f"(({left.sql} | {right.sql}) - ({left.sql} & {right.sql}))"
        return Value(sql=sql, type=common, nullable=nullable)
    if sign in "&|":
        return Value(sql=f"({left.sql} {sign} {right.sql})", type=common, nullable=nullable)
    if common.name == "bit":
        raise SqlError(402, f"The data types bit and bit are incompatible in the '{sign}' operator.")
    if sign in "/%":
        sql = f"tsql_divide({left.sql}, {right.sql}, '{sign}')"
        return _checked(sql, common, nullable=nullable)
    return _checked(f"{left.sql} {sign} {right.sql}", common, nullable=nullable)


def _checked(sql: str, sql_type: SqlType, *, nullable: bool) -> Value:
    if family(sql_type) == "float":
        return Value(sql=f"({sql})", type=sql_type, nullable=nullable)
    limit = sql_type.name if family(sql_type) == "integer" else str(sql_type.precision)
    return Value(sql=f"tsql_fits({sql}, '{limit}')", type=sql_type, nullable=nullable)


def _floats(sign: str, left: Value, right: Value, nullable: bool) -> Value:
    result = common_type(left.type, right.type)
    if sign in "%&|^":
        raise SqlError(402, f"The data types float and float are incompatible in the '{sign}' operator.")
    if sign == "/":
        return Value(sql=f"tsql_divide({left.sql}, {right.sql}, '/')", type=result, nullable=nullable)
    return Value(sql=f"({left.sql} {sign} {right.sql})", type=result, nullable=nullable)


def _decimals(translator: Translator, sign: str, left: Value, right: Value, *, nullable: bool) -> Value:
    """Precision and scale by the rules of "Precision, scale, and length" in Microsoft's reference."""
    one, other = _exact(left), _exact(right)
    p1, s1, p2, s2 = one.precision or 18, scale_of(one), other.precision or 18, scale_of(other)
    left, right = translator.coerce(left, one), translator.coerce(right, other)
    if sign in "+-":
        scale = max(s1, s2)
        result = decimal(min(_MAX_PRECISION, max(p1 - s1, p2 - s2) + scale + 1), scale)
        left = translator.coerce(left, decimal(_MAX_PRECISION, scale))
        right = translator.coerce(right, decimal(_MAX_PRECISION, scale))
        return _checked(f"{left.sql} {sign} {right.sql}", result, nullable=nullable)
    if sign == "*":
        if p1 + p2 + 1 > _MAX_PRECISION and s1 + s2 > 6:
            raise unsupported(f"{describe(one)} * {describe(other)}: more than 38 digits")
        result = decimal(min(_MAX_PRECISION, p1 + p2 + 1), s1 + s2)
        return _checked(f"{left.sql} * {right.sql}", result, nullable=nullable)
    if sign == "/":
        return _quotient(left, right, one, other, nullable=nullable)
    if sign == "%":
        scale = max(s1, s2)
        result = decimal(min(_MAX_PRECISION, min(p1 - s1, p2 - s2) + scale), scale)
        left = translator.coerce(left, decimal(_MAX_PRECISION, scale))
        right = translator.coerce(right, decimal(_MAX_PRECISION, scale))
        return Value(sql=f"tsql_divide({left.sql}, {right.sql}, '%')", type=result, nullable=nullable)
    raise unsupported(f"{describe(one)} {sign} {describe(other)}")


def _quotient(left: Value, right: Value, one: SqlType, other: SqlType, *, nullable: bool) -> Value:
    """The digits behind the point are cut off, not rounded."""
    p1, s1, p2, s2 = one.precision or 18, scale_of(one), other.precision or 18, scale_of(other)
    whole = p1 - s1 + s2
    scale = max(6, s1 + p2 + 1)
    if whole + scale > _MAX_PRECISION:
        # What stands before the point is kept, as long as six digits are left behind it.
        scale = max(min(scale, 6), _MAX_PRECISION - whole)
    result = decimal(min(_MAX_PRECISION, whole + scale), scale)
    return Value(sql=f"tsql_quotient({left.sql}, {right.sql}, {scale - s1 + s2})", type=result, nullable=nullable)


def _exact(value: Value) -> SqlType:
    """The operand's type as a decimal; a whole number that is written out has no more digits than it shows."""
    if value.type == NULL:
        return decimal(1, 0)
    if value.constant is not None and family(value.type) == "integer":
        return decimal(len(str(abs(value.constant[0]))), 0)
    return as_decimal(value.type)
