"""Statements that define what is in a database, and the database itself. Rights: `rights_statements`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlglot import exp

from sandbox.sqlserver.contract import Column, SqlType


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateTable:
    """CREATE TABLE name (definitions)."""

    name: tuple[str, ...]
    definitions: Sequence[exp.Expression]


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateTableOf:
    """The table that SELECT ... INTO makes."""

    name: tuple[str, ...]
    columns: Sequence[Column]


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateIndex:
    """CREATE [UNIQUE] INDEX."""

    name: str
    table: tuple[str, ...]
    columns: Sequence[tuple[str, bool]]
    """(column, descending)."""
    unique: bool
    included: Sequence[str] = ()
    condition: exp.Expression | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class DropIndex:
    """DROP INDEX name ON table."""

    name: str
    table: tuple[str, ...]
    if_exists: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class DropTable:
    """DROP TABLE [IF EXISTS] a, b."""

    names: Sequence[tuple[str, ...]]
    if_exists: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Rename:
    """sp_rename of a table, or of a column, whose name is the last part."""

    name: tuple[str, ...]
    new_name: str
    is_column: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class TruncateTable:
    """TRUNCATE TABLE."""

    name: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class AddToTable:
    """ALTER TABLE ... ADD columns and constraints."""

    table: tuple[str, ...]
    definitions: Sequence[exp.Expression]


@dataclass(frozen=True, kw_only=True, slots=True)
class AlterColumn:
    """ALTER TABLE ... ALTER COLUMN with a new type and nullability."""

    table: tuple[str, ...]
    column: str
    type: SqlType
    nullable: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class DropFromTable:
    """ALTER TABLE ... DROP COLUMN or DROP CONSTRAINT."""

    table: tuple[str, ...]
    kind: str
    """`COLUMN` or `CONSTRAINT`."""
    names: Sequence[str]
    if_exists: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class TrackTable:
    """ALTER TABLE ... ENABLE or DISABLE CHANGE_TRACKING."""

    table: tuple[str, ...]
    enable: bool
    columns_updated: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class TrackDatabase:
    """ALTER DATABASE ... SET CHANGE_TRACKING; `state` None changes options only."""

    database: str | None
    state: bool | None
    retention: tuple[int, str] | None = None
    auto_cleanup: bool | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SetDatabaseOption:
    """ALTER DATABASE ... SET ALLOW_SNAPSHOT_ISOLATION or READ_COMMITTED_SNAPSHOT."""

    database: str | None
    option: str
    on: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateSchema:
    """CREATE SCHEMA name, with no owner but dbo and no elements."""

    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class DropSchema:
    """DROP SCHEMA [IF EXISTS] name."""

    name: str
    if_exists: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class CreateDatabase:
    """CREATE DATABASE name, with no options."""

    name: str


Definition: TypeAlias = (
    CreateTable
    | CreateTableOf
    | CreateIndex
    | DropIndex
    | DropTable
    | Rename
    | TruncateTable
    | AddToTable
    | AlterColumn
    | DropFromTable
    | TrackTable
    | TrackDatabase
    | SetDatabaseOption
    | CreateSchema
    | DropSchema
    | CreateDatabase
)
