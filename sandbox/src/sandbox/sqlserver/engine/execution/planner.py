"""Plans of statements, remembered for as long as their batch is: translating costs more than running."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from sqlglot import exp

from sandbox.sqlserver.contract import SqlType
from sandbox.sqlserver.engine.catalog.schema import Catalog
from sandbox.sqlserver.engine.dml.delete import plan_delete
from sandbox.sqlserver.engine.dml.insert import plan_insert
from sandbox.sqlserver.engine.dml.plan import ChangePlan
from sandbox.sqlserver.engine.dml.update import plan_update
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.execution.variables import Variables
from sandbox.sqlserver.engine.parser.statements import Change, Query
from sandbox.sqlserver.engine.translate.context import Context
from sandbox.sqlserver.engine.translate.plan import Plan
from sandbox.sqlserver.engine.translate.tsql import new_translator, plan_condition, plan_expression, plan_query

_T = TypeVar("_T")
_PLANS_PER_BATCH = 64


@dataclass(frozen=True, kw_only=True, slots=True)
class Assignment(Plan):
    """SELECT @a = ... FROM: the variables in order, and the query for their values."""

    names: tuple[str, ...]
    carries: bool
    """Whether a value is made from one of the variables: SQL Server then goes on from row to row."""


class Planner:
    """Makes plans for one batch text. Shared by sessions; what a plan depends on is part of its key."""

    def __init__(self, change_tables: tuple[exp.Table, ...] = ()) -> None:
        self.change_tables = change_tables
        """The tables of every CHANGETABLE in the batch."""
        self._plans: dict[tuple[Any, ...], Any] = {}

    def query(self, statement: Query, setting: Setting) -> Plan:
        """The plan of a SELECT."""
        return self._remembered(statement, setting, lambda: plan_query(setting.context(), statement.tree))

    def assignment(self, statement: Query, setting: Setting) -> Assignment:
        """The plan of SELECT @a = ... FROM."""
        return self._remembered(statement, setting, lambda: _plan_assignment(statement.tree, setting))

    def condition(self, node: exp.Expression, setting: Setting) -> Plan:
        """The plan of an IF's condition."""
        return self._remembered(node, setting, lambda: plan_condition(setting.context(), node))

    def expression(self, node: exp.Expression, setting: Setting, target: SqlType | None = None) -> Plan:
        """The plan of a lone expression."""
        return self._remembered(node, setting, lambda: plan_expression(setting.context(), node, target), target)

    def change(self, statement: Change, setting: Setting, identity_insert: int | None) -> ChangePlan:
        """The plan of an INSERT, UPDATE or DELETE."""
        return self._remembered(
            statement, setting, lambda: _plan_change(statement, setting, identity_insert), identity_insert
        )

    def _remembered(self, node: object, setting: Setting, make: Callable[[], _T], extra: object = None) -> _T:
        # The node is kept alive by the batch that this planner belongs to, so its id stays its own.
        key = (id(node), setting.key, extra)
        plan: _T | None = self._plans.get(key)
        if plan is None:
            plan = make()
            if len(self._plans) >= _PLANS_PER_BATCH:
                self._plans.clear()
            self._plans[key] = plan
        return plan


class Setting:
    """What a plan depends on besides its text: the catalog, the databases, the variables' types, and others' locks."""

    def __init__(
        self,
        catalog: Catalog,
        databases: dict[str, int],
        variables: Variables,
        *,
        locked: frozenset[int] = frozenset(),
        is_dirty: bool = False,
    ) -> None:
        self.catalog = catalog
        self._databases = databases
        self._types = variables.types
        self._locked = locked
        self._is_dirty = is_dirty
        self.key = (catalog.database, catalog.token, len(databases), variables.signature, locked, is_dirty)

    def context(self) -> Context:
        """A fresh context for one translation."""
        return Context(
            catalog=self.catalog,
            variables=self._types,
            databases=self._databases,
            locked=self._locked,
            is_dirty=self._is_dirty,
        )


def _plan_change(statement: Change, setting: Setting, identity_insert: int | None) -> ChangePlan:
    translator = new_translator(setting.context())
    if isinstance(statement.tree, exp.Insert):
        return plan_insert(translator, statement, identity_insert=identity_insert)
    if isinstance(statement.tree, exp.Update):
        return plan_update(translator, statement)
    return plan_delete(translator, statement)


def assignments(tree: exp.Expression) -> list[tuple[str, exp.Expression]]:
    """The variables of SELECT @a = ..., each with its value. Raises 40000 when the SELECT also returns columns."""
    found = []
    for item in tree.expressions:
        if not isinstance(item, exp.EQ) or not isinstance(item.this, exp.Parameter):
            raise unsupported("a SELECT that both sets variables and returns columns")
        found.append((item.this.name, item.expression))
    return found


def _plan_assignment(tree: exp.Expression, setting: Setting) -> Assignment:
    select = tree.copy()
    pairs = assignments(select)
    read = {node.name.lower() for _, value in pairs for node in value.find_all(exp.Parameter)}
    select.set("expressions", [value for _, value in pairs])
    translator = new_translator(setting.context())
    query = translator.query(select, None)
    names = tuple(name for name, _ in pairs)
    plan = translator.plan(query.sql, query.columns)
    return Assignment(
        names=names,
        carries=any(name.lower() in read for name in names),
        **{field.name: getattr(plan, field.name) for field in fields(plan)},
    )
