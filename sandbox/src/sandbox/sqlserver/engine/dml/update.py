"""UPDATE."""

from __future__ import annotations

from sqlglot import exp

from sandbox.sqlserver.contract import Column, SqlError
from sandbox.sqlserver.engine.catalog.schema import Table, TableColumn, quote
from sandbox.sqlserver.engine.change_tracking.mask import mask_of
from sandbox.sqlserver.engine.dml.build import (
    assigned,
    check_parts,
    context_bind,
    default_value,
    is_default,
    output_items,
    returning,
    row_limit,
    row_source,
)
from sandbox.sqlserver.engine.dml.plan import ChangePlan, Rewrite
from sandbox.sqlserver.engine.dml.target import Target, find_target
from sandbox.sqlserver.engine.errors import computed_column, invalid_column, unsupported
from sandbox.sqlserver.engine.parser.statements import Change
from sandbox.sqlserver.engine.translate.plan import Value, result_column, used_binds
from sandbox.sqlserver.engine.translate.translator import Translator

_KNOWN = frozenset({"this", "expressions", "from_", "where", "returning"})
_Assignments = list[tuple[TableColumn, Value]]


def plan_update(translator: Translator, change: Change) -> ChangePlan:
    """The plan of an UPDATE."""
    tree = change.tree
    check_parts(tree, _KNOWN)
    target = find_target(translator, tree, "UPDATE")
    table = target.table
    assignments = _assignments(translator, tree, target)
    names = [column.name for column, _ in assignments]
    limit = row_limit(translator, change.top)
    rewrite = _needs_rewrite(tree, target, names)
    if rewrite:
        sql, details, result = _rewritten(translator, tree, target, assignments, limit)
    else:
        details = None
        sql, result = _direct(translator, tree, target, assignments, limit)
    context = context_bind(translator, change.context)
    return ChangePlan(
        verb="UPDATE",
        table=table,
        sql=sql,
        binds=used_binds(sql, translator.context.binds),
        columns=result,
        mask=mask_of(table, names),
        context=context,
        rewrite=details,
        readings=tuple(translator.context.readings),
        needs=tuple(translator.context.needs),
    )


def _assignments(translator: Translator, tree: exp.Expression, target: Target) -> _Assignments:
    table = target.table
    assignments: _Assignments = []
    for item in tree.expressions:
        if not isinstance(item, exp.EQ) or not isinstance(item.this, exp.Column):
            raise unsupported(f"SET {item.sql(dialect='tsql')[:60]}")
        column = table.find(item.this.name)
        if column is None:
            raise invalid_column(item.this.name)
        _check_settable(column, assignments)
        if is_default(item.expression):
            value = default_value(translator, table, column)
        else:
            value = assigned(translator, table, column, translator.value(item.expression, target.scope))
        assignments.append((column, value))
    for column in table.columns:
        if column.type.name == "rowversion":
            assignments.append((column, Value(sql="tsql_rowversion()", type=column.type)))
    return assignments


def _check_settable(column: TableColumn, earlier: _Assignments) -> None:
    if column.computed is not None:
        raise computed_column(column.name)
    if column.identity is not None:
        raise SqlError(8102, f"Cannot update identity column '{column.name}'.")
    if column.type.name == "rowversion":
        raise SqlError(272, "Cannot update a timestamp column.")
    if any(column == known for known, _ in earlier):
        text = f"The column name '{column.name}' is specified more than once in the SET clause or column list of an "
        raise SqlError(264, f"{text}INSERT.")


def _needs_rewrite(tree: exp.Expression, target: Target, names: list[str]) -> bool:
    unique = {name for index in target.table.indexes if index.unique for name in index.columns}
    from_deleted = any(isinstance(item, exp.Column) and item.table.lower() == "deleted" for item in output_items(tree))
    return not target.alone or bool(unique & set(names)) or from_deleted


def _direct(
    translator: Translator, tree: exp.Expression, target: Target, assignments: _Assignments, limit: str
) -> tuple[str, tuple[Column, ...]]:
    table = target.table
    sets = ", ".join(f"{quote(column.name)} = {value.sql}" for column, value in assignments)
    where = target.where_sql
    if limit:
        rows = f"SELECT x._rowid_ FROM {table.physical} AS x"
        inner = where.replace(f"{target.alias}.", "x.")
        where = f" WHERE {target.alias}._rowid_ IN ({rows}{inner}{limit})"
    returning_sql, result = returning(translator, tree, table, ("inserted",))
    return f"UPDATE {table.physical} AS {target.alias} SET {sets}{where}{returning_sql}", result


def _rewritten(
    translator: Translator, tree: exp.Expression, target: Target, assignments: _Assignments, limit: str
) -> tuple[str, Rewrite, tuple[Column, ...]]:
    table, alias = target.table, target.alias
    old = [f"{alias}.{quote(column.name)}" for column in table.stored]
    new = [value.sql for _, value in assignments]
    # A row that the join finds several times is changed once; SQL Server does not say from which match either.
    sql = (
        f"SELECT {', '.join([f'{alias}._rowid_', *old, *new])}{target.from_sql}{target.where_sql}"
        f" GROUP BY {alias}._rowid_{limit}"
    )
    names = tuple(column.name for column, _ in assignments)
    keys = {column.name for column in table.key_columns}
    unique = {name for index in table.indexes if index.unique for name in index.columns}
    output, result = _output(translator, tree, table)
    details = Rewrite(
        columns=names,
        replace=bool(unique & set(names)),
        names_key=bool(keys & set(names)),
        output=output,
    )
    return sql, details, result


def _output(
    translator: Translator, tree: exp.Expression, table: Table
) -> tuple[tuple[tuple[str, int], ...], tuple[Column, ...]]:
    output: list[tuple[str, int]] = []
    result: list[Column] = []
    sources = {name: row_source(translator, table, name) for name in ("inserted", "deleted")}
    for item in output_items(tree):
        inner = item.this if isinstance(item, exp.Alias) else item
        source = sources.get(inner.table.lower()) if isinstance(inner, exp.Column) else None
        if source is None or not isinstance(inner, exp.Column):
            raise unsupported(f"OUTPUT {item.sql(dialect='tsql')[:60]} in such an UPDATE")
        names = [c.name for c in table.columns] if isinstance(inner.this, exp.Star) else [inner.name]
        for name in names:
            value = source.find(name)
            if value is None:
                raise invalid_column(name)
            place = next((place for place, c in enumerate(table.stored) if c.name == value.name), None)
            if place is None:
                raise unsupported(f"OUTPUT of the computed column {name} in such an UPDATE")
            output.append((inner.table.lower(), place))
            result.append(result_column(value.renamed(item.alias or value.name)))
    return tuple(output), tuple(result)
