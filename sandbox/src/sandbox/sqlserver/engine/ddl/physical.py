"""A table of the catalog as SQLite has it: a rowid table, its indexes and its checks."""

from __future__ import annotations

from sandbox.sqlserver.engine.catalog.schema import NOT_NULL, Catalog, Index, Table, quote
from sandbox.sqlserver.engine.catalog.store import NOW_FUNCTION
from sandbox.sqlserver.engine.change_tracking.log import create_triggers
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.locking.hold import TOUCH_FUNCTION
from sandbox.sqlserver.engine.parser.cursor import parse_condition
from sandbox.sqlserver.engine.sqlite.connection import Connection
from sandbox.sqlserver.engine.translate.computed import table_columns
from sandbox.sqlserver.engine.translate.context import Context
from sandbox.sqlserver.engine.translate.plan import used_binds
from sandbox.sqlserver.engine.translate.scope import Scope, Source
from sandbox.sqlserver.engine.translate.tsql import new_translator
from sandbox.sqlserver.engine.values.storage import column_affinity


def create(connection: Connection, catalog: Catalog, table: Table) -> None:
    """Make the table and its indexes."""
    parts = []
    for column in table.stored:
        null = "" if column.nullable else " NOT NULL"
        parts.append(f"{quote(column.name)} {column_affinity(column.type)}{null}")
    for column in table.columns:
        if column.computed is not None and column.computed.persisted and not column.nullable:
            condition = _condition(catalog, table, f"[{column.name.replace(']', ']]')}] IS NOT NULL")
            parts.append(f"CONSTRAINT {quote(NOT_NULL + column.name)} CHECK ({condition})")
    for check in table.checks:
        parts.append(f"CONSTRAINT {quote(check.name)} CHECK ({_condition(catalog, table, check.text)})")
    connection.run(f"CREATE TABLE {table.physical} ({', '.join(parts)})")
    for name, verb, row in _touch_triggers(table):
        touch = f"SELECT {TOUCH_FUNCTION}({table.object_id}, {row}._rowid_, {int(verb == 'INSERT')})"
        connection.run(f"CREATE TRIGGER {name} AFTER {verb} ON {table.physical} BEGIN {touch}; END")
    for index in table.indexes:
        create_index(connection, catalog, table, index)


def create_index(connection: Connection, catalog: Catalog, table: Table, index: Index) -> None:
    """Make one index. A unique one over nullable columns holds expressions: T-SQL allows one NULL, SQLite many.

    Without computed columns, which SQLite does not keep; an index over nothing else is not made at all.
    """
    unique = "UNIQUE " if index.unique else ""
    parts = []
    for name, descending in zip(index.columns, index.descending, strict=True):
        direction = " DESC" if descending else ""
        column = quote(name)
        if table.column(name).computed is not None:
            continue
        parts.append(f"{column}{direction}")
        if index.unique and table.column(name).nullable:
            parts[-1] = f"ifnull({column}, x'00'){direction}"
    if not parts:
        return
    where = f" WHERE {_condition(catalog, table, index.condition)}" if index.condition else ""
    name = index_name(table, index)
    connection.run(f"CREATE {unique}INDEX {name} ON {table.physical} ({', '.join(parts)}){where}")


def _touch_triggers(table: Table) -> list[tuple[str, str, str]]:
    """(name, verb, row) of the triggers that tell which rows a statement has changed."""
    verbs = (("INSERT", "NEW"), ("UPDATE", "NEW"), ("DELETE", "OLD"))
    return [(quote(f"touch.{table.object_id}.{verb}"), verb, row) for verb, row in verbs]


def index_name(table: Table, index: Index) -> str:
    """The index's quoted name in SQLite."""
    return quote(f"{table.object_id}.{index.index_id}")


def note_altered(connection: Connection, table_id: int) -> None:
    """A table's definition has changed, by an ALTER or by an index (Microsoft, "sys.objects": modify_date)."""
    connection.touched.schema(table_id, is_altered=True)
    connection.run(f"UPDATE _objects SET modified = {NOW_FUNCTION}() WHERE object_id = ?", (table_id,))


def rebuild(connection: Connection, catalog: Catalog, old: Table, new: Table, values: dict[str, str]) -> None:
    """Replace a table by one of another shape; `values` gives each new column as SQL over the old columns.

    Rows keep their numbers, which the change log knows.
    """
    aside = quote(f"old.{old.object_id}")
    for index in old.indexes:
        connection.run(f"DROP INDEX IF EXISTS {index_name(old, index)}")
    for name, _, _ in _touch_triggers(old):
        connection.run(f"DROP TRIGGER {name}")
    connection.run(f"ALTER TABLE {old.physical} RENAME TO {aside}")
    create(connection, catalog, new)
    names = [column.name for column in new.stored]
    listed = ", ".join(["_rowid_", *(quote(name) for name in names)])
    chosen = ", ".join(["_rowid_", *(values[name] for name in names)])
    connection.run(f"INSERT INTO {new.physical} ({listed}) SELECT {chosen} FROM {aside} ORDER BY _rowid_")
    connection.run(f"DROP TABLE {aside}")
    note_altered(connection, old.object_id)
    if new.tracking is not None:
        create_triggers(connection.raw, new)


def _condition(catalog: Catalog, table: Table, text: str) -> str:
    """A check or a filter as SQLite's SQL over the table's own columns."""
    context = Context(catalog=catalog, variables={}, databases={catalog.database: 5}, is_kept=True)
    translator = new_translator(context)
    columns = table_columns(translator, table)
    scope = Scope(sources=[Source(name=table.name, schema=table.schema, columns=columns)])
    sql = translator.condition(parse_condition(text), scope)
    if used_binds(sql, context.binds):
        raise unsupported(f"a constraint or filter that depends on the clock or the session: {text}")
    return sql
