"""What a catalog view is: a query over the catalog's own tables, so that it is as transactional as those."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sandbox.sqlserver.contract import SqlType
from sandbox.sqlserver.engine.translate.context import Context
from sandbox.sqlserver.engine.translate.plan import Value
from sandbox.sqlserver.engine.translate.scope import Source


@dataclass(frozen=True, kw_only=True, slots=True)
class ViewColumn:
    """A column of a catalog view and the SQL that gives it."""

    name: str
    type: SqlType
    sql: str
    nullable: bool = True


@dataclass(frozen=True, kw_only=True, slots=True)
class View:
    """A catalog view: columns over SQL for FROM (with a WHERE, if need be)."""

    schema: str
    name: str
    columns: tuple[ViewColumn, ...]
    origin: str | Callable[[Context], str]
    permission: str = ""
    """The permission on the database that it asks for, if any."""

    def select(self, context: Context) -> str:
        """The query, for use as a derived table."""
        listed = ", ".join(f"{column.sql} AS c{place}" for place, column in enumerate(self.columns))
        origin = self.origin if isinstance(self.origin, str) else self.origin(context)
        return f"SELECT {listed}{' FROM ' if origin else ''}{origin}"

    def source(self, alias: str, name: str) -> Source:
        """The view as a source called `name` (or by its own name)."""
        columns = tuple(
            Value(sql=f"{alias}.c{place}", type=column.type, nullable=column.nullable, name=column.name)
            for place, column in enumerate(self.columns)
        )
        return Source(name=name or self.name, schema="" if name else self.schema, columns=columns, is_partial=True)


def column(name: str, sql_type: SqlType, sql: str = "", *, nullable: bool = True) -> ViewColumn:
    """A view's column; without SQL it is the column of the same name."""
    return ViewColumn(name=name, type=sql_type, sql=sql or name, nullable=nullable)


def seen(table: str, object_id: str = "table_id") -> str:
    """Of one of the catalog's tables about user tables, the rows that the user may know of (metadata visibility)."""
    return f"(SELECT * FROM {table} WHERE tsql_sees({object_id}))"


def seen_objects() -> str:
    """The same of `_objects`: a constraint is seen by whoever sees its table."""
    return seen("_objects", "iif(parent_id = 0, object_id, parent_id)")


def by_name(*views: View) -> dict[str, View]:
    """The views by `schema.name` in lower case."""
    return {f"{view.schema}.{view.name}".lower(): view for view in views}
