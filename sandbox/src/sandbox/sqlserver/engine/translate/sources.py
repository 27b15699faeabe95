"""FROM: tables, catalog views, derived tables, VALUES and joins."""

from __future__ import annotations

from sqlglot import exp

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.catalog.schema import Catalog, Table
from sandbox.sqlserver.engine.errors import invalid_object, unsupported
from sandbox.sqlserver.engine.locking.reading import UNLOCKED_FUNCTION, Reading, locked_rows, source_sql
from sandbox.sqlserver.engine.translate.changetable import apply_version, changes_source, version_source
from sandbox.sqlserver.engine.translate.computed import table_columns
from sandbox.sqlserver.engine.translate.plan import Value
from sandbox.sqlserver.engine.translate.same_row import equal_columns, same_row
from sandbox.sqlserver.engine.translate.scope import RowNumber, Scope, Source
from sandbox.sqlserver.engine.translate.translator import Translator
from sandbox.sqlserver.engine.translate.views import find_view
from sandbox.sqlserver.engine.values.types import NULL, common_type

_HINTS = frozenset(["ROWLOCK", "PAGLOCK", "READCOMMITTED", "FORCESEEK"])
"""Hints that change nothing here."""
_DIRTY_HINTS = frozenset(["NOLOCK", "READUNCOMMITTED"])
_SKIP_HINT = "READPAST"
_LOCKING_HINTS = frozenset(["UPDLOCK", "XLOCK", "HOLDLOCK", "TABLOCK", "TABLOCKX", "SERIALIZABLE", "REPEATABLEREAD"])
"""Hints that keep other writers out until the transaction ends."""


_KNOWN_PARTS: dict[type[exp.Expression], frozenset[str]] = {
    exp.Table: frozenset({"this", "db", "catalog", "alias", "hints", "joins"}),
    exp.Subquery: frozenset({"this", "alias", "joins"}),
    exp.Values: frozenset({"expressions", "alias", "joins"}),
    exp.Lateral: frozenset({"this", "alias", "cross_apply"}),
}

_OF_THE_SERVER = ("sys", "information_schema")
"""Schemas whose views are SQL Server's own: one that is not known here may well be there."""


def _check_parts(node: exp.Expression) -> None:
    """Raises 40000 for a part that is not known, such as PIVOT, TABLESAMPLE or FOR SYSTEM_TIME."""
    known = _KNOWN_PARTS.get(type(node))
    if known is None:
        raise unsupported(f"{node.sql(dialect='tsql')[:80]} in FROM")
    for name, part in node.args.items():
        if part and name not in known:
            raise unsupported(f"{name.upper()} in FROM")


def from_clause(translator: Translator, node: exp.Expression, scope: Scope) -> str:
    """` FROM ...` of a query, or nothing; its sources are added to the scope."""
    clause = node.args.get("from_")
    if clause is None:
        return ""
    first = clause.this
    sql = _source(translator, first, scope)
    joins = [*(first.args.get("joins") or []), *(node.args.get("joins") or [])]
    return " FROM " + sql + "".join(_join(translator, join, scope) for join in joins)


def resolve_table(catalog: Catalog, node: exp.Table) -> Table:
    """The user table that is named. Raises 208, or 40000 for a name with a server or another database."""
    if node.args.get("catalog") is not None and node.catalog.lower() != catalog.database.lower():
        raise unsupported(f"a table of another database: {node.catalog}.{node.db}.{node.name}")
    table = catalog.find(node.db or "dbo", node.name)
    if table is None and node.db.lower() in _OF_THE_SERVER:
        raise unsupported(f"the view {node.db}.{node.name}")
    if table is None:
        raise invalid_object(".".join(part for part in (node.db, node.name) if part))
    return table


def table_source(translator: Translator, table: Table, alias: str, name: str = "") -> Source:
    """A user table as a source: `alias` is its name in SQLite's SQL, `name` the one in T-SQL."""
    columns = table_columns(translator, table, alias)
    row = RowNumber(table=table, sql=f"{alias}._rowid_")
    return Source(name=name or table.name, schema="" if name else table.schema, columns=columns, row=row)


def derived_source(name: str, alias: str, columns: tuple[Value, ...]) -> Source:
    """A query in FROM: its columns c0, c1 ... under their T-SQL names."""
    visible = tuple(
        Value(sql=f"{alias}.c{place}", type=column.type, nullable=column.nullable, name=column.name)
        for place, column in enumerate(columns)
    )
    return Source(name=name, columns=visible)


