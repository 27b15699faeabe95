"""The expressions of an aggregation that this stand-in knows: field paths, constants, and documents of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from sandbox.mongo.errors import unsupported
from sandbox.mongo.paths import Path, parse_path
from sandbox.mongo.values import MISSING, Document, is_operator_document

Expression: TypeAlias = Callable[[Document], Any]
"""The value for a document; MISSING if there is none."""


def compile_expression(spec: Any) -> Expression:
    """An expression from a pipeline. Raises CommandError 115 for what only MongoDB can do."""
    if type(spec) is str and spec.startswith("$$"):
        raise unsupported(f"the variable {spec}")
    if type(spec) is str and spec.startswith("$"):
        path = parse_path(spec[1:])
        return lambda document: _value_at(document, path)
    if is_operator_document(spec):
        return _compile_operator(spec)
    if type(spec) is dict:
        members = {name: compile_expression(member) for name, member in spec.items()}
        return lambda document: _document_of(document, members)
    if type(spec) is list:
        raise unsupported("an array in an expression")
    return lambda _document: spec


def _compile_operator(spec: Document) -> Expression:
    if set(spec) != {"$literal"}:
        raise unsupported(f"the expression {', '.join(spec)}")
    literal = spec["$literal"]
    return lambda _document: literal


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
