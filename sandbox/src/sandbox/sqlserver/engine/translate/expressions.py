"""Scalar expressions, one small function for each kind of node. A kind that is not listed is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from sqlglot import exp

from sandbox.sqlserver.contract import SqlError, SqlType
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.translate.arithmetic import arithmetic, negate
from sandbox.sqlserver.engine.translate.coerce import coerce, literal
from sandbox.sqlserver.engine.translate.context import Context
from sandbox.sqlserver.engine.translate.functions import aggregates, call, global_variable, windows
from sandbox.sqlserver.engine.translate.parts import refuse_unknown_parts
from sandbox.sqlserver.engine.translate.plan import Value
from sandbox.sqlserver.engine.translate.scope import Scope
from sandbox.sqlserver.engine.translate.translator import Translator
from sandbox.sqlserver.engine.values.types import (
    BIGINT,
    FLOAT,
    INT,
    LIMITS,
    NULL,
    STRINGS,
    common_type,
    decimal,
    from_tree,
    nvarchar,
    varbinary,
    varchar,
    with_collation,
)

_CAST_LENGTH = 30
"""The length of a string type in CAST and CONVERT when none is written."""
_KNOWN_PARTS: dict[type[exp.Expression], frozenset[str]] = {
    exp.Column: frozenset({"this", "table", "db", "catalog"}),
    exp.Alias: frozenset({"this", "alias"}),
    exp.Cast: frozenset({"this", "to"}),
    exp.Convert: frozenset({"this", "expression", "style", "safe"}),
    exp.Subquery: frozenset({"this"}),
    exp.Anonymous: frozenset({"this", "expressions"}),
}
_Handler = Callable[[Translator, Any, Scope], Value]
_HANDLERS: dict[type[exp.Expression], _Handler] = {}


def translate(translator: Translator, node: exp.Expression, scope: Scope) -> Value:
    """The node as typed SQL. Raises 40000 for a kind of node that is not known."""
    handler = _HANDLERS.get(type(node))
    if handler is None:
        raise unsupported(f"the expression {node.sql(dialect='tsql')[:80]} ({type(node).__name__})")
    refuse_unknown_parts(node, _KNOWN_PARTS)
    return handler(translator, node, scope)


def branches_type(values: list[Value]) -> SqlType:
    """The type of a CASE, COALESCE or VALUES column with these branches."""
    result = NULL
    for value in values:
        result = common_type(result, value.type)
    return result


def _column(translator: Translator, node: exp.Column, scope: Scope) -> Value:
    if isinstance(node.this, exp.Star):
        raise unsupported("* inside an expression")
    name = node.name
    if name.startswith("$") or node.table.startswith("$"):
        raise unsupported("money that is written out, and names that begin with $")
    if node.catalog and node.catalog.lower() != translator.context.catalog.database.lower():
        raise unsupported(f"a column of another database: {node.sql(dialect='tsql')}")
    if not node.table and name.upper() in ("CURRENT_TIMESTAMP", "CURRENT_USER", "SESSION_USER", "SYSTEM_USER"):
        return call(translator, name, [], scope)
    return scope.column(name, node.table, node.db)


def _literal(node: exp.Literal) -> Value:
    text = str(node.this)
    if node.is_string:
        return literal(text, varchar(max(1, len(text))))
    if "e" in text.lower():
        return literal(float(text), FLOAT)
    if "." in text:
        number = Decimal(text)
        scale = max(0, -int(number.as_tuple().exponent))
        digits = len(str(int(number.scaleb(scale))))
        return literal(int(number.scaleb(scale)), decimal(max(digits, scale, 1), scale))
    whole = int(text)
    if whole <= LIMITS["int"][1]:
        return literal(whole, INT)
    if whole <= LIMITS["bigint"][1]:
        # SQL Server calls it numeric; as bigint it converts the same way and keeps 64 bits.
        return literal(whole, BIGINT)
    raise unsupported("whole numbers of more than 64 bits")


def _national(node: exp.National) -> Value:
    text = str(node.this)
    return literal(text, nvarchar(max(1, len(text))))


def _hex(node: exp.HexString) -> Value:
    digits = str(node.this)
    raw = bytes.fromhex(digits.zfill(len(digits) + len(digits) % 2))
    return literal(raw, varbinary(max(1, len(raw))))


def _parameter(context: Context, node: exp.Parameter) -> Value:
    if isinstance(node.this, exp.Parameter):
        return global_variable(context, node.this.name)
    return context.variable(node.name)


def _paren(translator: Translator, node: exp.Paren, scope: Scope) -> Value:
    return translator.value(node.this, scope).renamed("")


def _alias(translator: Translator, node: exp.Alias, scope: Scope) -> Value:
    return translator.value(node.this, scope).renamed(node.alias)


def _neg(translator: Translator, node: exp.Neg, scope: Scope) -> Value:
    if isinstance(node.this, exp.Literal) and str(node.this.this) == str(2**63):
        return literal(-(2**63), BIGINT)
    return negate(translator.value(node.this, scope))


def _binary(translator: Translator, node: exp.Binary, scope: Scope) -> Value:
    left = translator.value(node.this, scope)
    right = translator.value(node.expression, scope)
    return arithmetic(translator, type(node), left, right)


def _cast(translator: Translator, node: exp.Cast, scope: Scope) -> Value:
    value = translator.value(node.this, scope)
    target = _collated_as(value, from_tree(node.to, default_length=_CAST_LENGTH))
    attempt = isinstance(node, exp.TryCast)
    return coerce(translator.context, value, target, explicit=True, attempt=attempt).renamed("")


def _collated_as(value: Value, target: SqlType) -> SqlType:
    """Text that is cast keeps its collation, and so its code page (Microsoft, "Collation precedence")."""
    both_text = target.name in STRINGS and value.type.name in STRINGS
    return replace(target, collation=value.type.collation) if both_text else target


def _convert(translator: Translator, node: exp.Convert, scope: Scope) -> Value:
    style_node = node.args.get("style")
    style = None
    if style_node is not None:
        style_value = translator.value(style_node, scope)
        if style_value.constant is None or not isinstance(style_value.constant[0], int):
            raise unsupported("CONVERT with a style that is no whole number, written out")
        style = style_value.constant[0]
    value = translator.value(node.expression, scope)
    target = _collated_as(value, from_tree(node.this, default_length=_CAST_LENGTH))
    attempt = bool(node.args.get("safe"))
    return coerce(translator.context, value, target, explicit=True, style=style, attempt=attempt).renamed("")


def _case(translator: Translator, node: exp.Case, scope: Scope) -> Value:
    conditions = []
    results = []
    for branch in node.args["ifs"]:
        test = exp.EQ(this=node.this.copy(), expression=branch.this.copy()) if node.this is not None else branch.this
        conditions.append(translator.condition(test, scope))
        results.append(translator.value(branch.args["true"], scope))
    default = node.args.get("default")
    results.append(translator.value(default, scope) if default is not None else literal(None, NULL))
    target = branches_type(results)
    if target == NULL:
        text = "At least one of the result expressions in a CASE specification must be an expression other than the "
        raise SqlError(8133, text + "NULL constant.")
    typed = [translator.coerce(result, target) for result in results]
    arms = " ".join(f"WHEN {test} THEN {result.sql}" for test, result in zip(conditions, typed, strict=False))
    nullable = any(result.nullable for result in typed)
    return Value(sql=f"(CASE {arms} ELSE {typed[-1].sql} END)", type=target, nullable=nullable)


def _subquery(translator: Translator, node: exp.Subquery, scope: Scope) -> Value:
    query = translator.query(node.this, scope)
    if len(query.columns) != 1:
        text = (
            "Only one expression can be specified in the select list when the subquery is not introduced with EXISTS."
        )
        raise SqlError(116, text)
    column = query.columns[0]
    if query.at_most_one_row:
        return Value(sql=f"({query.sql})", type=column.type)
    # SQLite would take the first of several rows; T-SQL says 512.
    sql = f"(SELECT tsql_single(count(*), max(c0)) FROM ({query.sql}))"
    return Value(sql=sql, type=column.type)


def _collate(translator: Translator, node: exp.Collate, scope: Scope) -> Value:
    value = translator.value(node.this, scope)
    return coerce(translator.context, value, with_collation(value.type, node.expression.name), explicit=True)


def _call(translator: Translator, node: exp.Anonymous, scope: Scope) -> Value:
    return call(translator, node.name, list(node.expressions), scope)


def _within_group(translator: Translator, node: exp.WithinGroup, scope: Scope) -> Value:
    call_node, order = node.this, node.expression
    if not isinstance(call_node, exp.Anonymous) or call_node.name.upper() != "STRING_AGG":
        raise unsupported("WITHIN GROUP of anything but STRING_AGG")
    return aggregates.string_agg(translator, list(call_node.expressions), order, scope)


def _alone(translate_node: Callable[[Any], Value]) -> _Handler:
    """A kind of node that means the same wherever it stands."""
    return lambda _translator, node, _scope: translate_node(node)


def _in_context(translate_node: Callable[[Context, Any], Value]) -> _Handler:
    """A kind of node that is about no source."""
    return lambda translator, node, _scope: translate_node(translator.context, node)


_HANDLERS.update(
    {
        exp.Column: _column,
        exp.Literal: _alone(_literal),
        exp.National: _alone(_national),
        exp.HexString: _alone(_hex),
        exp.Null: _alone(lambda _node: literal(None, NULL)),
        exp.Parameter: _in_context(_parameter),
        exp.Paren: _paren,
        exp.Alias: _alias,
        exp.Neg: _neg,
        exp.Add: _binary,
        exp.Sub: _binary,
        exp.Mul: _binary,
        exp.Div: _binary,
        exp.Mod: _binary,
        exp.BitwiseAnd: _binary,
        exp.BitwiseOr: _binary,
        exp.BitwiseXor: _binary,
        exp.Cast: _cast,
        exp.TryCast: _cast,
        exp.Convert: _convert,
        exp.Case: _case,
        exp.Subquery: _subquery,
        exp.Collate: _collate,
        exp.Anonymous: _call,
        exp.Window: windows.translate,
        exp.WithinGroup: _within_group,
    }
)
