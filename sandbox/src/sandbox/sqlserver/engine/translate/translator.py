"""What the parts of the translation share: each part calls the others through a Translator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlglot import exp

from sandbox.sqlserver.contract import SqlType
from sandbox.sqlserver.engine.translate.coerce import coerce
from sandbox.sqlserver.engine.translate.context import Context
from sandbox.sqlserver.engine.translate.plan import Plan, Query, Value, result_column, used_binds
from sandbox.sqlserver.engine.translate.scope import Scope

ToValue: TypeAlias = "Callable[[Translator, exp.Expression, Scope], Value]"
ToCondition: TypeAlias = "Callable[[Translator, exp.Expression, Scope], str]"
ToQuery: TypeAlias = "Callable[[Translator, exp.Expression, Scope | None], Query]"


@dataclass(frozen=True, kw_only=True, slots=True)
class Grammar:
    """What is known of T-SQL: for each of the three kinds of node, the function that translates it."""

    value: ToValue
    condition: ToCondition
    query: ToQuery


class Translator:
    """Translates the expressions and queries of one statement; what it gathers stands in its context."""

    def __init__(self, context: Context, grammar: Grammar) -> None:
        self.context = context
        self.common_tables: dict[str, Query] = {}
        """WITH queries by name in lower case; the query's SQL is written once, at the top."""
        self._grammar = grammar

    def value(self, node: exp.Expression, scope: Scope) -> Value:
        """A scalar expression. Raises 40000 for a node that is not known."""
        grouping = scope.grouping
        if grouping is None or grouping.inside_aggregate or isinstance(node, exp.Column):
            return self._grammar.value(self, node, scope)
        if grouping.expressions:
            grouping.inside_aggregate = True
            try:
                whole = self._grammar.value(self, node, scope)
            finally:
                grouping.inside_aggregate = False
            if whole.sql in grouping.expressions:
                return whole
        return self._grammar.value(self, node, scope)

    def condition(self, node: exp.Expression, scope: Scope) -> str:
        """A search condition as SQLite's SQL. Raises 40000 for a node that is not known."""
        return self._grammar.condition(self, node, scope)

    def query(self, node: exp.Expression, parent: Scope | None) -> Query:
        """A SELECT or a union of them; `parent` is what it may correlate with."""
        return self._grammar.query(self, node, parent)

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
