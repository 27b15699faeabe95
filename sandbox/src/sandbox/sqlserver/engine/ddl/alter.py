"""ALTER TABLE."""

from __future__ import annotations

import sqlite3
from dataclasses import replace

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.catalog.schema import NOT_NULL, Table, TableColumn, quote
from sandbox.sqlserver.engine.catalog.store import touch
from sandbox.sqlserver.engine.change_tracking import tables as tracking
from sandbox.sqlserver.engine.change_tracking.log import drop_triggers
from sandbox.sqlserver.engine.ddl import physical
from sandbox.sqlserver.engine.ddl.computed import check_no_computed_uses, settle
from sandbox.sqlserver.engine.ddl.definitions import (
    ColumnDefinition,
    add_check,
    add_columns,
    add_key,
    read_definitions,
)
from sandbox.sqlserver.engine.ddl.work import Work
from sandbox.sqlserver.engine.errors import null_not_allowed, unsupported
from sandbox.sqlserver.engine.parser.cursor import parse_expression
from sandbox.sqlserver.engine.parser.definition_statements import AddToTable, AlterColumn, DropFromTable, TrackTable
from sandbox.sqlserver.engine.translate.coerce import coerce
from sandbox.sqlserver.engine.translate.context import Context
from sandbox.sqlserver.engine.translate.plan import Value
from sandbox.sqlserver.engine.translate.scope import Scope
from sandbox.sqlserver.engine.translate.tsql import new_translator


def _unknown_table(name: str) -> SqlError:
    text = f'Cannot find the object "{name}" because it does not exist or you do not have permissions.'
    return SqlError(4902, text)


def track_table(work: Work, statement: TrackTable) -> None:
    """ENABLE or DISABLE CHANGE_TRACKING. Raises 4902 and what change tracking raises."""
    table = work.find_table(statement.table, error=_unknown_table)
    raw = work.connection.raw
    physical.note_altered(work.connection, table.object_id)
    if statement.enable:
        tracking.enable(raw, work.catalog(), table, columns_updated=statement.columns_updated)
    else:
        tracking.disable(raw, table)


def add_to_table(work: Work, statement: AddToTable) -> None:
    """ADD columns and constraints. Raises 4902, 4901 for NOT NULL without a default on a table with rows."""
    table = work.find_table(statement.table, error=_unknown_table)
    raw = work.connection.raw
    definitions = read_definitions(tuple(statement.definitions))
    for column in definitions.columns:
        _check_addable(work, table, column)
    settle(work, table.schema, table.name, definitions.columns, table)
    if definitions.columns:
        first_id = max(column.column_id for column in table.columns) + 1
        add_columns(raw, table.object_id, table.name, definitions.columns, first_id)
    for check in definitions.checks:
        add_check(raw, table.object_id, table.name, check)
    if definitions.columns or definitions.checks:
        values = {column.name: quote(column.name) for column in table.stored}
        values |= {column.name: _initial(work, column) for column in definitions.columns if column.computed is None}
        rebuild(work, table, values)
    for key in definitions.keys:
        if key.kind == "PK":
            _check_not_null(table, definitions.columns, key.columns)
        index_id = add_key(raw, table.object_id, table.name, key)
        work.build_index(table.object_id, index_id)


def _check_addable(work: Work, table: Table, column: ColumnDefinition) -> None:
    if column.computed is not None:
        return
    has_rows = work.connection.run(f"SELECT 1 FROM {table.physical} LIMIT 1").fetchone() is not None
    if has_rows and (column.identity is not None or column.type.name == "rowversion"):
        raise unsupported(f"adding an identity or rowversion column to a table with rows: {column.name}")
    if has_rows and not column.nullable and column.default is None:
        text = (
            "ALTER TABLE only allows columns to be added that can contain nulls, or have a DEFAULT definition "
            "specified, or the column being added is an identity or timestamp column, or alternatively if none of the "
            f"previous conditions are satisfied the table must be empty to allow addition of this column. Column "
            f"'{column.name}' cannot be added to non-empty table '{table.name}' because it does not satisfy these "
            "conditions."
        )
        raise SqlError(4901, text)


def _check_not_null(table: Table, added: list[ColumnDefinition], columns: tuple[tuple[str, bool], ...]) -> None:
    for name, _ in columns:
        column = table.find(name) or next((one for one in added if one.name.lower() == name.lower()), None)
        if column is not None and column.nullable:
            raise SqlError(8111, f"Cannot define PRIMARY KEY constraint on nullable column in table '{table.name}'.")


def _initial(work: Work, column: ColumnDefinition) -> str:
    """What rows that are there already get: the default of a NOT NULL column, else NULL."""
    if column.default is None or column.nullable:
        return "NULL"
    context = Context(catalog=work.catalog(), variables={}, databases={work.database.name: work.database.number})
    translator = new_translator(context)
    value = translator.value(parse_expression(column.default), Scope())
    sql = coerce(context, value, column.type).sql
    if context.binds:
        raise unsupported(f"adding a NOT NULL column with the default {column.default} to a table")
    return sql


def rebuild(work: Work, old: Table, values: dict[str, str]) -> None:
    """Give a table the shape that the catalog has for it by now; `values`: each column as SQL over the old ones."""
    touch(work.connection.raw)
    catalog = work.catalog()
    new = catalog.by_id(old.object_id)
    if new is None:
        raise KeyError(old.object_id)
    if old.tracking is not None:
        drop_triggers(work.connection.raw, old)
    work.connection.log.enabled = False
    try:
        physical.rebuild(work.connection, catalog, old, new, values)
    except sqlite3.IntegrityError as error:
        raise _explain(work, new, error) from None
    finally:
        work.connection.log.enabled = True


