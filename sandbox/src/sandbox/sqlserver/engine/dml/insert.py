"""INSERT."""

from __future__ import annotations

from sqlglot import exp

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.catalog.schema import Table, TableColumn, quote
from sandbox.sqlserver.engine.dml.build import (
    assigned,
    check_parts,
    context_bind,
    default_value,
    is_default,
    returning,
)
from sandbox.sqlserver.engine.dml.plan import ChangePlan
from sandbox.sqlserver.engine.errors import computed_column, invalid_column, syntax, unsupported
from sandbox.sqlserver.engine.parser.statements import Change
from sandbox.sqlserver.engine.translate.plan import Value, used_binds
from sandbox.sqlserver.engine.translate.scope import Scope
from sandbox.sqlserver.engine.translate.sources import resolve_table
from sandbox.sqlserver.engine.translate.translator import Translator
from sandbox.sqlserver.engine.values.types import BIGINT, NULL, common_type

_KNOWN = frozenset({"this", "expression", "returning", "default"})
_IDENTITY = "tsql_next_identity({}, {})"


def plan_insert(translator: Translator, change: Change, *, identity_insert: int | None) -> ChangePlan:
    """The plan of an INSERT. `identity_insert` is the object id of the table for which IDENTITY_INSERT is ON."""
    tree = change.tree
    check_parts(tree, _KNOWN)
    if change.top is not None:
        raise unsupported("INSERT TOP")
    target = tree.this.this if isinstance(tree.this, exp.Schema) else tree.this
    if not isinstance(target, exp.Table):
        raise syntax("(")
    table = resolve_table(translator.context.catalog, target)
    translator.context.need("INSERT", table)
    by_hand = identity_insert == table.object_id
    named = _named_columns(tree, table, by_hand=by_hand)
    rows = _rows(translator, tree, table, named)
    generated = _generated(translator, table, named)
    columns = [*named, *(column for column, _ in generated)]
    listed = ", ".join(quote(column.name) for column in columns)
    source = _source_sql(rows, [value for _, value in generated])
    returning_sql, result = returning(translator, tree, table, ("inserted",))
    if result:
        translator.context.need("SELECT", table)
    context = context_bind(translator, change.context)
    into = f" ({listed})" if listed else ""
    sql = f"INSERT INTO {table.physical}{into} {source}{returning_sql}"
    return ChangePlan(
        verb="INSERT",
        table=table,
        sql=sql,
        binds=used_binds(sql, translator.context.binds),
        columns=result,
        context=context,
        readings=tuple(translator.context.readings),
        needs=tuple(translator.context.needs),
        takes_identity=table.identity is not None and table.identity not in named,
        gives_identity=table.identity in named,
        probe=_probe(table, named, rows),
    )


def _named_columns(tree: exp.Expression, table: Table, *, by_hand: bool) -> list[TableColumn]:
    if isinstance(tree.this, exp.Schema):
        columns = []
        for item in tree.this.expressions:
            column = table.find(item.name)
            if column is None:
                raise invalid_column(item.name)
            columns.append(column)
    elif tree.args.get("default"):
        columns = []
    else:
        columns = [column for column in table.stored if column.identity is None and column.type.name != "rowversion"]
    _check_named(columns, table, by_hand=by_hand)
    return columns


def _check_named(columns: list[TableColumn], table: Table, *, by_hand: bool) -> None:
    names = [column.name for column in columns]
    for name in names:
        if names.count(name) > 1:
            text = (
                f"The column name '{name}' is specified more than once in the SET clause or column list of an INSERT."
            )
            raise SqlError(264, text)
    for column in columns:
        if column.computed is not None:
            raise computed_column(column.name)
        if column.type.name == "rowversion":
            text = "Cannot insert an explicit value into a timestamp column. Use INSERT with a column list to exclude "
            raise SqlError(273, text + "the timestamp column, or insert a DEFAULT into the timestamp column.")
        if column.identity is not None and not by_hand:
            text = f"Cannot insert explicit value for identity column in table '{table.name}' when IDENTITY_INSERT is "
            raise SqlError(544, text + "set to OFF.")
    if by_hand and table.identity is not None and table.identity not in columns:
        text = f"Explicit value must be specified for identity column in table '{table.name}' either when "
        more = "IDENTITY_INSERT is set to ON or when a replication user is inserting into a NOT FOR REPLICATION "
        raise SqlError(545, f"{text}{more}identity column.")


