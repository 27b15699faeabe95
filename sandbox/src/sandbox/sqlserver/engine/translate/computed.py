"""Computed columns: nowhere stored, not even PERSISTED ones, but worked out where they are read."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.sqlserver.engine.catalog.schema import Computed, Table, quote
from sandbox.sqlserver.engine.parser.cursor import parse_expression
from sandbox.sqlserver.engine.translate.plan import Value
from sandbox.sqlserver.engine.translate.scope import Scope, Source
from sandbox.sqlserver.engine.translate.translator import Translator


def table_columns(translator: Translator, table: Table, alias: str = "") -> tuple[Value, ...]:
    """All columns of a table that SQLite's SQL calls `alias`; without one it is the only table there."""
    prefix = f"{alias}." if alias else ""
    stored = {
        column.name: Value(
            sql=f"{prefix}{quote(column.name)}",
            type=column.type,
            nullable=column.nullable,
            name=column.name,
            identity=column.identity is not None,
        )
        for column in table.stored
    }
    if len(stored) == len(table.columns):
        return tuple(stored.values())
    columns = []
    for column in table.columns:
        if column.computed is None:
            columns.append(stored[column.name])
            continue
        sql = computed_value(translator, table, column.computed, tuple(stored.values())).sql
        # An outer join that finds no row gives NULL, whatever the expression makes of NULLs.
        sql = f"(CASE WHEN {alias}._rowid_ IS NOT NULL THEN {sql} END)" if alias else f"({sql})"
        columns.append(Value(sql=sql, type=column.type, nullable=column.nullable, name=column.name))
    return tuple(columns)


def computed_value(translator: Translator, table: Table, computed: Computed, stored: Sequence[Value]) -> Value:
    """The expression over a row's stored columns. Raises SqlError for what does not bind."""
    source = Source(name=table.name, schema=table.schema, columns=tuple(stored))
    return translator.value(parse_expression(computed.text), Scope(sources=[source]))
