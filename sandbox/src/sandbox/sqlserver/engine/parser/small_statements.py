"""Statements that touch no data and hold no other one: variables, transactions, messages, options, ways out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from sqlglot import exp

from sandbox.sqlserver.contract import SqlType


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


Small: TypeAlias = (
    SetOption
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
)
