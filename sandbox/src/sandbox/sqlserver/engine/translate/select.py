"""SELECT: lists, grouping, order, TOP and OFFSET, and unions."""

from __future__ import annotations

from dataclasses import replace

from sqlglot import exp

from sandbox.sqlserver.contract import SqlError, SqlType
from sandbox.sqlserver.engine.errors import syntax, unsupported
from sandbox.sqlserver.engine.translate.conditions import collated
from sandbox.sqlserver.engine.translate.functions.aggregates import has_aggregate
from sandbox.sqlserver.engine.translate.plan import Query, Value
from sandbox.sqlserver.engine.translate.scope import Grouping, Scope
from sandbox.sqlserver.engine.translate.sources import from_clause, rename_columns
from sandbox.sqlserver.engine.translate.translator import Translator
from sandbox.sqlserver.engine.values.sort_keys import sort_key_sql
from sandbox.sqlserver.engine.values.types import BIGINT, collate_sql, common_type

_KNOWN_PARTS = frozenset(
    [
        "expressions",
        "from_",
        "joins",
        "where",
        "group",
        "having",
        "order",
        "limit",
        "offset",
        "distinct",
        "with_",
        "options",
        "kind",
        "hint",
    ]
)
_KNOWN_OPTIONS = frozenset({"RECOMPILE", "MAXDOP", "OPTIMIZE"})


def translate(translator: Translator, node: exp.Expression, parent: Scope | None) -> Query:
    """A SELECT, a union, or either in parentheses. Raises 40000 for any clause that is not known."""
    _common_tables(translator, node)
    if isinstance(node, exp.Subquery) and not node.alias:
        return translate(translator, node.this, parent)
    if isinstance(node, exp.SetOperation):
        return _set_operation(translator, node, parent)
    if not isinstance(node, exp.Select):
        raise unsupported(f"a query of the form {type(node).__name__}")
    return _select(translator, node, parent)


def _common_tables(translator: Translator, node: exp.Expression) -> None:
    clause = node.args.get("with_")
    if clause is None:
        return
    if clause.args.get("recursive"):
        raise unsupported("a recursive WITH")
    for table in clause.expressions:
        if any(inner.name.lower() == table.alias.lower() and not inner.db for inner in table.find_all(exp.Table)):
            raise unsupported("a recursive WITH")
        query = translator.query(table.this, None)
        names = [column.name for column in table.args["alias"].args.get("columns") or []]
        if names:
            query = replace(query, columns=rename_columns(query.columns, names))
        translator.common_tables[table.alias.lower()] = query


def _select(translator: Translator, node: exp.Select, parent: Scope | None) -> Query:
    _refuse_unknown(node)
    if not node.expressions:
        raise syntax("SELECT")
    scope = Scope(parent=parent)
    from_sql = from_clause(translator, node, scope)
    where = node.args.get("where")
    conditions = [f"({translator.condition(where.this, scope)})"] if where is not None else []
    # Last, so that SQLite asks only for rows that the query wants, if it can tell.
    conditions += scope.checks
    where_sql = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    group_sql, having_sql = _grouping(translator, node, scope)
    items = [value for item in node.expressions for value in _items(translator, item, scope)]
    order_sql = _order(translator, node, scope, items)
    limit_sql = _limit(translator, node, scope)
    distinct = node.args.get("distinct") is not None
    listed = ", ".join(f"{collated(value) if distinct else value.sql} AS c{place}" for place, value in enumerate(items))
    sql = f"SELECT {'DISTINCT ' if distinct else ''}{listed}{from_sql}{where_sql}{group_sql}{having_sql}"
    single = _is_single(node, scope)
    return Query(sql=sql + order_sql + limit_sql, columns=tuple(items), at_most_one_row=single)


def _refuse_unknown(node: exp.Expression) -> None:
    for name, part in node.args.items():
        if part and name not in _KNOWN_PARTS:
            raise unsupported(f"{name.strip('_').upper()} in a query")
    for option in node.args.get("options") or []:
        if option.name.upper().split()[0] not in _KNOWN_OPTIONS:
            raise unsupported(f"OPTION ({option.name})")


