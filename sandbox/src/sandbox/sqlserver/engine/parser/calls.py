"""EXEC, and calls of procedures without it."""

from __future__ import annotations

from sqlglot import exp

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.parser.cursor import Cursor, parse_expression
from sandbox.sqlserver.engine.parser.statements import ExecuteProcedure, ExecuteText
from sandbox.sqlserver.engine.parser.words import REFUSED, STARTERS

_ENDS = STARTERS | {";", "END", "ELSE"}


def begins_with_a_call(cursor: Cursor) -> bool:
    """Whether a procedure's name and its arguments stand here, without EXEC.

    Only a batch's first statement may leave EXEC out; FreeTDS does when it asks about the catalog.
    """
    if cursor.word() in STARTERS | REFUSED:
        return False
    start = cursor.position
    try:
        cursor.dotted_name()
        return cursor.is_at_end() or cursor.word() in {";", "@", "-"} or cursor.is_at_constant()
    except SqlError:
        return False
    finally:
        cursor.position = start


def parse_execute(cursor: Cursor) -> ExecuteText | ExecuteProcedure:
    """EXEC and what follows. Raises 102, and 40000 for a form that the stand-in has not."""
    cursor.advance()
    if cursor.word() == "(":
        start = cursor.position
        cursor.skip_parentheses()
        return ExecuteText(text=parse_expression(cursor.text_between(start + 1, cursor.position - 1)))
    if cursor.word() == "AS":
        raise unsupported("EXECUTE AS")
    if cursor.word() == "@":
        raise unsupported("EXECUTE that takes its procedure's name or its result from or into a variable")
    return parse_call(cursor)


def parse_call(cursor: Cursor) -> ExecuteProcedure:
    """A procedure's name and its arguments. Raises 102, and 40000 for arguments that the stand-in has not."""
    name = ".".join(cursor.dotted_name())
    if cursor.is_at_end() or cursor.word() in _ENDS:
        return ExecuteProcedure(name=name, arguments=())
    arguments = [_argument(cursor)]
    while cursor.take(","):
        arguments.append(_argument(cursor))
    return ExecuteProcedure(name=name, arguments=tuple(arguments))


def _argument(cursor: Cursor) -> tuple[str, exp.Expression]:
    """`@name = value`, or a value alone with an empty name."""
    if cursor.word() == "@" and cursor.word(2) == "=":
        label = cursor.variable()
        cursor.expect("=")
        return label, _value(cursor)
    return "", _value(cursor)


def _value(cursor: Cursor) -> exp.Expression:
    """A constant or a variable: T-SQL takes no other expressions here."""
    start = cursor.position
    if cursor.take("@"):
        cursor.take("@")
        cursor.identifier()
    elif cursor.word() == "DEFAULT":
        raise unsupported("DEFAULT as an argument of a procedure")
    else:
        _ = cursor.take("-") or cursor.take("+")
        if not cursor.is_at_constant():
            raise _no_constant(cursor)
        cursor.advance()
    if cursor.word() in ("OUT", "OUTPUT"):
        raise unsupported("OUTPUT arguments of a procedure")
    return parse_expression(cursor.text_between(start, cursor.position))


def _no_constant(cursor: Cursor) -> SqlError:
    """102; but a name without quotes would be text in T-SQL."""
    problem = cursor.error()
    try:
        return unsupported(f"the argument {cursor.identifier()} without quotes")
    except SqlError:
        return problem
