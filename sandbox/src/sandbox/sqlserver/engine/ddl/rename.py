"""sp_rename: tables and columns."""

from __future__ import annotations

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.catalog.schema import Table, quote
from sandbox.sqlserver.engine.catalog.store import touch
from sandbox.sqlserver.engine.ddl import physical
from sandbox.sqlserver.engine.ddl.alter import rebuild
from sandbox.sqlserver.engine.ddl.computed import check_no_computed_uses
from sandbox.sqlserver.engine.ddl.work import Work
from sandbox.sqlserver.engine.errors import already_exists, no_item, unsupported
from sandbox.sqlserver.engine.parser.definition_statements import Rename


def rename(work: Work, statement: Rename) -> None:
    """Raises 15225 for what is not there, 15335 or 2714 for a name that is in use."""
    if statement.is_column:
        _rename_column(work, statement)
        return
    table = work.find_table(statement.name, error=no_item)
    if work.catalog().find(table.schema, statement.new_name) is not None:
        raise already_exists(statement.new_name)
    renamed = quote(f"{table.schema}.{statement.new_name}")
    physical.note_altered(work.connection, table.object_id)
    raw = work.connection.raw
    raw.execute(f"ALTER TABLE {table.physical} RENAME TO {renamed}")
    raw.execute("UPDATE _objects SET name = ? WHERE object_id = ?", (statement.new_name, table.object_id))
    touch(raw)


def _rename_column(work: Work, statement: Rename) -> None:
    *name, old = statement.name
    table = work.find_table(tuple(name), error=no_item)
    column = table.find(old)
    if column is None:
        raise no_item(".".join(statement.name))
    if table.find(statement.new_name) is not None:
        text = f"Error: The new name '{statement.new_name}' is already in use as a COLUMN name and would cause a "
        raise SqlError(15335, f"{text}duplicate that is not permitted.", severity=11)
    _check_renamable(table, column.name)
    check_no_computed_uses(table, column)
    work.connection.raw.execute(
        "UPDATE _columns SET name = ? WHERE table_id = ? AND column_id = ?",
        (statement.new_name, table.object_id, column.column_id),
    )
    values = {other.name: quote(other.name) for other in table.stored if other != column}
    rebuild(work, table, {**values, statement.new_name: quote(column.name)})


def _check_renamable(table: Table, column: str) -> None:
    """Raises 40000 where the name stands in more than the catalog's list of columns."""
    if table.checks or any(index.condition for index in table.indexes):
        raise unsupported("sp_rename of a column of a table with CHECK constraints or filtered indexes")
    if table.tracking is not None and column in [each.name for each in table.key_columns]:
        raise unsupported("sp_rename of a tracked table's key column")