def _is_single(node: exp.Select, scope: Scope) -> bool:
    if node.args.get("from_") is None:
        return True
    if scope.grouping is not None and node.args.get("group") is None:
        return True
    limit = node.args.get("limit")
    return isinstance(limit, exp.Limit) and limit.expression.name == "1"


def _grouping(translator: Translator, node: exp.Select, scope: Scope) -> tuple[str, str]:
    group, having = node.args.get("group"), node.args.get("having")
    parts = [*node.expressions, *([having] if having is not None else [])]
    if group is None and having is None and not any(has_aggregate(part) for part in parts):
        return "", ""
    grouped = []
    if group is not None:
        if any(part for name, part in group.args.items() if name != "expressions"):
            raise unsupported("GROUP BY with ROLLUP, CUBE, GROUPING SETS or ALL")
        grouped = [(item, translator.value(item, scope)) for item in group.expressions]
    columns = frozenset(value.sql for item, value in grouped if isinstance(item, exp.Column))
    others = frozenset(value.sql for item, value in grouped if not isinstance(item, exp.Column))
    scope.grouping = Grouping(expressions=others, columns=columns)
    group_sql = " GROUP BY " + ", ".join(collated(value) for _, value in grouped) if grouped else ""
    having_sql = f" HAVING {translator.condition(having.this, scope)}" if having is not None else ""
    return group_sql, having_sql


def _items(translator: Translator, item: exp.Expression, scope: Scope) -> list[Value]:
    if isinstance(item, exp.Star):
        return list(scope.star())
    if isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
        return list(scope.star(item.table))
    if isinstance(item, exp.EQ):
        raise unsupported("a condition as a value")
    return [translator.value(item, scope)]


def _order(translator: Translator, node: exp.Select, scope: Scope, items: list[Value]) -> str:
    order = node.args.get("order")
    if order is None:
        return ""
    distinct = node.args.get("distinct") is not None
    parts: list[str] = []
    for ordered in order.expressions:
        value = _ordered_value(translator, ordered.this, node, scope, items)
        if distinct and all(value.sql != item.sql for item in items):
            text = "ORDER BY items must appear in the select list if SELECT DISTINCT is specified."
            raise SqlError(145, text, severity=15)
        key = collated(value) if _index_may_help(parts) or _is_dear(value) else sort_key_sql(value.sql, value.type)
        parts.append(key + (" DESC" if ordered.args.get("desc") else ""))
    return " ORDER BY " + ", ".join(parts)


def _index_may_help(before: list[str]) -> bool:
    """Whether an index can give the order: it begins with text. Behind anything else SQLite sorts, mostly."""
    return not before or before[0].removesuffix(" DESC").rpartition(" ")[0].endswith(" COLLATE")


def _is_dear(value: Value) -> bool:
    """Whether it is more than a column: a sort key names it several times."""
    return "(" in value.sql


def _ordered_value(
    translator: Translator, node: exp.Expression, select: exp.Select, scope: Scope, items: list[Value]
) -> Value:
    if isinstance(node, exp.Literal) and not node.is_string:
        return _by_ordinal(_place(node), tuple(items))
    if isinstance(node, exp.Column) and not node.table:
        aliased = {item.alias.lower() for item in select.expressions if isinstance(item, exp.Alias)}
        if node.name.lower() in aliased:
            return next(item for item in items if item.name.lower() == node.name.lower())
    return translator.value(node, scope)


def _place(node: exp.Literal) -> int:
    if not node.name.isdigit():
        raise unsupported(f"ORDER BY {node.name}")
    return int(node.name)


def _by_ordinal(place: int, items: tuple[Value, ...]) -> Value:
    if not 1 <= place <= len(items):
        text = f"The ORDER BY position number {place} is out of range of the number of items in the select list."
        raise SqlError(108, text, severity=15)
    return items[place - 1]


