"""Which table an UPDATE or DELETE changes, and which rows of it."""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import exp

from sandbox.sqlserver.engine.catalog.schema import Table
from sandbox.sqlserver.engine.dml.build import is_default, output_items
from sandbox.sqlserver.engine.errors import invalid_object, unsupported
from sandbox.sqlserver.engine.translate.scope import Scope
from sandbox.sqlserver.engine.translate.sources import from_clause, resolve_table, skipped_rows, table_source
from sandbox.sqlserver.engine.translate.translator import Translator


@dataclass(frozen=True, kw_only=True, slots=True)
class Target:
    """The table, its alias in SQLite's SQL, what the statement's expressions see, and FROM and WHERE."""

    table: Table
    alias: str
    scope: Scope
    from_sql: str
    """` FROM ...` with the target among its sources."""
    where_sql: str
    alone: bool
    """Whether the target is the only source."""


def find_target(translator: Translator, tree: exp.Expression, permission: str) -> Target:
    """The target of an UPDATE or DELETE with an optional FROM, on which it needs this permission. Raises 208."""
    node = tree.this
    if not isinstance(node, exp.Table) or not isinstance(node.this, exp.Identifier):
        raise unsupported(f"changing {node.sql(dialect='tsql')[:60]}")
    scope = Scope(is_change=True)
    if tree.args.get("from_") is None:
        table = resolve_table(translator.context.catalog, node)
        alias = translator.context.alias()
        scope.sources.append(table_source(translator, table, alias, node.alias))
        from_sql = f" FROM {table.physical} AS {alias}"
    else:
        from_sql = from_clause(translator, tree, scope)
        node, table, alias = _among(translator, tree, node, scope)
    translator.context.need(permission, table)
    where = tree.args.get("where")
    if where is not None or output_items(tree) or _sets_from_a_column(tree):
        translator.context.need("SELECT", table)
    conditions = [f"({translator.condition(where.this, scope)})"] if where is not None else []
    conditions += skipped_rows(translator, node, table, alias)
    where_sql = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    return Target(
        table=table,
        alias=alias,
        scope=scope,
        from_sql=from_sql,
        where_sql=where_sql,
        alone=len(scope.sources) == 1,
    )


def _sets_from_a_column(tree: exp.Expression) -> bool:
    """Whether SET reads a column: for that, as for WHERE and OUTPUT, SQL Server asks for SELECT too."""
    values = [item.expression for item in tree.expressions if isinstance(item, exp.EQ)]
    return any(value.find(exp.Column) is not None and not is_default(value) for value in values)


def _among(translator: Translator, tree: exp.Expression, node: exp.Table, scope: Scope) -> tuple[exp.Table, Table, str]:
    """The target is one of FROM's sources, by its alias or by its name."""
    clause = tree.args["from_"]
    tables = [clause.this, *(join.this for join in clause.this.args.get("joins") or [])]
    for table_node, source in zip(tables, scope.sources, strict=False):
        if not isinstance(table_node, exp.Table) or not isinstance(table_node.this, exp.Identifier):
            continue
        by_alias = not node.db and source.name.lower() == node.name.lower()
        if by_alias or (not table_node.alias and table_node.name.lower() == node.name.lower()):
            table = resolve_table(translator.context.catalog, table_node)
            if source.row is not None:
                return table_node, table, source.row.sql.split(".", 1)[0]
    raise invalid_object(node.name)
