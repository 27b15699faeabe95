"""CREATE TABLE, DROP TABLE, TRUNCATE TABLE and indexes."""

from __future__ import annotations

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.catalog.permissions import Level
from sandbox.sqlserver.engine.catalog.principal_store import forget_securable
from sandbox.sqlserver.engine.catalog.schema import Table
from sandbox.sqlserver.engine.catalog.store import touch
from sandbox.sqlserver.engine.change_tracking.log import drop_log
from sandbox.sqlserver.engine.change_tracking.tables import truncate_log
from sandbox.sqlserver.engine.ddl import physical
from sandbox.sqlserver.engine.ddl.computed import settle
from sandbox.sqlserver.engine.ddl.definitions import (
    ColumnDefinition,
    Definitions,
    add_check,
    add_columns,
    add_index,
    add_key,
    add_object,
    expression_text,
    next_index_id,
    read_definitions,
)
from sandbox.sqlserver.engine.ddl.schemas import find_schema
from sandbox.sqlserver.engine.ddl.work import Work
from sandbox.sqlserver.engine.errors import invalid_object, unsupported
from sandbox.sqlserver.engine.parser.definition_statements import (
    CreateIndex,
    CreateTable,
    CreateTableOf,
    DropIndex,
    DropTable,
    TruncateTable,
)


def create_table(work: Work, statement: CreateTable) -> None:
    """CREATE TABLE. Raises 2714, 2760, 1750 and what definitions raise."""
    _create(work, statement.name, read_definitions(tuple(statement.definitions)))


def create_table_of(work: Work, statement: CreateTableOf) -> None:
    """The table of SELECT ... INTO. Raises 1038 for a column without a name, and what CREATE TABLE raises."""
    columns = []
    for column in statement.columns:
        if not column.name:
            text = "An object or column name is missing or empty. For SELECT INTO statements, verify each column has a "
            raise SqlError(1038, f"{text}name.", severity=15, state=5)
        if column.identity:
            raise unsupported("SELECT ... INTO of an identity column")
        columns.append(ColumnDefinition(name=column.name, type=column.type, nullable=column.nullable))
    _create(work, statement.name, Definitions(columns=columns))


def _create(work: Work, parts: tuple[str, ...], definitions: Definitions) -> None:
    schema, name = work.table_name(parts)
    schema = find_schema(work.connection.raw, schema)
    if name.startswith("#"):
        raise unsupported("temporary tables")
    raw = work.connection.raw
    primary = {column for key in definitions.keys if key.kind == "PK" for column, _ in key.columns}
    for column in definitions.columns:
        column.nullable = column.nullable and column.name.lower() not in {key.lower() for key in primary}
    settle(work, schema, name, definitions.columns)
    table_id = add_object(raw, schema, name, "U")
    add_columns(raw, table_id, name, definitions.columns, 1)
    for key in definitions.keys:
        add_key(raw, table_id, name, key)
    for check in definitions.checks:
        add_check(raw, table_id, name, check)
    touch(raw)
    catalog = work.catalog()
    table = catalog.by_id(table_id)
    if table is not None:
        physical.create(work.connection, catalog, table)


def drop_table(work: Work, statement: DropTable) -> None:
    """DROP TABLE. Raises 3701 for a table that does not exist."""
    for parts in statement.names:
        table = work.catalog().find(*work.table_name(parts))
        if table is None:
            if statement.if_exists:
                continue
            text = (
                f"Cannot drop the table '{'.'.join(parts)}', because it does not exist or you do not have permission."
            )
            raise SqlError(3701, text, severity=11, state=5)
        _drop(work, table)


def _drop(work: Work, table: Table) -> None:
    raw = work.connection.raw
    drop_log(raw, table)
    raw.execute(f"DROP TABLE {table.physical}")
    work.connection.touched.schema(table.object_id, is_altered=True)
    for kind in ("columns", "defaults", "computed", "checks", "indexes", "index_columns", "identity", "tracking"):
        raw.execute(f"DELETE FROM _{kind} WHERE table_id = ?", (table.object_id,))
    raw.execute("DELETE FROM _objects WHERE object_id = ? OR parent_id = ?", (table.object_id, table.object_id))
    forget_securable(raw, Level.OBJECT, table.object_id)
    touch(raw)


def truncate_table(work: Work, statement: TruncateTable) -> None:
    """TRUNCATE TABLE: the change log is emptied too, and no version is drawn. Raises 4701."""
    table = work.catalog().find(*work.table_name(statement.name))
    if table is None:
        text = (
            f'Cannot find the object "{statement.name[-1]}" because it does not exist or you do not have permissions.'
        )
        raise SqlError(4701, text)
    log = work.connection.log
    log.enabled = False
    try:
        work.connection.run(f"DELETE FROM {table.physical}")
    finally:
        log.enabled = True
    work.connection.touched.schema(table.object_id, is_altered=False)
    if table.identity is not None and table.identity.identity is not None:
        seed, increment = table.identity.identity
        work.connection.raw.execute(
            "UPDATE _identity SET last = ? WHERE table_id = ?", (seed - increment, table.object_id)
        )
        work.database.reset_identity(table.object_id)
    if table.tracking is not None:
        truncate_log(work.connection.raw, table)


def create_index(work: Work, statement: CreateIndex) -> None:
    """CREATE INDEX. Raises 1088 for an unknown table, 1913 for a name in use, 1505 for rows that are duplicates."""
    table = work.find_table(statement.table, error=_cannot_find)
    if any(index.name.lower() == statement.name.lower() for index in table.indexes):
        text = f"The operation failed because an index or statistics with name '{statement.name}' already exists on "
        raise SqlError(1913, f"{text}table '{table.full_name}'.")
    raw = work.connection.raw
    index_id = next_index_id(raw, table.object_id)
    condition = expression_text(statement.condition) if statement.condition is not None else None
    add_index(
        raw,
        table.object_id,
        index_id,
        statement.name,
        kind="UI" if statement.unique else "IX",
        columns=tuple(statement.columns),
        included=tuple(statement.included),
        condition=condition,
    )
    work.build_index(table.object_id, index_id)


def _cannot_find(name: str) -> SqlError:
    return SqlError(1088, f'Cannot find the object "{name}" because it does not exist or you do not have permissions.')


def drop_index(work: Work, statement: DropIndex) -> None:
    """DROP INDEX. Raises 3701 for an index that does not exist, 3723 for one that belongs to a constraint."""
    table = work.find_table(statement.table, error=invalid_object)
    index = next((index for index in table.indexes if index.name.lower() == statement.name.lower()), None)
    if index is None:
        if statement.if_exists:
            return
        text = f"Cannot drop the index '{table.name}.{statement.name}', because it does not exist or you do not have "
        raise SqlError(3701, f"{text}permission.", severity=11, state=7)
    if index.kind in ("PK", "UQ"):
        text = f"An explicit DROP INDEX is not allowed on index '{table.name}.{index.name}'. It is being used for "
        raise SqlError(3723, f"{text}{'PRIMARY' if index.kind == 'PK' else 'UNIQUE'} KEY constraint enforcement.")
    work.drop_index(table, index)