def _source(translator: Translator, node: exp.Expression, scope: Scope) -> str:
    _check_parts(node)
    if isinstance(node, exp.Table):
        return _table(translator, node, scope)
    if isinstance(node, exp.Subquery):
        return _derived(translator, node, scope)
    if isinstance(node, exp.Values):
        return _values(translator, node, scope)
    raise unsupported(f"{node.sql(dialect='tsql')[:80]} in FROM")


def _table(translator: Translator, node: exp.Table, scope: Scope) -> str:
    context = translator.context
    if isinstance(node.this, exp.Expression) and node.this.key == "changetable":
        return _change_table(translator, node, scope)
    if not isinstance(node.this, exp.Identifier):
        return _table_function(translator, node, scope)
    _check_hints(translator, node)
    names = _column_aliases(node)
    alias = context.alias()
    common = translator.common_tables.get(node.name.lower()) if not node.db else None
    if common is not None:
        scope.sources.append(derived_source(node.alias or node.name, alias, common.columns))
        return f"({common.sql}) AS {alias}"
    view = find_view(node.db, node.name)
    if view is not None:
        if view.permission:
            context.need(view.permission)
        scope.sources.append(view.source(alias, node.alias))
        return f"({view.select(context)}) AS {alias}"
    if names:
        raise unsupported("a column list after a table's alias")
    table = resolve_table(context.catalog, node)
    context.need("SELECT", table)
    scope.sources.append(table_source(translator, table, alias, node.alias))
    if table.object_id not in context.locked or scope.is_change:
        return f"{table.physical} AS {alias}"
    return f"{_locked_source(translator, node, table, alias, scope)} AS {alias}"


def _locked_source(translator: Translator, node: exp.Table, table: Table, alias: str, scope: Scope) -> str:
    """A table of which others have locked rows."""
    hints = _hints(node)
    skips = _SKIP_HINT in hints
    reading = Reading(
        table=table, skips=skips, waits=not (skips or translator.context.is_dirty or hints & _DIRTY_HINTS)
    )
    translator.context.readings.append(reading)
    if reading.waits:
        scope.checks.append(f"{UNLOCKED_FUNCTION}({table.object_id}, {alias}._rowid_)")
    return source_sql(reading)


def _table_function(translator: Translator, node: exp.Table, scope: Scope) -> str:
    """The one function in FROM besides CHANGETABLE. Nothing here has extended properties, so it is always empty."""
    name = node.this.name if isinstance(node.this, exp.Anonymous) else ""
    if name.lower() != "fn_listextendedproperty":
        raise unsupported(f"{node.this.sql(dialect='tsql')[:60]} in FROM")
    view = find_view("sys", name)
    if view is None:
        raise invalid_object(name)
    alias = translator.context.alias()
    scope.sources.append(view.source(alias, node.alias or name))
    return f"({view.select(translator.context)}) AS {alias}"


def _hints(node: exp.Table) -> set[str]:
    return {hint.name.upper() for group in node.args.get("hints") or [] for hint in group.expressions}


def _check_hints(translator: Translator, node: exp.Table) -> None:
    for name in _hints(node):
        if name in _LOCKING_HINTS:
            translator.context.locks.append(name)
        elif name not in _HINTS | _DIRTY_HINTS | {_SKIP_HINT}:
            raise unsupported(f"the table hint {name}")


def skipped_rows(translator: Translator, node: exp.Table, table: Table, alias: str) -> list[str]:
    """For the target of an UPDATE or DELETE with READPAST: the condition that leaves out what others have locked."""
    _check_hints(translator, node)
    if _SKIP_HINT not in _hints(node) or table.object_id not in translator.context.locked:
        return []
    translator.context.readings.append(Reading(table=table, waits=False, skips=True))
    return [f"{alias}._rowid_ NOT IN (SELECT _rowid_ FROM {locked_rows(table)})"]


def _column_aliases(node: exp.Expression) -> list[str]:
    alias = node.args.get("alias")
    return [column.name for column in (alias.args.get("columns") or [])] if alias is not None else []


def _change_table(translator: Translator, node: exp.Table, scope: Scope) -> str:
    if not node.alias:
        raise SqlError(22104, "A table returned by the CHANGETABLE function must be aliased.")
    call = node.this
    table = resolve_table(translator.context.catalog, call.this)
    if call.args["kind"] == "CHANGES":
        sql, source = changes_source(translator, call, table, node.alias)
    else:
        sql, source = version_source(translator, call, table, node.alias, scope)
    scope.sources.append(_renamed(source, _column_aliases(node)))
    return sql


