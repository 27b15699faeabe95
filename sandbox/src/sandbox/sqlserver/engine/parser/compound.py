"""Compound assignments, which sqlglot does not know: `a += b` is read as `a = a + (b)`."""

from __future__ import annotations

from sandbox.sqlserver.engine.parser.cursor import Cursor

OPERATORS = frozenset("+-*/%&|^")
_AFTER_ASSIGNMENT = frozenset({",", "FROM", "WHERE", "OUTPUT", "OPTION", ";"})


def written_out(cursor: Cursor, start: int, end: int) -> str:
    """The text from token `start` up to, and without, token `end`, with its compound assignments written out.

    Only those outside parentheses: an assignment is nowhere else. The cursor stays where it is.
    """
    before = cursor.position
    pieces = []
    cursor.position = copied = start
    while cursor.position < end:
        operator = cursor.word()
        if operator == "(":
            cursor.skip_parentheses()
        elif operator in OPERATORS and cursor.word(1) == "=":
            name_start, name_end = _name_start(cursor), cursor.position
            value_start, value_end = _value(cursor, end)
            name = cursor.text_between(name_start, name_end)
            value = cursor.text_between(value_start, value_end)
            pieces += [cursor.text_between(copied, name_start), f"{name} = {name} {operator} ({value})"]
            copied = value_end
        else:
            cursor.advance()
    pieces.append(cursor.text_between(copied, end))
    cursor.position = before
    return " ".join(pieces)


def _name_start(cursor: Cursor) -> int:
    """Where the `@variable` or `[table.]column` before the operator begins."""
    back = -1
    while cursor.word(back - 1) == ".":
        back -= 2
    if cursor.word(back - 1) == "@":
        back -= 1
    return cursor.position + back


def _value(cursor: Cursor, end: int) -> tuple[int, int]:
    """Step over `<operator> = value`; where the value begins and ends."""
    cursor.position += 2
    start = cursor.position
    while cursor.position < end and cursor.word() not in _AFTER_ASSIGNMENT:
        if cursor.word() == "(":
            cursor.skip_parentheses()
        else:
            cursor.advance()
    return start, cursor.position