class _Rows:
    """The rows of an INSERT: either lists of values or a query."""

    def __init__(self, values: list[list[Value]], query: str = "", row: list[Value] | None = None) -> None:
        self.values = values
        self.query = query
        self.row = row or []


def _rows(translator: Translator, tree: exp.Expression, table: Table, named: list[TableColumn]) -> _Rows:
    source = tree.args.get("expression")
    if tree.args.get("default"):
        return _Rows([[]])
    if isinstance(source, exp.Values):
        return _Rows(_value_rows(translator, source, table, named))
    if source is None:
        raise unsupported("this form of INSERT")
    query = translator.query(source, None)
    _check_width(len(query.columns), len(named))
    alias = translator.context.alias()
    row = [
        assigned(translator, table, column, Value(sql=f"{alias}.c{place}", type=given.type))
        for place, (column, given) in enumerate(zip(named, query.columns, strict=True))
    ]
    # LIMIT keeps SQLite from dissolving the subquery: identity values must follow its ORDER BY.
    limit = "" if " LIMIT " in query.sql else " LIMIT -1"
    return _Rows([], f"({query.sql}{limit}) AS {alias}", row)


def _check_width(given: int, wanted: int) -> None:
    if given < wanted:
        text = "There are more columns in the INSERT statement than values specified in the VALUES clause. "
        raise SqlError(109, text + "The number of values must match the number of columns specified.", severity=15)
    if given > wanted:
        text = "There are fewer columns in the INSERT statement than values specified in the VALUES clause. "
        raise SqlError(110, text + "The number of values must match the number of columns specified.", severity=15)


def _value_rows(
    translator: Translator, source: exp.Values, table: Table, named: list[TableColumn]
) -> list[list[Value]]:
    rows: list[list[Value | None]] = []
    for item in source.expressions:
        expressions = item.expressions if isinstance(item, exp.Tuple) else [item]
        _check_width(len(expressions), len(named))
        rows.append([None if is_default(node) else translator.value(node, Scope()) for node in expressions])
    result: list[list[Value]] = [[] for _ in rows]
    for place, column in enumerate(named):
        common = NULL
        for row in rows:
            value = row[place]
            common = common if value is None else common_type(common, value.type)
        for row, converted in zip(rows, result, strict=True):
            value = row[place]
            if value is None:
                converted.append(default_value(translator, table, column))
                continue
            # Rows of one VALUES share a type per column, as in SQL Server.
            shared = translator.coerce(value, common) if len(rows) > 1 else value
            converted.append(assigned(translator, table, column, shared))
    return result


def _generated(translator: Translator, table: Table, named: list[TableColumn]) -> list[tuple[TableColumn, Value]]:
    """The columns that are not named: identity, rowversion and defaults."""
    generated = []
    for column in table.columns:
        if column in named:
            continue
        if column.identity is not None:
            sql = _IDENTITY.format(table.object_id, column.identity[1])
            value = assigned(translator, table, column, Value(sql=sql, type=BIGINT))
            generated.append((column, value))
        elif column.type.name == "rowversion":
            generated.append((column, Value(sql="tsql_rowversion()", type=column.type)))
        elif column.default is not None:
            generated.append((column, default_value(translator, table, column)))
    return generated


def _source_sql(rows: _Rows, generated: list[Value]) -> str:
    if rows.query:
        listed = ", ".join(value.sql for value in [*rows.row, *generated])
        return f"SELECT {listed} FROM {rows.query}"
    lists = ", ".join("(" + ", ".join(value.sql for value in [*row, *generated]) + ")" for row in rows.values)
    return f"VALUES {lists}" if rows.values[0] or generated else "DEFAULT VALUES"


def _probe(table: Table, named: list[TableColumn], rows: _Rows) -> str:
    """A query for the rows' values, one for each column of the table; what is not named is NULL."""

    def listed(row: list[Value]) -> str:
        given = dict(zip((column.name for column in named), (value.sql for value in row), strict=True))
        return ", ".join(given.get(column.name, "NULL") for column in table.columns)

    if rows.query:
        return f"SELECT {listed(rows.row)} FROM {rows.query}"
    return "VALUES " + ", ".join(f"({listed(row)})" for row in rows.values)
