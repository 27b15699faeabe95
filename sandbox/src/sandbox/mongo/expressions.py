"""The expressions that this stand-in knows: field paths, constants, variables, operators, and documents of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from sandbox.mongo.errors import Code, CommandError, unsupported
from sandbox.mongo.expression_operators import OPERATORS
from sandbox.mongo.paths import Path, parse_path
from sandbox.mongo.values import MISSING, Document, is_operator_document

Expression: TypeAlias = Callable[[Document], Any]
"""The value for a document; MISSING if there is none."""


NO_VARIABLES: Final[Mapping[str, Any]] = {}
_ROOT: Final = "$$ROOT"


def compile_expression(spec: Any, variables: Mapping[str, Any] = NO_VARIABLES) -> Expression:
    """An expression from a pipeline, with the values of `variables` (`$$NOW`) where they are named.

    Raises CommandError 15983 or 16020 for a malformed operator, 115 for what only MongoDB can do.
    """
    if type(spec) is str and spec.startswith("$$"):
        return _variable(spec, variables)
    if type(spec) is str and spec.startswith("$"):
        path = parse_path(spec[1:])
        return lambda document: _value_at(document, path)
    if is_operator_document(spec):
        return _compile_operator(spec, variables)
    if type(spec) is dict:
        members = {name: compile_expression(member, variables) for name, member in spec.items()}
        return lambda document: _document_of(document, members)
    if type(spec) is list:
        raise unsupported("an array in an expression")
    return lambda _document: spec


def _variable(name: str, variables: Mapping[str, Any]) -> Expression:
    if name == _ROOT:
        return lambda document: document
    if name not in variables:
        raise unsupported(f"the variable {name} here")
    value = variables[name]
    return lambda _document: value


def _compile_operator(spec: Document, variables: Mapping[str, Any]) -> Expression:
    if len(spec) != 1:
        raise CommandError(
            Code.Location15983, "An object representing an expression must have exactly one field: " + ", ".join(spec)
        )
    ((name, operand),) = spec.items()
    if name == "$literal":
        return lambda _document: operand
    operator = OPERATORS.get(name)
    if operator is None:
        raise unsupported(f"the expression {name}")
    arguments = _arguments(name, operand)
    operator.check(name, len(arguments))
    compiled = [compile_expression(argument, variables) for argument in arguments]
    evaluate = operator.evaluate
    return lambda document: evaluate([argument(document) for argument in compiled])


def _arguments(name: str, operand: Any) -> list[Any]:
    """One argument may stand without brackets; `$cond` may name its three."""
    if name == "$cond" and type(operand) is dict:
        if set(operand) != {"if", "then", "else"}:
            raise CommandError(Code.Location17083, "$cond needs 'if', 'then' and 'else', and nothing else")
        return [operand["if"], operand["then"], operand["else"]]
    return operand if type(operand) is list else [operand]


def _document_of(document: Document, members: dict[str, Expression]) -> Document:
    values = {name: member(document) for name, member in members.items()}
    return {name: value for name, value in values.items() if value is not MISSING}


def _value_at(value: Any, path: Path) -> Any:
    """Unlike in filters, an array on the way becomes an array of what its documents hold."""
    for depth, part in enumerate(path):
        if type(value) is list:
            found = [_value_at(member, path[depth:]) for member in value if type(member) in (dict, list)]
            return [member for member in found if member is not MISSING]
        if type(value) is not dict:
            return MISSING
        value = value.get(part, MISSING)
    return value
