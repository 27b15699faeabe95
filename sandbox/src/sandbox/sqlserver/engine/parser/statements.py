"""What a batch is made of. Expressions and queries stay sqlglot nodes; nothing here is changed after parsing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from sqlglot import exp

from sandbox.sqlserver.engine.parser.definition_statements import Definition
from sandbox.sqlserver.engine.parser.rights_statements import RightsStatement
from sandbox.sqlserver.engine.parser.small_statements import Small


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


Simple: TypeAlias = Query | SelectInto | Change | Definition | Small | ExecuteText | ExecuteProcedure | RightsStatement
"""A statement that holds no other statement."""

Statement: TypeAlias = Simple | If | While | Try | Block
