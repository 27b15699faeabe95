"""What a function's translation looks like, the kinds that need less than all of it, and the checks of arguments."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from sqlglot import exp

from sandbox.sqlserver.contract import SqlError, SqlType
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.translate.plan import Value
from sandbox.sqlserver.engine.translate.scope import Scope
from sandbox.sqlserver.engine.translate.translator import Translator
from sandbox.sqlserver.engine.values.types import nvarchar

Function: TypeAlias = Callable[[Translator, list[exp.Expression], Scope], Value]
Check: TypeAlias = Callable[[list[exp.Expression]], None]
"""Raises SqlError for arguments that the function does not take."""


def no_arguments(name: str) -> Check:
    """The check of a function that takes none: 174."""
    return lambda arguments: check_count(name, arguments, 0)


def fixed(name: str, value: Value) -> Function:
    """A function without arguments that is the same SQL wherever it stands."""

    def translate(_translator: Translator, arguments: list[exp.Expression], _scope: Scope) -> Value:
        check_count(name, arguments, 0)
        return value

    return translate


def fact(check: Check, name: str, sql_type: SqlType, *, nullable: bool = True) -> Function:
    """A function that gives what only the session knows when the statement runs, such as `$login`."""

    def translate(translator: Translator, arguments: list[exp.Expression], _scope: Scope) -> Value:
        check(arguments)
        return translator.context.fact(name, sql_type, nullable=nullable)

    return translate


def of_word(name: str, answer: Callable[[str], Value]) -> Function:
    """A function of one argument that is a literal or a bare word: `answer` makes its value of that alone."""

    def translate(_translator: Translator, arguments: list[exp.Expression], _scope: Scope) -> Value:
        check_count(name, arguments, 1)
        return answer(literal_text(arguments[0], name.upper()))

    return translate


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
