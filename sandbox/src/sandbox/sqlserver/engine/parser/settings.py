"""SET and DECLARE."""

from __future__ import annotations

from sqlglot import exp

from sandbox.sqlserver.engine.errors import syntax, unsupported
from sandbox.sqlserver.engine.parser.compound import OPERATORS
from sandbox.sqlserver.engine.parser.cursor import Cursor, parse_expression, parse_tree
from sandbox.sqlserver.engine.parser.extent import skip_condition
from sandbox.sqlserver.engine.parser.small_statements import Declare, SetIsolation, SetOption, SetVariable
from sandbox.sqlserver.engine.parser.statements import Block, Statement
from sandbox.sqlserver.engine.values.types import from_tree

_ON_OFF = frozenset(
    [
        "NOCOUNT",
        "XACT_ABORT",
        "ANSI_NULLS",
        "ANSI_PADDING",
        "ANSI_WARNINGS",
        "ARITHABORT",
        "CONCAT_NULL_YIELDS_NULL",
        "QUOTED_IDENTIFIER",
        "NUMERIC_ROUNDABORT",
        "ANSI_NULL_DFLT_ON",
        "ANSI_DEFAULTS",
        "CURSOR_CLOSE_ON_COMMIT",
        "IMPLICIT_TRANSACTIONS",
        "NOEXEC",
        "FMTONLY",
    ]
)
_NUMBERS = frozenset({"LOCK_TIMEOUT", "TEXTSIZE", "ROWCOUNT", "DATEFIRST"})
_LEVELS = ("READ UNCOMMITTED", "READ COMMITTED", "REPEATABLE READ", "SNAPSHOT", "SERIALIZABLE")


def parse(cursor: Cursor) -> Statement:
    """A SET or DECLARE statement."""
    if cursor.take("DECLARE"):
        return _declare(cursor)
    cursor.expect("SET")
    if cursor.word() == "@":
        return _variable(cursor)
    if cursor.take("TRANSACTION"):
        return _isolation(cursor)
    return _option(cursor)


def _variable(cursor: Cursor) -> SetVariable:
    name = cursor.variable()
    operator = cursor.word() if cursor.word() in OPERATORS else ""
    if operator:
        cursor.advance()
    cursor.expect("=")
    start = cursor.position
    skip_condition(cursor)
    value = cursor.text_between(start, cursor.position)
    return SetVariable(name=name, value=parse_expression(f"@{name} {operator} ({value})" if operator else value))


def _isolation(cursor: Cursor) -> SetIsolation:
    cursor.expect("ISOLATION", "LEVEL")
    for level in _LEVELS:
        if cursor.take(*level.split()):
            return SetIsolation(level=level)
    raise cursor.error()


def _option(cursor: Cursor) -> Statement:
    option = cursor.identifier().upper()
    if option == "IDENTITY_INSERT":
        table = cursor.dotted_name()
        return SetOption(option=option, table=table, value=_on_off(cursor))
    if option in _ON_OFF:
        options = [option]
        while cursor.take(","):
            options.append(cursor.identifier().upper())
        value = _on_off(cursor)
        return Block(statements=tuple(SetOption(option=one, value=value) for one in options))
    if option in _NUMBERS:
        sign = "-" if cursor.take("-") else ""
        return SetOption(option=option, value=f"{sign}{cursor.integer()}")
    if option in ("DATEFORMAT", "LANGUAGE"):
        return SetOption(option=option, value=cursor.identifier().upper())
    raise unsupported(f"SET {option}")


def _on_off(cursor: Cursor) -> str:
    for value in ("ON", "OFF"):
        if cursor.take(value):
            return value
    raise cursor.error()


def _declare(cursor: Cursor) -> Declare:
    if cursor.word() != "@":
        raise unsupported("DECLARE ... CURSOR")
    start = cursor.position
    skip_condition(cursor)
    text = cursor.text_between(start, cursor.position)
    tree = parse_tree(f"DECLARE {text}")
    if not isinstance(tree, exp.Declare):
        raise syntax(text[:40])
    variables = []
    for item in tree.expressions:
        if not isinstance(item, exp.DeclareItem) or not isinstance(item.args.get("kind"), exp.DataType):
            raise unsupported(f"DECLARE {text}")
        parameters = item.this if isinstance(item.this, list) else [item.this]
        for parameter in parameters:
            kind = from_tree(item.args["kind"], default_length=1)
            variables.append((parameter.name, kind, item.args.get("default") or None))
    return Declare(variables=tuple(variables))