def _limit(translator: Translator, node: exp.Expression, scope: Scope) -> str:
    limit, offset = node.args.get("limit"), node.args.get("offset")
    if limit is None and offset is None:
        return ""
    count = "-1"
    if isinstance(limit, exp.Fetch):
        _refuse_fetch_options(limit)
        count = _row_count(translator, limit.args["count"], scope)
    elif limit is not None:
        if any(part for name, part in limit.args.items() if name != "expression"):
            raise unsupported("TOP with PERCENT or WITH TIES")
        count = _row_count(translator, limit.expression, scope)
    sql = f" LIMIT {count}"
    return sql if offset is None else f"{sql} OFFSET {_row_count(translator, offset.expression, scope)}"


def _refuse_fetch_options(fetch: exp.Fetch) -> None:
    if fetch.args.get("count") is None:
        raise syntax("ROWS")
    options = fetch.args.get("limit_options")
    if options is not None and (options.args.get("percent") or options.args.get("with_ties")):
        raise unsupported("FETCH with PERCENT or WITH TIES")


def _row_count(translator: Translator, node: exp.Expression, scope: Scope) -> str:
    return translator.coerce(translator.value(node, scope), BIGINT).sql


def _set_operation(translator: Translator, node: exp.SetOperation, parent: Scope | None) -> Query:
    for name, part in node.args.items():
        if part and name not in ("this", "expression", "distinct", "with_", "order", "offset", "limit"):
            raise unsupported(f"{name.upper()} on a union")
    left = translator.query(node.this, parent)
    right = translator.query(node.expression, parent)
    if len(left.columns) != len(right.columns):
        text = "All queries combined using a UNION, INTERSECT or EXCEPT operator must have an equal number of "
        raise SqlError(205, text + "expressions in their target lists.")
    types = [common_type(one.type, other.type) for one, other in zip(left.columns, right.columns, strict=True)]
    word = {exp.Union: "UNION", exp.Except: "EXCEPT", exp.Intersect: "INTERSECT"}.get(type(node))
    if word is None or (word != "UNION" and not node.args.get("distinct")):
        raise unsupported(f"the set operation {type(node).__name__}")
    if not node.args.get("distinct"):
        word = "UNION ALL"
    compound = f"{_as_types(translator, left, types)} {word} {_as_types(translator, right, types)}"
    alias = translator.context.alias()
    columns = tuple(
        Value(
            sql=f"{alias}.c{place}",
            type=sql_type,
            name=one.name,
            nullable=one.nullable or other.nullable,
        )
        for place, (sql_type, one, other) in enumerate(zip(types, left.columns, right.columns, strict=True))
    )
    tail = _union_order(node, columns) + _limit(translator, node, Scope(parent=parent))
    listed = ", ".join(f"{column.sql} AS c{place}" for place, column in enumerate(columns))
    return Query(sql=f"SELECT {listed} FROM ({compound}) AS {alias}{tail}", columns=columns)


def _union_order(node: exp.SetOperation, columns: tuple[Value, ...]) -> str:
    order = node.args.get("order")
    if order is None:
        return ""
    parts = []
    for ordered in order.expressions:
        if isinstance(ordered.this, exp.Literal):
            value = _by_ordinal(_place(ordered.this), columns)
        else:
            name = ordered.this.name.lower()
            matches = [column for column in columns if column.name.lower() == name]
            if not isinstance(ordered.this, exp.Column) or not matches:
                text = "ORDER BY items must appear in the select list if the statement contains a UNION, INTERSECT "
                raise SqlError(104, text + "or EXCEPT operator.", severity=15)
            value = matches[0]
        parts.append(collated(value) + (" DESC" if ordered.args.get("desc") else ""))
    return " ORDER BY " + ", ".join(parts)


def _as_types(translator: Translator, query: Query, types: list[SqlType]) -> str:
    alias = translator.context.alias()
    parts = []
    for place, (column, sql_type) in enumerate(zip(query.columns, types, strict=True)):
        value = translator.coerce(Value(sql=f"{alias}.c{place}", type=column.type), sql_type)
        parts.append(f"{value.sql}{collate_sql(sql_type)} AS c{place}")
    return f"SELECT {', '.join(parts)} FROM ({query.sql}) AS {alias}"
