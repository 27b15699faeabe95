"""Ties the parts of the translation together: each part calls the others through a Translator."""

from __future__ import annotations

from collections.abc import Sequence

from sqlglot import exp

from sandbox.sqlserver.contract import SqlType
from sandbox.sqlserver.engine.translate import conditions, expressions, select
from sandbox.sqlserver.engine.translate.coerce import coerce
from sandbox.sqlserver.engine.translate.context import Context
from sandbox.sqlserver.engine.translate.plan import Plan, Value, result_column, used_binds
from sandbox.sqlserver.engine.translate.scope import Scope
from sandbox.sqlserver.engine.translate.select import Query


class Translator:
    """Translates the expressions and queries of one statement; what it gathers stands in its context."""

    def __init__(self, context: Context) -> None:
        self.context = context
        self.common_tables: dict[str, Query] = {}
        """WITH queries by name in lower case; the query's SQL is written once, at the top."""

    def value(self, node: exp.Expression, scope: Scope) -> Value:
        """A scalar expression. Raises 40000 for a node that is not known."""
        grouping = scope.grouping
        if grouping is None or grouping.inside_aggregate or isinstance(node, exp.Column):
            return expressions.translate(self, node, scope)
        if grouping.expressions:
            grouping.inside_aggregate = True
            try:
                whole = expressions.translate(self, node, scope)
            finally:
                grouping.inside_aggregate = False
            if whole.sql in grouping.expressions:
                return whole
        return expressions.translate(self, node, scope)

    def condition(self, node: exp.Expression, scope: Scope) -> str:
        """A search condition as SQLite's SQL. Raises 40000 for a node that is not known."""
        return conditions.translate(self, node, scope)

    def query(self, node: exp.Expression, parent: Scope | None) -> Query:
        """A SELECT or a union of them; `parent` is what it may correlate with."""
        return select.translate(self, node, parent)

    def coerce(self, value: Value, target: SqlType, *, explicit: bool = False) -> Value:
        """The value as another type."""
        return coerce(self.context, value, target, explicit=explicit)

    def plan(self, sql: str, values: Sequence[Value] = ()) -> Plan:
        """A finished plan with everything that was gathered."""
        return Plan(
            sql=sql,
            binds=used_binds(sql, self.context.binds),
            columns=tuple(result_column(value) for value in values),
            needs=tuple(self.context.needs),
            readings=tuple(self.context.readings),
            locks=bool(self.context.locks),
        )


def plan_query(context: Context, tree: exp.Expression) -> Plan:
    """The plan of a query. Raises SqlError for what does not bind, 40000 for what is not known."""
    translator = Translator(context)
    query = translator.query(tree, None)
    return translator.plan(query.sql, query.columns)


def plan_expression(context: Context, tree: exp.Expression, target: SqlType | None = None) -> Plan:
    """The plan of one scalar expression without sources, as `target` when that is given."""
    translator = Translator(context)
    value = translator.value(tree, Scope())
    if target is not None:
        value = translator.coerce(value, target)
    return translator.plan(f"SELECT {value.sql}", (value,))


def plan_condition(context: Context, tree: exp.Expression) -> Plan:
    """The plan of an IF's condition: one row with 1, 0 or NULL."""
    translator = Translator(context)
    return translator.plan(f"SELECT {translator.condition(tree, Scope())}")
