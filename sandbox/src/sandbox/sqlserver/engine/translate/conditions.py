"""Search conditions, three-valued as in T-SQL. A kind of node that is not listed is refused by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlglot import exp

from sandbox.sqlserver.contract import SqlError, SqlType
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.translate.coerce import literal
from sandbox.sqlserver.engine.translate.parts import refuse_unknown_parts
from sandbox.sqlserver.engine.translate.plan import Value
from sandbox.sqlserver.engine.translate.scope import Scope
from sandbox.sqlserver.engine.translate.translator import Translator
from sandbox.sqlserver.engine.values.types import (
    FLOATS,
    STRINGS,
    collate_sql,
    common_type,
    family,
    nvarchar,
    refuse_other_collations,
    varchar,
)

_COMPARISONS: dict[type[Any], str] = {
    exp.EQ: "=",
    exp.NEQ: "<>",
    exp.GT: ">",
    exp.GTE: ">=",
    exp.LT: "<",
    exp.LTE: "<=",
}
_KNOWN_PARTS: dict[type[exp.Expression], frozenset[str]] = {
    exp.Is: frozenset({"this", "expression", "negate"}),
    exp.Between: frozenset({"this", "low", "high"}),
    exp.Like: frozenset({"this", "expression", "negate"}),
    exp.In: frozenset({"this", "expressions", "query"}),
    exp.Exists: frozenset({"this"}),
}
_HANDLERS: dict[type[exp.Expression], Callable[[Translator, Any, Scope], str]] = {}


def translate(translator: Translator, node: exp.Expression, scope: Scope) -> str:
    """The condition as SQLite's SQL. Raises 4145 for a value where a condition belongs."""
    handler = _HANDLERS.get(type(node))
    if handler is not None:
        refuse_unknown_parts(node, _KNOWN_PARTS)
        return handler(translator, node, scope)
    if isinstance(node, (exp.Column, exp.Literal, exp.Parameter, exp.Anonymous)):
        text = "An expression of non-boolean type specified in a context where a condition is expected"
        raise SqlError(4145, f"{text}, near '{node.sql(dialect='tsql')}'.", severity=15)
    raise unsupported(f"the condition {node.sql(dialect='tsql')[:80]} ({type(node).__name__})")


def collated(value: Value) -> str:
    """The SQL of a value as it is compared, grouped and ordered: text by T-SQL's collation."""
    return f"{value.sql}{collate_sql(value.type)}"


def comparable(translator: Translator, left: Value, right: Value) -> tuple[Value, Value, SqlType]:
    """Both sides as their common type, and that type."""
    common = common_type(left.type, right.type)
    if family(common) == "string":
        return left, right, common
    return translator.coerce(left, common), translator.coerce(right, common), common


def compare(translator: Translator, operator: str, left: Value, right: Value) -> str:
    """left <operator> right. Raises 402 for max types that cannot be compared, 206 for types that do not mix."""
    left, right, common = comparable(translator, left, right)
    if left.type.name in FLOATS and right.constant is None and left.type.name == "real":
        raise unsupported("comparing real values")
    if family(common) == "string" and not _indexable(left) and _indexable(right):
        # The collation that is written decides; SQLite uses an index only for a column without anything around it.
        return f"({left.sql}{collate_sql(common)} {operator} {right.sql})"
    return f"({left.sql} {operator} {right.sql}{collate_sql(common)})"


def _indexable(value: Value) -> bool:
    return value.bind is None and value.constant is None


def _comparison(translator: Translator, node: exp.Binary, scope: Scope) -> str:
    left = translator.value(node.this, scope)
    right = translator.value(node.expression, scope)
    return compare(translator, _COMPARISONS[type(node)], left, right)


def _chain(translator: Translator, node: exp.Connector, scope: Scope) -> str:
    """AND or OR. A long chain leans to one side; it is halved again and again, as SQLite nests only so deep."""
    word = " AND " if isinstance(node, exp.And) else " OR "
    return _joined([translator.condition(link, scope) for link in links(node, type(node))], word)


def links(condition: Any, kind: type[Any]) -> list[exp.Expression]:
    """The conditions between the ANDs, or ORs, of a chain: `kind` says which; one that is no such chain alone."""
    found: list[exp.Expression] = []
    rest: Any = condition
    while isinstance(rest, kind):
        found.append(rest.expression)
        rest = rest.this
    return [rest, *reversed(found)]


