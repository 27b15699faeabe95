"""ALTER TABLE."""

from __future__ import annotations

from sqlglot import exp

from sandbox.sqlserver.engine.errors import syntax, unsupported
from sandbox.sqlserver.engine.parser.cursor import Cursor, parse_definitions
from sandbox.sqlserver.engine.parser.definition_statements import AddToTable, AlterColumn, DropFromTable, TrackTable
from sandbox.sqlserver.engine.parser.extent import skip_condition
from sandbox.sqlserver.engine.parser.statements import Statement
from sandbox.sqlserver.engine.values.types import from_tree


def parse_alter_table(cursor: Cursor) -> Statement:
    """What follows ALTER TABLE."""
    table = cursor.dotted_name()
    if cursor.take("ENABLE", "CHANGE_TRACKING"):
        return TrackTable(table=table, enable=True, columns_updated=_tracking_option(cursor))
    if cursor.take("DISABLE", "CHANGE_TRACKING"):
        return TrackTable(table=table, enable=False)
    if cursor.take("ALTER", "COLUMN"):
        return _alter_column(cursor, table)
    if cursor.take("DROP"):
        return _drop(cursor, table)
    cursor.take("WITH", "CHECK")
    if cursor.take("ADD"):
        return AddToTable(table=table, definitions=parse_definitions(_rest(cursor)))
    raise unsupported(f"ALTER TABLE ... {cursor.word()} {cursor.word(1)}".strip())


def _rest(cursor: Cursor) -> str:
    start = cursor.position
    skip_condition(cursor)
    return cursor.text_between(start, cursor.position)


def _tracking_option(cursor: Cursor) -> bool:
    if not cursor.take("WITH"):
        return False
    cursor.expect("(", "TRACK_COLUMNS_UPDATED", "=")
    on = cursor.take("ON")
    if not on:
        cursor.expect("OFF")
    cursor.expect(")")
    return on


def _alter_column(cursor: Cursor, table: tuple[str, ...]) -> AlterColumn:
    if cursor.word(1) in ("ADD", "DROP"):
        raise unsupported(f"ALTER COLUMN ... {cursor.word(1)} {cursor.word(2)}")
    definition, *more = parse_definitions(_rest(cursor)) or (None,)
    if definition is None or more:
        raise syntax("ALTER COLUMN")
    if not isinstance(definition, exp.ColumnDef) or not isinstance(definition.args.get("kind"), exp.DataType):
        raise unsupported("this form of ALTER COLUMN")
    nullable = True
    for constraint in definition.args.get("constraints") or []:
        if not isinstance(constraint.kind, exp.NotNullColumnConstraint):
            raise unsupported(f"ALTER COLUMN with {type(constraint.kind).__name__}")
        nullable = bool(constraint.kind.args.get("allow_null"))
    return AlterColumn(
        table=table,
        column=definition.name,
        type=from_tree(definition.args["kind"], default_length=1),
        nullable=nullable,
    )


def _drop(cursor: Cursor, table: tuple[str, ...]) -> DropFromTable:
    kind = "COLUMN" if cursor.take("COLUMN") else "CONSTRAINT"
    if kind == "CONSTRAINT":
        cursor.take("CONSTRAINT")
    if_exists = cursor.take("IF", "EXISTS")
    names = [cursor.identifier()]
    while cursor.take(","):
        names.append(cursor.identifier())
    return DropFromTable(table=table, kind=kind, names=tuple(names), if_exists=if_exists)
