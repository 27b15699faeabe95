"""What a batch is made of. Expressions and queries stay sqlglot nodes; nothing here is changed after parsing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from sqlglot import exp

from sandbox.sqlserver.contract import Column, SqlType
from sandbox.sqlserver.engine.parser.rights_statements import RightsStatement


@dataclass(frozen=True, kw_only=True, slots=True)
class Query:
    """SELECT, with or without WITH; `assigns` when it sets variables instead of returning rows."""

    tree: exp.Expression
    assigns: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class SelectInto:
    """SELECT ... INTO table: first the table is made, then the rows are inserted."""

    table: tuple[str, ...]
    query: Query
    insert: Change


@dataclass(frozen=True, kw_only=True, slots=True)
class Change:
    """INSERT, UPDATE or DELETE, with what sqlglot does not read: TOP and WITH CHANGE_TRACKING_CONTEXT."""

    tree: exp.Expression
    top: exp.Expression | None = None
    context: exp.Expression | None = None


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


@dataclass(frozen=True, kw_only=True, slots=True)
class SetOption:
    """SET NOCOUNT ON and its kin; IDENTITY_INSERT carries the table."""

    option: str
    value: str
    table: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SetIsolation:
    """SET TRANSACTION ISOLATION LEVEL."""

    level: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Declare:
    """DECLARE @a INT = 1, @b ..."""

    variables: Sequence[tuple[str, SqlType, exp.Expression | None]]


@dataclass(frozen=True, kw_only=True, slots=True)
class SetVariable:
    """SET @a = expression."""

    name: str
    value: exp.Expression


@dataclass(frozen=True, kw_only=True, slots=True)
class BeginTransaction:
    """BEGIN TRAN, perhaps with a name."""

    name: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class CommitTransaction:
    """COMMIT."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RollbackTransaction:
    """ROLLBACK, to a savepoint when one is named."""

    savepoint: str | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class SaveTransaction:
    """SAVE TRAN name."""

    savepoint: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Throw:
    """THROW number, text, state."""

    number: exp.Expression
    text: exp.Expression
    state: exp.Expression


@dataclass(frozen=True, kw_only=True, slots=True)
class Rethrow:
    """THROW alone, in a CATCH."""


@dataclass(frozen=True, kw_only=True, slots=True)
class RaiseError:
    """RAISERROR (text, severity, state, arguments ...)."""

    text: exp.Expression
    severity: exp.Expression
    state: exp.Expression
    arguments: Sequence[exp.Expression] = ()


@dataclass(frozen=True, kw_only=True, slots=True)
class WaitFor:
    """WAITFOR DELAY time."""

    delay: exp.Expression


@dataclass(frozen=True, kw_only=True, slots=True)
class Print:
    """PRINT expression."""

    text: exp.Expression


@dataclass(frozen=True, kw_only=True, slots=True)
class Use:
    """USE database."""

    database: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Return:
    """RETURN: the batch ends."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Break:
    """BREAK: the innermost WHILE ends."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Continue:
    """CONTINUE: the innermost WHILE goes on with its condition."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ExecuteText:
    """EXEC (N'literal text')."""

    text: exp.Expression


@dataclass(frozen=True, kw_only=True, slots=True)
class ExecuteProcedure:
    """EXEC procedure [@name =] value, ..."""

    name: str
    arguments: Sequence[tuple[str, exp.Expression]]


@dataclass(frozen=True, kw_only=True, slots=True)
class If:
    """IF condition statement [ELSE statement]."""

    condition: exp.Expression
    then: Statement
    otherwise: Statement | None = None


@dataclass(frozen=True, kw_only=True, slots=True)
class While:
    """WHILE condition statement."""

    condition: exp.Expression
    body: Statement


@dataclass(frozen=True, kw_only=True, slots=True)
class Try:
    """BEGIN TRY ... END TRY BEGIN CATCH ... END CATCH."""

    body: Block
    handler: Block


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    """BEGIN ... END, and the batch itself."""

    statements: Sequence[Statement] = field(default_factory=tuple)


Simple: TypeAlias = (
    Query
    | SelectInto
    | Change
    | CreateTableOf
    | CreateTable
    | CreateIndex
    | DropIndex
    | DropTable
    | TruncateTable
    | AddToTable
    | AlterColumn
    | DropFromTable
    | TrackTable
    | TrackDatabase
    | SetDatabaseOption
    | CreateDatabase
    | CreateSchema
    | DropSchema
    | SetOption
    | SetIsolation
    | Declare
    | SetVariable
    | BeginTransaction
    | CommitTransaction
    | RollbackTransaction
    | SaveTransaction
    | Throw
    | Rethrow
    | RaiseError
    | WaitFor
    | Print
    | Use
    | Return
    | Break
    | Continue
    | ExecuteText
    | ExecuteProcedure
    | RightsStatement
)
"""A statement that holds no other statement."""

Statement: TypeAlias = Simple | If | While | Try | Block