def _explain(work: Work, table: Table, error: sqlite3.IntegrityError) -> Exception:
    text = str(error)
    if text.startswith("NOT NULL"):
        column = text.rpartition(".")[2]
        return null_not_allowed(f"{work.database.name}.{table.full_name}", column, "UPDATE")
    if text.startswith("CHECK"):
        name = text.partition(": ")[2]
        if name.startswith(NOT_NULL):
            column = name.removeprefix(NOT_NULL)
            return null_not_allowed(f"{work.database.name}.{table.full_name}", column, "ALTER TABLE")
        message = (
            f'The ALTER TABLE statement conflicted with the CHECK constraint "{name}". The conflict occurred in '
            f'database "{work.database.name}", table "{table.full_name}".'
        )
        return SqlError(547, message, state=0)
    return error


def alter_column(work: Work, statement: AlterColumn) -> None:
    """ALTER COLUMN: a new type and nullability. Raises 4902, 4924, 5074 for a column that a key or index uses."""
    table = work.find_table(statement.table, error=_unknown_table)
    column = table.find(statement.column)
    if column is None:
        text = f"ALTER TABLE ALTER COLUMN failed because column '{statement.column}' does not exist in table "
        raise SqlError(4924, f"{text}'{table.name}'.")
    _check_alterable(table, column, statement)
    context = Context(catalog=work.catalog(), variables={}, databases={work.database.name: work.database.number})
    place = (f"{work.database.name}.{table.full_name}", column.name)
    old = Value(sql=quote(column.name), type=column.type)
    values = {other.name: quote(other.name) for other in table.stored}
    values[column.name] = coerce(context, old, statement.type, column=place).sql
    kind = statement.type
    work.connection.raw.execute(
        "UPDATE _columns SET type_name = ?, length = ?, precision = ?, scale = ?, collation = ?, nullable = ? "
        "WHERE table_id = ? AND column_id = ?",
        (
            kind.name,
            kind.length,
            kind.precision,
            kind.scale,
            kind.collation,
            int(statement.nullable),
            table.object_id,
            column.column_id,
        ),
    )
    rebuild(work, table, values)


def _check_alterable(table: Table, column: TableColumn, statement: AlterColumn) -> None:
    if column.computed is not None:
        raise SqlError(4928, f"Cannot alter column '{column.name}' because it is 'COMPUTED'.")
    check_no_computed_uses(table, column)
    if column.identity is not None or "rowversion" in (column.type.name, statement.type.name):
        raise unsupported(f"ALTER COLUMN of the identity or rowversion column {column.name}")
    for index in table.indexes:
        if column.name not in (*index.columns, *index.included):
            continue
        kept = replace(statement.type, length=column.type.length) == column.type
        if not kept or column.nullable != statement.nullable:
            text = f"The object '{index.name}' is dependent on column '{column.name}'."
            raise SqlError(5074, text)


def drop_from_table(work: Work, statement: DropFromTable) -> None:
    """DROP COLUMN or DROP CONSTRAINT. Raises 4902, 3728, 3735, 4924 or 5074."""
    for name in statement.names:
        table = work.find_table(statement.table, error=_unknown_table)
        if statement.kind == "COLUMN":
            _drop_column(work, table, name, if_exists=statement.if_exists)
        else:
            _drop_constraint(work, table, name, if_exists=statement.if_exists)


def _drop_column(work: Work, table: Table, name: str, *, if_exists: bool) -> None:
    column = table.find(name)
    if column is None:
        if if_exists:
            return
        text = f"ALTER TABLE DROP COLUMN failed because column '{name}' does not exist in table '{table.name}'."
        raise SqlError(4924, text)
    users = [index.name for index in table.indexes if column.name in (*index.columns, *index.included)]
    users += [column.default.name] if column.default is not None else []
    if users:
        raise SqlError(5074, f"The object '{users[0]}' is dependent on column '{column.name}'.")
    check_no_computed_uses(table, column)
    if table.checks:
        raise unsupported("DROP COLUMN of a table with CHECK constraints")
    raw = work.connection.raw
    for name_of_list in ("_columns", "_computed"):
        query = f"DELETE FROM {name_of_list} WHERE table_id = ? AND column_id = ?"
        raw.execute(query, (table.object_id, column.column_id))
    rebuild(work, table, {other.name: quote(other.name) for other in table.stored if other != column})


def _drop_constraint(work: Work, table: Table, name: str, *, if_exists: bool) -> None:
    raw = work.connection.raw
    for index in table.indexes:
        if index.name.lower() == name.lower() and index.kind in ("PK", "UQ"):
            if index.kind == "PK" and table.tracking is not None:
                text = (
                    f"The primary key constraint '{name}' on table '{table.name}' cannot be dropped because change "
                    "tracking is enabled on the table. Change tracking requires a primary key constraint on the "
                    "table. Disable change tracking before dropping the constraint."
                )
                raise SqlError(3735, text)
            work.drop_index(table, index)
            _forget_object(work, table, index.name)
            return
    if any(check.name.lower() == name.lower() for check in table.checks):
        raw.execute("DELETE FROM _checks WHERE table_id = ? AND name = ?", (table.object_id, name))
        _forget_object(work, table, name)
        rebuild(work, table, {column.name: quote(column.name) for column in table.stored})
        return
    deleted = raw.execute("DELETE FROM _defaults WHERE table_id = ? AND name = ?", (table.object_id, name))
    if deleted.rowcount:
        physical.note_altered(work.connection, table.object_id)
        _forget_object(work, table, name)
        touch(raw)
    elif not if_exists:
        raise SqlError(3728, f"'{name}' is not a constraint.")


def _forget_object(work: Work, table: Table, name: str) -> None:
    work.connection.raw.execute("DELETE FROM _objects WHERE parent_id = ? AND name = ?", (table.object_id, name))
