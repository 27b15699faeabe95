"""Which columns an expression can see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.catalog.schema import Table
from sandbox.sqlserver.engine.errors import ambiguous_column, invalid_column, unbound_identifier, unsupported
from sandbox.sqlserver.engine.translate.plan import Value


@dataclass(frozen=True, kw_only=True, slots=True)
class RowNumber:
    """By which SQLite knows the row of a table that a source shows with its key."""

    table: Table
    sql: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Source:
    """One thing in a FROM clause: what it is called and the columns that it offers, by name."""

    name: str
    schema: str = ""
    """Set when the source is a table without an alias: then `dbo.T.column` names it too."""
    columns: tuple[Value, ...]
    is_partial: bool = False
    """Whether SQL Server offers more columns than the stand-in does."""
    row: RowNumber | None = None
    """None where there is none, or the key goes by other names."""

    def find(self, name: str) -> Value | None:
        """The column of that name, whatever its case."""
        wanted = name.lower()
        return next((column for column in self.columns if column.name.lower() == wanted), None)

    def answers_to(self, table: str, schema: str) -> bool:
        """Whether `schema.table` (the schema may be empty) means this source."""
        if self.name.lower() != table.lower():
            return False
        return not schema or schema.lower() == self.schema.lower()

    def outer_joined(self) -> Source:
        """The same source on the side of an outer join that may be missing."""
        columns = tuple(replace(column, nullable=True, identity=False) for column in self.columns)
        return replace(self, columns=columns)


@dataclass(kw_only=True)
class Grouping:
    """What GROUP BY allows outside aggregates: the SQL of the grouped expressions."""

    expressions: frozenset[str]
    columns: frozenset[str]
    inside_aggregate: bool = False

    def check(self, value: Value) -> None:
        """Raises 8120 for a column that is neither grouped nor inside an aggregate."""
        if self.inside_aggregate or value.sql in self.columns:
            return
        text = (
            f"Column '{value.name}' is invalid in the select list because it is not contained in either an "
            "aggregate function or the GROUP BY clause."
        )
        raise SqlError(8120, text)


@dataclass(kw_only=True)
class Scope:
    """The sources of one query, and the query around it."""

    sources: list[Source] = field(default_factory=list)
    parent: Scope | None = None
    grouping: Grouping | None = None
    is_change: bool = False
    """Whether it is an UPDATE's or DELETE's, whose tables are read as they are committed."""
    checks: list[str] = field(default_factory=list)
    """SQL that asks of a row whether it is locked; each is 1."""
    over: str | None = None
    """The window of the aggregate that is being translated."""

    def column(self, name: str, table: str = "", schema: str = "") -> Value:
        """The column, here or further out. Raises 207, 209 or 4104."""
        found = list(self._matches(name, table, schema))
        if len(found) > 1:
            raise ambiguous_column(name)
        if found:
            if self.grouping is not None:
                self.grouping.check(found[0])
            return found[0]
        self._refuse_unknown(name, table, schema)
        if table and any(source.answers_to(table, schema) for source in self.sources):
            raise invalid_column(name)
        if self.parent is not None:
            return self.parent.column(name, table, schema)
        if table:
            raise unbound_identifier(".".join(part for part in (schema, table, name) if part))
        raise invalid_column(name)

    def _refuse_unknown(self, name: str, table: str, schema: str) -> None:
        """Raises 40000 where a view of the server's may well have this column."""
        for source in self.sources:
            if source.is_partial and (not table or source.answers_to(table, schema)):
                raise unsupported(f"the column {name} of {source.name}")

    def star(self, table: str = "") -> tuple[Value, ...]:
        """The columns that `*` or `table.*` means. Raises 107 for an unknown prefix."""
        chosen = [source for source in self.sources if not table or source.answers_to(table, "")]
        if not chosen:
            text = f"The column prefix '{table}' does not match with a table name or alias name used in the query."
            raise SqlError(107, text)
        columns = tuple(column for source in chosen for column in source.columns)
        if self.grouping is not None:
            for column in columns:
                self.grouping.check(column)
        return columns

    def _matches(self, name: str, table: str, schema: str) -> Iterable[Value]:
        for source in self.sources:
            if table and not source.answers_to(table, schema):
                continue
            column = source.find(name)
            if column is not None:
                yield column
