"""What a function's translation looks like, and the checks that all of them need."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from sqlglot import exp

from sandbox.sqlserver.contract import SqlError, SqlType
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.translate.plan import Value
from sandbox.sqlserver.engine.translate.scope import Scope
from sandbox.sqlserver.engine.translate.translator import Translator
from sandbox.sqlserver.engine.types import nvarchar

Function: TypeAlias = Callable[[Translator, list[exp.Expression], Scope], Value]


def check_count(name: str, arguments: list[exp.Expression], count: int) -> None:
    """Raises 174 when there are more or fewer arguments."""
    if len(arguments) != count:
        raise SqlError(174, f"The {name.lower()} function requires {count} argument(s).", severity=15)


def as_type(translator: Translator, node: exp.Expression, scope: Scope, target: SqlType) -> Value:
    """An argument, implicitly converted."""
    return translator.coerce(translator.value(node, scope), target)


def as_text(translator: Translator, node: exp.Expression, scope: Scope) -> Value:
    """An argument as text, with the length that it has."""
    value = translator.value(node, scope)
    if value.type.name in ("nvarchar", "nchar", "varchar", "char"):
        return value
    return translator.coerce(value, nvarchar(4000))


def literal_text(node: exp.Expression, name: str) -> str:
    """An argument that must be a literal or a bare word, such as a date part."""
    if isinstance(node, (exp.National, exp.Literal)):
        return str(node.this)
    if isinstance(node, exp.Column) and not node.table:
        return node.name
    raise unsupported(f"{name} with an argument that is no literal")