def _renamed(source: Source, names: list[str]) -> Source:
    if not names:
        return source
    columns = rename_columns(source.columns, names)
    return Source(name=source.name, columns=columns)


def rename_columns(columns: tuple[Value, ...], names: list[str]) -> tuple[Value, ...]:
    """The columns under the names of a column-alias list. Raises 8158 or 8159 when their numbers differ."""
    if len(names) != len(columns):
        number, word = (8158, "more") if len(names) < len(columns) else (8159, "fewer")
        raise SqlError(number, f"A table alias has {word} columns than were specified in the column list.")
    return tuple(column.renamed(name) for column, name in zip(columns, names, strict=True))


def _derived(translator: Translator, node: exp.Subquery, scope: Scope) -> str:
    if not node.alias:
        raise unsupported("a derived table without an alias")
    query = translator.query(node.this, None)
    names = _column_aliases(node)
    columns = rename_columns(query.columns, names) if names else query.columns
    alias = translator.context.alias()
    scope.sources.append(derived_source(node.alias, alias, columns))
    return f"({query.sql}) AS {alias}"


def _values(translator: Translator, node: exp.Values, scope: Scope) -> str:
    names = _column_aliases(node)
    rows = [[translator.value(item, scope) for item in row.expressions] for row in node.expressions]
    if not names or any(len(row) != len(names) for row in rows):
        raise unsupported("a VALUES table whose column list does not match its rows")
    types = []
    for place in range(len(names)):
        kind = NULL
        for row in rows:
            kind = common_type(kind, row[place].type)
        types.append(kind)
    typed = [[translator.coerce(value, kind).sql for value, kind in zip(row, types, strict=True)] for row in rows]
    columns = tuple(
        Value(sql="", type=kind, name=name, nullable=any(row[place].nullable for row in rows))
        for place, (name, kind) in enumerate(zip(names, types, strict=True))
    )
    alias = translator.context.alias()
    scope.sources.append(derived_source(node.alias, alias, columns))
    return f"({_values_sql(typed)}) AS {alias}"


def _values_sql(rows: list[list[str]]) -> str:
    """The rows as c0, c1 ...: a VALUES clause, as SQLite allows no more than 500 terms in a compound SELECT."""
    named = ", ".join(f"column{place + 1} AS c{place}" for place in range(len(rows[0])))
    listed = ", ".join(f"({', '.join(row)})" for row in rows)
    return f"SELECT {named} FROM (VALUES {listed})"


def _join(translator: Translator, join: exp.Join, scope: Scope) -> str:
    for name, part in join.args.items():
        if part and name not in ("this", "side", "kind", "on"):
            raise unsupported(f"{name.upper()} in a join")
    side, kind = (join.side or "").upper(), (join.kind or "").upper()
    if isinstance(join.this, exp.Lateral):
        return _apply(translator, join.this, scope)
    before = len(scope.sources)
    sql = _source(translator, join.this, scope)
    if join.this.args.get("joins"):
        raise unsupported("a join inside a join's parentheses")
    if side in ("LEFT", "FULL"):
        scope.sources[before:] = [source.outer_joined() for source in scope.sources[before:]]
    if side in ("RIGHT", "FULL"):
        scope.sources[:before] = [source.outer_joined() for source in scope.sources[:before]]
    condition = join.args.get("on")
    if condition is None:
        return f" CROSS JOIN {sql}"
    if kind not in ("", "INNER", "OUTER") or side not in ("", "LEFT", "RIGHT", "FULL"):
        raise unsupported(f"{side} {kind} JOIN".strip())
    word = f"{side} JOIN" if side else "JOIN"
    equal = equal_columns(translator, condition, scope)
    same = same_row(scope.sources[before:], scope.sources[:before], equal)
    return f" {word} {sql} ON {translator.condition(condition, scope)}{same}"


def _apply(translator: Translator, lateral: exp.Lateral, scope: Scope) -> str:
    _check_parts(lateral)
    call = lateral.this
    if not isinstance(call, exp.Expression) or call.key != "changetable" or call.args["kind"] != "VERSION":
        raise unsupported("APPLY with anything but CHANGETABLE(VERSION ...)")
    if not lateral.alias:
        raise SqlError(22104, "A table returned by the CHANGETABLE function must be aliased.")
    table = resolve_table(translator.context.catalog, call.this)
    outer = not lateral.args.get("cross_apply")
    sql, source = apply_version(translator, call, table, lateral.alias, scope, outer=outer)
    scope.sources.append(_renamed(source, _column_aliases(lateral)))
    return sql
