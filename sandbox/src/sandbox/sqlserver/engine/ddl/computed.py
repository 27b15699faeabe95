"""Computed columns as they are defined: what they may be made of, and what then hangs on it."""

from __future__ import annotations

from sqlglot import exp

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.catalog.schema import Computed, Table, TableColumn
from sandbox.sqlserver.engine.ddl.definitions import ColumnDefinition
from sandbox.sqlserver.engine.ddl.work import Work
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.parser.cursor import parse_expression
from sandbox.sqlserver.engine.translate.computed import computed_value
from sandbox.sqlserver.engine.translate.context import Context
from sandbox.sqlserver.engine.translate.functions.aggregates import has_aggregate
from sandbox.sqlserver.engine.translate.plan import Value, result_column
from sandbox.sqlserver.engine.translate.tsql import new_translator


def settle(work: Work, schema: str, name: str, columns: list[ColumnDefinition], present: Table | None = None) -> None:
    """Give the computed ones among a table's new columns their type, and look whether they can be NULL.

    `present` is the table that they are added to. Raises 1759 for one made from another, 4936 for a PERSISTED one that
    depends on the moment or the session, 1046 for a subquery, and what expressions raise.
    """
    together: list[ColumnDefinition | TableColumn] = [*(present.columns if present is not None else ()), *columns]
    table = Table(object_id=0, schema=schema, name=name, columns=())
    taken = {column.name.lower() for column in together if column.computed is not None}
    stored = [
        Value(sql="NULL", type=column.type, nullable=column.nullable, name=column.name)
        for column in together
        if column.computed is None
    ]
    for column in columns:
        if column.computed is not None:
            _check_expression(table, column.computed, taken)
            _settle(work, table, column, column.computed, stored)


def _check_expression(table: Table, computed: Computed, taken: set[str]) -> None:
    tree = parse_expression(computed.text)
    for name in names_in(computed) & taken:
        text = f"Computed column '{name}' in table '{table.name}' is not allowed to be used in another "
        raise SqlError(1759, f"{text}computed-column definition.", state=0)
    if tree.find(exp.Query) is not None:
        raise SqlError(1046, "Subqueries are not allowed in this context. Only scalar expressions are allowed.")
    if has_aggregate(tree) or tree.find(exp.Window) is not None:
        raise unsupported(f"an aggregate in a computed column: {computed.text[:60]}")


def _settle(work: Work, table: Table, column: ColumnDefinition, computed: Computed, stored: list[Value]) -> None:
    context = Context(catalog=work.catalog(), variables={}, databases={work.database.name: work.database.number})
    value = computed_value(new_translator(context), table, computed, stored)
    column.type = result_column(value).type
    if column.type.name == "rowversion":
        raise unsupported(f"a computed column of a rowversion: {column.name}")
    column.nullable = column.nullable and value.nullable
    if computed.persisted and (context.binds or "tsql_newid" in value.sql):
        text = f"Computed column '{column.name}' in table '{table.name}' cannot be persisted because the column is "
        raise SqlError(4936, f"{text}non-deterministic.")


def names_in(computed: Computed) -> set[str]:
    """The columns that an expression names, in lower case."""
    return {node.name.lower() for node in parse_expression(computed.text).find_all(exp.Column)}


def check_no_computed_uses(table: Table, column: TableColumn) -> None:
    """Raises 5074 for a column from which another one is computed: it can neither be altered nor dropped."""
    for other in table.columns:
        if other.computed is not None and column.name.lower() in names_in(other.computed):
            raise SqlError(5074, f"The column '{other.name}' is dependent on column '{column.name}'.")
