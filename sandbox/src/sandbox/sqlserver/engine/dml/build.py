"""What the three kinds of change share while they are translated."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlglot import exp

from sandbox.sqlserver.contract import Column, SqlError
from sandbox.sqlserver.engine.catalog.schema import Table, TableColumn
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.parser.cursor import parse_expression
from sandbox.sqlserver.engine.translate.coerce import coerce
from sandbox.sqlserver.engine.translate.computed import table_columns
from sandbox.sqlserver.engine.translate.plan import Bind, Value, result_column
from sandbox.sqlserver.engine.translate.scope import Scope, Source
from sandbox.sqlserver.engine.translate.translator import Translator
from sandbox.sqlserver.engine.values.types import BIGINT, varbinary

_CONTEXT_LENGTH = 128


def assigned(translator: Translator, table: Table, column: TableColumn, value: Value) -> Value:
    """A value on its way into a column: converted, and checked against the column's length."""
    database = translator.context.catalog.database
    place = (f"{database}.{table.full_name}", column.name)
    return coerce(translator.context, value, column.type, column=place)


def default_value(translator: Translator, table: Table, column: TableColumn) -> Value:
    """What a column gets when it is not named: its default, or NULL."""
    if column.default is None:
        return Value(sql="NULL", type=column.type)
    value = translator.value(parse_expression(column.default.text), Scope())
    return assigned(translator, table, column, value)


def is_default(node: exp.Expression) -> bool:
    """Whether the keyword DEFAULT stands here."""
    return isinstance(node, (exp.Var, exp.Column)) and node.name.upper() == "DEFAULT"


def row_source(translator: Translator, table: Table, name: str) -> Source:
    """`inserted` or `deleted` in an OUTPUT that SQLite's RETURNING can give."""
    return Source(name=name, columns=table_columns(translator, table))


def returning(
    translator: Translator, tree: exp.Expression, table: Table, visible: Sequence[str]
) -> tuple[str, tuple[Column, ...]]:
    """` RETURNING ...` and the result's columns; nothing without OUTPUT."""
    items = output_items(tree)
    if not items:
        return "", ()
    scope = Scope(sources=[row_source(translator, table, name) for name in visible])
    values: list[Value] = []
    for item in items:
        if isinstance(item, exp.Column) and isinstance(item.this, exp.Star):
            values.extend(scope.star(item.table))
        else:
            values.append(translator.value(item, scope))
    listed = ", ".join(f"{value.sql} AS c{place}" for place, value in enumerate(values))
    return f" RETURNING {listed}", tuple(result_column(value) for value in values)


def output_items(tree: exp.Expression) -> list[exp.Expression]:
    """The items of OUTPUT. Raises 40000 for OUTPUT ... INTO."""
    clause = tree.args.get("returning")
    if clause is None:
        return []
    if clause.args.get("into"):
        raise unsupported("OUTPUT ... INTO")
    return list(clause.expressions)


def check_parts(tree: exp.Expression, known: frozenset[str]) -> None:
    """Raises 40000 for a clause that is not known."""
    for name, part in tree.args.items():
        if part and name not in known:
            raise unsupported(f"{name.strip('_').upper()} in {type(tree).__name__.upper()}")


def context_bind(translator: Translator, node: exp.Expression | None) -> Bind | None:
    """The argument for WITH CHANGE_TRACKING_CONTEXT.

    Raises 22109 for anything but varbinary(128), 102 for expressions.
    """
    if node is None:
        return None
    if isinstance(node, exp.Null):
        raise SqlError(156, "Incorrect syntax near the keyword 'NULL'.", severity=15)
    if not isinstance(node, (exp.HexString, exp.Parameter)):
        raise SqlError(102, "Incorrect syntax near the change tracking context.", severity=15)
    value = translator.value(node, Scope())
    if value.type.name not in ("varbinary", "binary"):
        text = 'The "context" argument for the CHANGE_TRACKING_CONTEXT WITH clause must be of type varbinary data type '
        raise SqlError(22109, text + "with a maximum length of 128.")
    if value.constant is not None:
        constant = value.constant[0]
        return Bind(name="$none", convert=lambda _: constant)
    value = replace(value, type=varbinary(_CONTEXT_LENGTH))
    return Bind(name=value.bind or "")


def row_limit(translator: Translator, top: exp.Expression | None) -> str:
    """` LIMIT n` for TOP (n), or nothing."""
    if top is None:
        return ""
    return f" LIMIT {translator.coerce(translator.value(top, Scope()), BIGINT).sql}"
