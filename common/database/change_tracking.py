"""Change tracking as SQLAlchemy constructs: CHANGETABLE and the functions around it, compiled for SQL Server.

Semantics: Microsoft, "CHANGETABLE (Transact-SQL)" and "Work with change tracking". The ALTERs that switch it on are in
`change_tracking_ddl`.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.selectable import FromClause, Join
from sqlalchemy.sql.visitors import InternalTraversal


class _ChangesArgument(ColumnElement[Any]):
    """`CHANGES table, version`: what stands in CHANGETABLE's parentheses."""

    _traverse_internals = [  # noqa: RUF012 - SQLAlchemy's own form: it makes the cache key
        ("table", InternalTraversal.dp_clauseelement),
        ("since", InternalTraversal.dp_clauseelement),
    ]

    def __init__(self, table: FromClause, since: ColumnElement[Any]) -> None:
        self.table = table
        self.since = since


class _VersionArgument(ColumnElement[Any]):
    """`VERSION table, (key columns), (their values)`; the values are those of the table's alias, if it has one."""

    _traverse_internals = [  # noqa: RUF012
        ("table", InternalTraversal.dp_clauseelement),
        ("values", InternalTraversal.dp_clauseelement_tuple),
    ]

    def __init__(self, table: FromClause) -> None:
        self.table = table.element if isinstance(table, sa.Alias) else table
        self.values = tuple(table.primary_key)


class _ObjectName(ColumnElement[str]):
    """`N'[schema].[table]'`: a name with its quotes, as a text."""

    type = sa.Unicode()
    _traverse_internals = [  # noqa: RUF012
        ("schema", InternalTraversal.dp_string),
        ("table", InternalTraversal.dp_string),
    ]

    def __init__(self, schema: str, table: str) -> None:
        self.schema = schema
        self.table = table


class _OuterApply(Join):
    """`left OUTER APPLY right`: the right side may refer to the left one's columns."""

    inherit_cache = True

    def __init__(self, left: FromClause, right: FromClause) -> None:
        super().__init__(left, right, onclause=sa.true())


@compiles(_ChangesArgument, "mssql")
def _compile_changes(element: _ChangesArgument, compiler: Any, **options: Any) -> str:
    table = compiler.preparer.format_table(element.table)
    return f"CHANGES {table}, {compiler.process(element.since, **options)}"


@compiles(_VersionArgument, "mssql")
def _compile_version(element: _VersionArgument, compiler: Any, **options: Any) -> str:
    table = compiler.preparer.format_table(element.table)
    names = ", ".join(compiler.preparer.format_column(column) for column in element.values)
    values = ", ".join(compiler.process(column, **options) for column in element.values)
    return f"VERSION {table}, ({names}), ({values})"


@compiles(_ObjectName, "mssql")
def _compile_object_name(element: _ObjectName, compiler: Any, **_: Any) -> str:
    quote = compiler.preparer.quote_identifier
    name = f"{quote(element.schema)}.{quote(element.table)}"
    return str(compiler.render_literal_value(name, element.type))


@compiles(_OuterApply, "mssql")
def _compile_outer_apply(join: _OuterApply, compiler: Any, **options: Any) -> str:
    options.pop("asfrom", None)
    left = compiler.process(join.left, asfrom=True, **options)
    right = compiler.process(join.right, asfrom=True, **options)
    return f"{left} OUTER APPLY {right}"


def changes(table: FromClause, since: ColumnElement[Any] | int | None, name: str = "ct") -> sa.TableValuedAlias:
    """`CHANGETABLE(CHANGES table, since) AS name`: at most one row a key, changed above `since`.

    Columns: SYS_CHANGE_VERSION, SYS_CHANGE_CREATION_VERSION, SYS_CHANGE_OPERATION, SYS_CHANGE_COLUMNS,
    SYS_CHANGE_CONTEXT and the table's primary key. `since` is a change version; None: all tracked changes. SQL Server
    takes a constant or a parameter there, no expression (102).
    """
    version = since if isinstance(since, ColumnElement) else sa.literal(since, sa.BigInteger)
    columns: list[sa.ColumnClause[Any]] = [
        sa.column("SYS_CHANGE_VERSION", sa.BigInteger),
        sa.column("SYS_CHANGE_CREATION_VERSION", sa.BigInteger),
        sa.column("SYS_CHANGE_OPERATION", sa.Unicode(1)),
        sa.column("SYS_CHANGE_COLUMNS", sa.LargeBinary),
        sa.column("SYS_CHANGE_CONTEXT", sa.LargeBinary),
    ]
    return sa.func.CHANGETABLE(_ChangesArgument(table, version)).table_valued(*columns, *_key_columns(table), name=name)


def version_of(table: FromClause, name: str = "cv") -> sa.TableValuedAlias:
    """`CHANGETABLE(VERSION table, (key), (table.key)) AS name`: the last version of each row of the table.

    Use it on the right of `outer_apply(table, ...)`. Columns: SYS_CHANGE_VERSION, SYS_CHANGE_CONTEXT and the table's
    primary key. SYS_CHANGE_VERSION is NULL for rows unchanged since tracking began, or whose change was cleaned up.
    """
    columns: list[sa.ColumnClause[Any]] = [
        sa.column("SYS_CHANGE_VERSION", sa.BigInteger),
        sa.column("SYS_CHANGE_CONTEXT", sa.LargeBinary),
    ]
    function = sa.func.CHANGETABLE(_VersionArgument(table))
    # It is joined to the table by its arguments, which SQLAlchemy's search for cartesian products cannot see.
    return function.table_valued(*columns, *_key_columns(table), name=name, joins_implicitly=True)


def outer_apply(left: FromClause, right: FromClause) -> FromClause:
    """`left OUTER APPLY right`, for select_from."""
    return _OuterApply(left, right)


def current_version() -> ColumnElement[int]:
    """`CHANGE_TRACKING_CURRENT_VERSION()`; NULL when change tracking is off for the database."""
    return sa.func.CHANGE_TRACKING_CURRENT_VERSION(type_=sa.BigInteger)


def min_valid_version(object_id: ColumnElement[Any]) -> ColumnElement[int]:
    """`CHANGE_TRACKING_MIN_VALID_VERSION(object_id)`; NULL: not tracked, no such object, or no permission."""
    return sa.func.CHANGE_TRACKING_MIN_VALID_VERSION(object_id, type_=sa.BigInteger)


def object_id(schema: str, table: str) -> ColumnElement[int]:
    """`OBJECT_ID(N'[schema].[table]')`; NULL: no such table, or no right to see it."""
    return sa.func.OBJECT_ID(_ObjectName(schema, table), type_=sa.Integer)


def is_column_in_mask(table: sa.Table, column: str, mask: ColumnElement[Any]) -> ColumnElement[int]:
    """`CHANGE_TRACKING_IS_COLUMN_IN_MASK(column's id, mask)`: 1 when the column stood in a SET list, else 0.

    A NULL mask holds every column. A table without a schema is taken for dbo's.
    """
    column_id = sa.func.COLUMNPROPERTY(
        object_id(table.schema or "dbo", table.name),
        sa.literal(column, sa.Unicode),
        sa.literal("ColumnId", sa.Unicode),
        type_=sa.Integer,
    )
    return sa.func.CHANGE_TRACKING_IS_COLUMN_IN_MASK(column_id, mask, type_=sa.Integer)


def _key_columns(table: FromClause) -> list[sa.ColumnClause[Any]]:
    return [sa.column(column.name, column.type) for column in table.primary_key]