def _joined(parts: list[str], word: str) -> str:
    if len(parts) == 1:
        return parts[0]
    middle = len(parts) // 2
    return f"({_joined(parts[:middle], word)}{word}{_joined(parts[middle:], word)})"


def _not(translator: Translator, node: exp.Not, scope: Scope) -> str:
    return f"(NOT {translator.condition(node.this, scope)})"


def _paren(translator: Translator, node: exp.Paren, scope: Scope) -> str:
    return translator.condition(node.this, scope)


def _is(translator: Translator, node: exp.Is, scope: Scope) -> str:
    if not isinstance(node.expression, exp.Null):
        raise unsupported("IS with anything but NULL")
    word = "IS NOT NULL" if node.args.get("negate") else "IS NULL"
    return f"({translator.value(node.this, scope).sql} {word})"


def _between(translator: Translator, node: exp.Between, scope: Scope) -> str:
    value = translator.value(node.this, scope)
    low = compare(translator, ">=", value, translator.value(node.args["low"], scope))
    high = compare(translator, "<=", value, translator.value(node.args["high"], scope))
    return f"({low} AND {high})"


def _like(translator: Translator, node: exp.Like, scope: Scope) -> str:
    return _like_with(translator, node, scope, "")


def _escape(translator: Translator, node: exp.Escape, scope: Scope) -> str:
    character = translator.value(node.expression, scope)
    if not isinstance(node.this, exp.Like) or character.constant is None:
        raise unsupported("this form of ESCAPE")
    return _like_with(translator, node.this, scope, str(character.constant[0]))


def _like_with(translator: Translator, node: exp.Like, scope: Scope, escape: str) -> str:
    sides = []
    for side in (node.this, node.expression):
        value = translator.value(side, scope)
        if value.type.name not in STRINGS:
            value = translator.coerce(value, nvarchar(4000))
        refuse_other_collations("LIKE", value.type)
        sides.append(value.sql)
    matches = f"tsql_like({sides[0]}, {sides[1]}, {literal(escape, varchar(1)).sql})"
    return f"(NOT {matches})" if node.args.get("negate") else matches


def _in(translator: Translator, node: exp.In, scope: Scope) -> str:
    value = translator.value(node.this, scope)
    inner = node.args.get("query")
    if inner is not None:
        return _in_query(translator, value, inner, scope)
    items = [translator.value(item, scope) for item in node.expressions]
    common = value.type
    for item in items:
        common = common_type(common, item.type)
    if family(common) == "string":
        return f"({value.sql}{collate_sql(common)} IN ({', '.join(item.sql for item in items)}))"
    value = translator.coerce(value, common)
    return f"({value.sql} IN ({', '.join(translator.coerce(item, common).sql for item in items)}))"


def _in_query(translator: Translator, value: Value, inner: exp.Expression, scope: Scope) -> str:
    query = translator.query(inner.this if isinstance(inner, exp.Subquery) else inner, scope)
    if len(query.columns) != 1:
        text = (
            "Only one expression can be specified in the select list when the subquery is not introduced with EXISTS."
        )
        raise SqlError(116, text)
    column = query.columns[0]
    common = common_type(value.type, column.type)
    if family(common) == "string":
        return f"({value.sql}{collate_sql(common)} IN ({query.sql}))"
    alias = translator.context.alias()
    inside = translator.coerce(Value(sql=f"{alias}.c0", type=column.type), common)
    value = translator.coerce(value, common)
    return f"({value.sql} IN (SELECT {inside.sql} FROM ({query.sql}) AS {alias}))"


def _exists(translator: Translator, node: exp.Exists, scope: Scope) -> str:
    inner = node.this.this if isinstance(node.this, exp.Subquery) else node.this
    return f"EXISTS ({translator.query(inner, scope).sql})"


_HANDLERS.update(dict.fromkeys(_COMPARISONS, _comparison))
_HANDLERS.update(
    {
        exp.And: _chain,
        exp.Or: _chain,
        exp.Not: _not,
        exp.Paren: _paren,
        exp.Is: _is,
        exp.Between: _between,
        exp.Like: _like,
        exp.Escape: _escape,
        exp.In: _in,
        exp.Exists: _exists,
    }
)
