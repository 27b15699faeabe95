"""A statement and all that it holds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sandbox.sqlserver.engine.parser.statements import (
    Block,
    If,
    Statement,
    Try,
    While,
)


def all_statements(statement: Statement) -> Iterator[Statement]:
    """The statement itself first, then what stands inside it, in the order of the text."""
    yield statement
    for inner in _inner(statement):
        yield from all_statements(inner)


def _inner(statement: Statement) -> Sequence[Statement]:
    if isinstance(statement, Block):
        return statement.statements
    if isinstance(statement, If):
        return (statement.then,) if statement.otherwise is None else (statement.then, statement.otherwise)
    if isinstance(statement, While):
        return (statement.body,)
    if isinstance(statement, Try):
        return (statement.body, statement.handler)
    return ()
