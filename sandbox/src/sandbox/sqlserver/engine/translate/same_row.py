"""Two sources that show one row, since their keys are equal: SQLite then goes by the row's number.

That is far cheaper than to look the key up: for each step down an index of text SQLite asks the collation, in Python.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from sandbox.sqlserver.engine.translate.conditions import links
from sandbox.sqlserver.engine.translate.plan import Value
from sandbox.sqlserver.engine.translate.scope import Scope, Source
from sandbox.sqlserver.engine.translate.translator import Translator

Pair = tuple[Value, Value]


def equal_columns(translator: Translator, condition: exp.Expression, scope: Scope) -> list[Pair]:
    """The pairs of columns that a join's condition demands to be equal."""
    return [
        (translator.value(link.this, scope), translator.value(link.expression, scope))
        for link in links(condition, exp.And)
        if isinstance(link, exp.EQ) and isinstance(link.this, exp.Column) and isinstance(link.expression, exp.Column)
    ]


def same_row(new: Iterable[Source], known: Iterable[Source], equal: Iterable[Pair]) -> str:
    """What follows from `equal` about the numbers of rows: ` AND ...`, or nothing."""
    pairs = {frozenset((left.sql, right.sql)) for left, right in equal}
    others = list(known)
    return "".join(
        f" AND {one.row.sql} = {other.row.sql}"
        for one in new
        for other in others
        if one.row is not None and other.row is not None and _agree_on_key(one, other, pairs)
    )


def _agree_on_key(one: Source, other: Source, pairs: set[frozenset[str]]) -> bool:
    if one.row is None or other.row is None or one.row.table.object_id != other.row.table.object_id:
        return False
    keys = [(one.find(column.name), other.find(column.name)) for column in one.row.table.key_columns]
    return bool(keys) and all(left and right and frozenset((left.sql, right.sql)) in pairs for left, right in keys)
