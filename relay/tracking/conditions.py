"""Questions to SQL Server's catalog, asked from here or by the printed script itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.schema import ExecutableDDLElement

from common.database import change_tracking as ct
from common.database.mssql.sys_catalog import (
    CHANGE_TRACKING_TABLES,
    COLUMNS,
    DATABASES,
    INDEX_COLUMNS,
    INDEXES,
    KEY_CONSTRAINTS,
    SCHEMAS,
    TABLES,
    TYPES,
)

_SNAPSHOT_STATES = (1, 3)
"""sys.databases.snapshot_isolation_state: ON, and on its way to ON."""


@dataclass(frozen=True, kw_only=True)
class Condition:
    """Whether a query finds a row (or, not `present`, finds none)."""

    query: sa.Select[Any]
    present: bool = True

    def holds(self, connection: Connection) -> bool:
        """Ask now."""
        return (connection.execute(self.query).first() is not None) == self.present

    def __invert__(self) -> Condition:
        return Condition(query=self.query, present=not self.present)

    def __and__(self, other: Condition) -> Condition:
        if not self.present:
            raise ValueError("the first of two conditions must be one that finds a row")
        exists = other.query.exists()
        return Condition(query=self.query.where(exists if other.present else ~exists))


class If(ExecutableDDLElement):
    """`IF [NOT] EXISTS (query) statement`.

    One statement, not a block: the driver reports an error of the first one only.
    """

    def __init__(self, condition: Condition, statement: sa.ClauseElement) -> None:
        self.condition = condition
        self.statement = statement


@compiles(If, "mssql")
def _compile_if(element: If, compiler: Any, **_: Any) -> str:
    query = _as_text(element.condition.query, compiler.dialect)
    exists = "EXISTS" if element.condition.present else "NOT EXISTS"
    return f"IF {exists} (\n{query}\n)\n{_as_text(element.statement, compiler.dialect)}"


def _as_text(element: sa.ClauseElement, dialect: sa.Dialect) -> str:
    """T-SQL without parameters, which a statement under IF could have online but not in a script."""
    options = {} if isinstance(element, ExecutableDDLElement) else {"compile_kwargs": {"literal_binds": True}}
    return str(element.compile(dialect=dialect, **options)).strip()  # type: ignore[arg-type]


def snapshot_isolation_is_allowed() -> Condition:
    """Snapshot isolation is on, or on its way to it."""
    # guard: database-by-name-before-upgrade
    # Not by DB_ID(), which may be another number in Azure SQL Database (Microsoft, "DB_ID").
    ours = DATABASES.c.name == sa.func.DB_NAME()
    return Condition(query=_one().where(ours, DATABASES.c.snapshot_isolation_state.in_(_SNAPSHOT_STATES)))


def database_is_tracked() -> Condition:
    """Change tracking is on for the database."""
    # Microsoft, "CHANGE_TRACKING_CURRENT_VERSION": NULL where it is off.
    return Condition(query=_one().where(ct.current_version().is_not(None)))


def some_table_is_tracked() -> Condition:
    """Change tracking is on for at least one table, whoever switched it on."""
    return Condition(query=_one().select_from(CHANGE_TRACKING_TABLES))


def table_is_there(schema: str, table: str) -> Condition:
    """There is a table (not a view) of that name, and this login may see it."""
    return Condition(query=_one().where(TABLES.c.object_id == ct.object_id(schema, table)))


def table_lacks_primary_key(schema: str, table: str) -> Condition:
    """The table is there and has no primary key."""
    key = sa.exists().where(
        KEY_CONSTRAINTS.c.parent_object_id == ct.object_id(schema, table), KEY_CONSTRAINTS.c.type == "PK"
    )
    return Condition(query=table_is_there(schema, table).query.where(~key))


def table_lacks_column(schema: str, table: str, column: str) -> Condition:
    """The table is there and has no column of that name."""
    found = sa.exists().where(COLUMNS.c.object_id == ct.object_id(schema, table), COLUMNS.c.name == column)
    return Condition(query=table_is_there(schema, table).query.where(~found))


def table_has_key_of_other_types(schema: str, table: str, types: Collection[str]) -> Condition:
    """The table is there, and a column of its primary key is of none of these types."""
    ours = [INDEXES.c.object_id == ct.object_id(schema, table), INDEXES.c.is_primary_key == sa.literal_column("1")]
    same_index = [INDEX_COLUMNS.c[name] == INDEXES.c[name] for name in ("object_id", "index_id")]
    same_column = [COLUMNS.c[name] == INDEX_COLUMNS.c[name] for name in ("object_id", "column_id")]
    keys = (
        INDEXES.join(INDEX_COLUMNS, sa.and_(*same_index))
        .join(COLUMNS, sa.and_(*same_column))
        .outerjoin(TYPES, TYPES.c.user_type_id == COLUMNS.c.system_type_id)
    )
    other = sa.or_(TYPES.c.name.is_(None), TYPES.c.name.not_in(sorted(types)))
    return Condition(query=_one().select_from(keys).where(*ours, other))


def column_is_computed(schema: str, table: str, column: str) -> Condition:
    """The table has that column, and it is a computed one."""
    ours = (COLUMNS.c.object_id == ct.object_id(schema, table), COLUMNS.c.name == column)
    return Condition(query=_one().where(*ours, COLUMNS.c.is_computed == sa.literal_column("1")))


def table_is_tracked(schema: str, table: str) -> Condition:
    """Change tracking is on for the table, with or without its columns."""
    return Condition(query=_one().where(CHANGE_TRACKING_TABLES.c.object_id == ct.object_id(schema, table)))


def table_is_tracked_without_columns(schema: str, table: str) -> Condition:
    """Change tracking is on for the table, but does not note which columns an UPDATE named."""
    query = table_is_tracked(schema, table).query
    return Condition(query=query.where(CHANGE_TRACKING_TABLES.c.is_track_columns_updated_on == sa.literal_column("0")))


def tracked_tables() -> sa.Select[tuple[str, str]]:
    """(schema, table) of every tracked table."""
    return (
        sa.select(SCHEMAS.c.name.label("schema_name"), TABLES.c.name.label("table_name"))
        .select_from(CHANGE_TRACKING_TABLES)
        .join(TABLES, TABLES.c.object_id == CHANGE_TRACKING_TABLES.c.object_id)
        .join(SCHEMAS, SCHEMAS.c.schema_id == TABLES.c.schema_id)
    )


def _one() -> sa.Select[Any]:
    return sa.select(sa.literal_column("1").label("found"))
