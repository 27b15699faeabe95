"""What the catalog knows, as values. A Catalog is one moment of it and never changes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.sqlserver.contract import SqlType
from sandbox.sqlserver.engine.catalog.principals import Principals

NOT_NULL = "NOT NULL of "
"""How the name of the check begins that keeps a computed column from being NULL; the column's name follows."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Default:
    """A DEFAULT constraint."""

    object_id: int
    name: str
    text: str
    """The T-SQL expression."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Computed:
    """What a computed column is made of."""

    text: str
    """The T-SQL expression."""
    persisted: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class TableColumn:
    """A column of a user table; `identity` is (seed, increment)."""

    column_id: int
    name: str
    type: SqlType
    nullable: bool
    identity: tuple[int, int] | None = None
    default: Default | None = None
    computed: Computed | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class Index:
    """A key or an index. `kind` is PK, UQ (unique constraint), UI (unique index) or IX."""

    index_id: int
    name: str
    kind: str
    columns: tuple[str, ...]
    descending: tuple[bool, ...]
    included: tuple[str, ...] = ()
    condition: str | None = None

    @property
    def unique(self) -> bool:
        """Whether it refuses duplicates."""
        return self.kind != "IX"


@dataclass(frozen=True, kw_only=True, slots=True)
class Check:
    """A CHECK constraint."""

    object_id: int
    name: str
    text: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Tracking:
    """That a table is tracked."""

    columns_updated: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Table:
    """A user table."""

    object_id: int
    schema: str
    name: str
    columns: tuple[TableColumn, ...]
    indexes: tuple[Index, ...] = ()
    checks: tuple[Check, ...] = ()
    tracking: Tracking | None = None

    @property
    def physical(self) -> str:
        """Its quoted name in SQLite."""
        return quote(f"{self.schema}.{self.name}")

    @property
    def full_name(self) -> str:
        """For messages: `dbo.T`."""
        return f"{self.schema}.{self.name}"

    @property
    def log(self) -> str:
        """The quoted name of its change log in SQLite."""
        return quote(f"changes.{self.object_id}")

    @property
    def stored(self) -> tuple[TableColumn, ...]:
        """The columns that SQLite keeps: all but the computed ones."""
        return tuple(column for column in self.columns if column.computed is None)

    @property
    def primary_key(self) -> Index | None:
        """The primary key, if there is one."""
        return next((index for index in self.indexes if index.kind == "PK"), None)

    @property
    def key_columns(self) -> tuple[TableColumn, ...]:
        """The primary key's columns in key order; none without a primary key."""
        key = self.primary_key
        return tuple(self.column(name) for name in key.columns) if key is not None else ()

    @property
    def identity(self) -> TableColumn | None:
        """The identity column, if there is one."""
        return next((column for column in self.columns if column.identity is not None), None)

    def find(self, name: str) -> TableColumn | None:
        """The column of that name, whatever its case."""
        wanted = name.lower()
        return next((column for column in self.columns if column.name.lower() == wanted), None)

    def column(self, name: str) -> TableColumn:
        """The column of that name, which must exist."""
        column = self.find(name)
        if column is None:
            raise KeyError(name)
        return column


@dataclass(frozen=True, kw_only=True, slots=True)
class DatabaseSettings:
    """What ALTER DATABASE sets."""

    tracking: bool = False
    retention: int = 2
    retention_unit: str = "DAYS"
    auto_cleanup: bool = True
    snapshot_allowed: bool = False
    read_committed_snapshot: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Catalog:
    """One moment of a database's catalog; `token` names it and is never used again."""

    database: str
    token: int
    tables: Mapping[str, Table]
    """By `schema.name` in lower case."""
    settings: DatabaseSettings
    principals: Principals

    def find(self, schema: str, name: str) -> Table | None:
        """The table, whatever the case of its name."""
        return self.tables.get(f"{schema}.{name}".lower())

    def by_id(self, object_id: int) -> Table | None:
        """The table of that object id."""
        return next((table for table in self.tables.values() if table.object_id == object_id), None)


def quote(name: str) -> str:
    """A name as SQLite takes it, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'
