"""The translation of T-SQL, put together: everything outside of this package asks here for a translator or a plan."""

from __future__ import annotations

from sqlglot import exp

from sandbox.sqlserver.contract import SqlType
from sandbox.sqlserver.engine.translate import conditions, expressions, select
from sandbox.sqlserver.engine.translate.context import Context
from sandbox.sqlserver.engine.translate.plan import Plan
from sandbox.sqlserver.engine.translate.scope import Scope
from sandbox.sqlserver.engine.translate.translator import Grammar, Translator

_TSQL = Grammar(value=expressions.translate, condition=conditions.translate, query=select.translate)


def new_translator(context: Context) -> Translator:
    """A translator for one statement, which gathers in `context` what the statement asks for."""
    return Translator(context, _TSQL)


def plan_query(context: Context, tree: exp.Expression) -> Plan:
    """The plan of a query. Raises SqlError for what does not bind, 40000 for what is not known."""
    translator = new_translator(context)
    query = translator.query(tree, None)
    return translator.plan(query.sql, query.columns)


def plan_expression(context: Context, tree: exp.Expression, target: SqlType | None = None) -> Plan:
    """The plan of one scalar expression without sources, as `target` when that is given."""
    translator = new_translator(context)
    value = translator.value(tree, Scope())
    if target is not None:
        value = translator.coerce(value, target)
    return translator.plan(f"SELECT {value.sql}", (value,))


def plan_condition(context: Context, tree: exp.Expression) -> Plan:
    """The plan of an IF's condition: one row with 1, 0 or NULL."""
    translator = new_translator(context)
    return translator.plan(f"SELECT {translator.condition(tree, Scope())}")
