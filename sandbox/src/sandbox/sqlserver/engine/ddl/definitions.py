"""Reads column and constraint definitions, and writes them into the catalog."""

from __future__ import annotations

import sqlite3
import zlib
from dataclasses import dataclass, field

from sqlglot import exp

from sandbox.sqlserver.contract import SqlError, SqlType
from sandbox.sqlserver.engine.catalog.schema import Computed
from sandbox.sqlserver.engine.catalog.store import NOW_FUNCTION, new_object_id
from sandbox.sqlserver.engine.errors import already_exists, unsupported
from sandbox.sqlserver.engine.parser.cursor import parse_expression
from sandbox.sqlserver.engine.values.types import NULL, from_tree, with_collation


@dataclass(kw_only=True)
class ColumnDefinition:
    """A column as it is written."""

    name: str
    type: SqlType
    nullable: bool = True
    identity: tuple[int, int] | None = None
    default: str | None = None
    default_name: str = ""
    computed: Computed | None = None


@dataclass(frozen=True, kw_only=True)
class KeyDefinition:
    """A PRIMARY KEY (kind PK) or UNIQUE (kind UQ) constraint as it is written."""

    kind: str
    columns: tuple[tuple[str, bool], ...]
    """(column, descending)."""
    name: str = ""


@dataclass(frozen=True, kw_only=True)
class CheckDefinition:
    """A CHECK constraint as it is written."""

    text: str
    name: str = ""


@dataclass(kw_only=True)
class Definitions:
    """Everything between the parentheses of CREATE TABLE, or after ADD."""

    columns: list[ColumnDefinition] = field(default_factory=list)
    keys: list[KeyDefinition] = field(default_factory=list)
    checks: list[CheckDefinition] = field(default_factory=list)


def read_definitions(nodes: tuple[exp.Expression, ...]) -> Definitions:
    """Sort the definitions by kind. Raises 40000 for what the stand-in has not, such as FOREIGN KEY."""
    found = Definitions()
    for node in nodes:
        if isinstance(node, exp.ColumnDef):
            _column(node, found)
        elif isinstance(node, exp.Constraint):
            _constraint(node.expressions, node.name, found)
        else:
            _constraint([node], "", found)
    return found


def _column(node: exp.ColumnDef, found: Definitions) -> None:
    if node.name.lower() in ("rowid", "_rowid_", "oid"):
        raise unsupported(f"a column called {node.name}")
    kind = node.args.get("kind")
    constraints = node.args.get("constraints") or []
    if not isinstance(kind, exp.DataType):
        found.columns.append(_computed_column(node.name, [constraint.kind for constraint in constraints]))
        return
    column = ColumnDefinition(name=node.name, type=from_tree(kind, default_length=1))
    if column.type.name == "rowversion":
        column.nullable = False
    for constraint in constraints:
        _column_constraint(constraint, column, found)
    found.columns.append(column)


def _computed_column(name: str, parts: list[exp.Expression]) -> ColumnDefinition:
    """`name AS expression [PERSISTED [NOT NULL]]`; its type is what the expression gives."""
    if len(parts) != 1 or not isinstance(parts[0], exp.ComputedColumnConstraint):
        raise unsupported(f"this form of the column {name}: a computed one has no key, check or default of its own")
    (part,) = parts
    text = expression_text(part.this)
    if parse_expression(text) != _bare(part.this):
        raise unsupported(f"the expression of the computed column {name}: it would be kept as {text[:60]}")
    computed = Computed(text=text, persisted=bool(part.args.get("persisted")))
    return ColumnDefinition(name=name, type=NULL, nullable=not part.args.get("not_null"), computed=computed)


def _column_constraint(constraint: exp.ColumnConstraint, column: ColumnDefinition, found: Definitions) -> None:
    kind, name = constraint.kind, constraint.name
    if isinstance(kind, exp.NotNullColumnConstraint):
        column.nullable = bool(kind.args.get("allow_null"))
    elif isinstance(kind, exp.GeneratedAsIdentityColumnConstraint):
        start, step = kind.args.get("start"), kind.args.get("increment")
        column.identity = (_number(start), _number(step))
        column.nullable = False
    elif isinstance(kind, exp.AutoIncrementColumnConstraint):
        column.identity, column.nullable = (1, 1), False
    elif isinstance(kind, exp.DefaultColumnConstraint):
        column.default, column.default_name = expression_text(kind.this), name
    elif isinstance(kind, (exp.PrimaryKeyColumnConstraint, exp.UniqueColumnConstraint)):
        primary = isinstance(kind, exp.PrimaryKeyColumnConstraint)
        column.nullable = column.nullable and not primary
        found.keys.append(KeyDefinition(kind="PK" if primary else "UQ", columns=((column.name, False),), name=name))
    elif isinstance(kind, exp.CheckColumnConstraint):
        found.checks.append(CheckDefinition(text=expression_text(kind.this), name=name))
    elif isinstance(kind, exp.CollateColumnConstraint):
        column.type = with_collation(column.type, kind.this.name)
    elif not isinstance(kind, (exp.ClusteredColumnConstraint, exp.NonClusteredColumnConstraint)):
        raise unsupported(f"the column constraint {constraint.sql(dialect='tsql')[:60]}")


def _number(node: exp.Expression | None) -> int:
    if node is None:
        return 1
    if isinstance(node, exp.Neg):
        return -int(node.this.name)
    return int(node.name)


def expression_text(node: exp.Expression) -> str:
    """The T-SQL text of a default or a check, without the parentheses around it."""
    return _bare(node).sql(dialect="tsql")


def _bare(node: exp.Expression) -> exp.Expression:
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def _constraint(parts: list[exp.Expression], name: str, found: Definitions) -> None:
    first = parts[0]
    if isinstance(first, exp.CheckColumnConstraint):
        found.checks.append(CheckDefinition(text=expression_text(first.this), name=name))
        return
    kind = {"PrimaryKey": "PK", "PrimaryKeyColumnConstraint": "PK", "UniqueColumnConstraint": "UQ"}.get(
        type(first).__name__
    )
    if kind is None:
        raise unsupported(f"the constraint {first.sql(dialect='tsql')[:60]}")
    columns = [column for part in parts for column in _key_columns(part)]
    if not columns:
        raise unsupported(f"the constraint {first.sql(dialect='tsql')[:60]}")
    found.keys.append(KeyDefinition(kind=kind, columns=tuple(columns), name=name))


def _key_columns(node: exp.Expression) -> list[tuple[str, bool]]:
    """The columns of PRIMARY KEY (...) in the several shapes that sqlglot gives them."""
    items = list(node.expressions)
    if not items:
        inner = node.this
        items = list(inner) if isinstance(inner, list) else list(inner.expressions) if inner is not None else []
    columns = []
    for item in items:
        if isinstance(item, exp.Ordered):
            columns.append((item.this.name, bool(item.args.get("desc"))))
        else:
            columns.append((item.name, False))
    return columns


def add_object(connection: sqlite3.Connection, schema: str, name: str, kind: str, parent: int = 0) -> int:
    """Write an object into the catalog. Raises 2714 when the name is taken."""
    query = "SELECT 1 FROM _objects WHERE schema_name = ? AND name = ?"
    if connection.execute(query, (schema, name)).fetchone():
        raise already_exists(name)
    object_id = new_object_id(connection)
    created = f"{NOW_FUNCTION}() / 1000 * 1000"
    connection.execute(
        f"INSERT INTO _objects VALUES (?, ?, ?, ?, ?, {created}, NULL)", (object_id, schema, name, kind, parent)
    )
    return object_id


def _add_constraint(connection: sqlite3.Connection, name: str, kind: str, table_id: int) -> int:
    """Write a constraint into the catalog: it lives in its table's schema. Raises 2714."""
    query = "SELECT schema_name FROM _objects WHERE object_id = ?"
    [schema] = connection.execute(query, (table_id,)).fetchone()
    return add_object(connection, schema, name, kind, table_id)


def system_name(prefix: str, table: str, detail: str, object_id: int) -> str:
    """A name for a constraint without one, in SQL Server's style: `PK__Sales__3213E83F`."""
    mark = zlib.crc32(f"{table}.{detail}.{object_id}".encode())
    parts = [prefix, table[:9], *([detail[:9]] if prefix in ("DF", "CK") else []), f"{mark:08X}"]
    return "__".join(parts)


def add_columns(
    connection: sqlite3.Connection, table_id: int, table: str, columns: list[ColumnDefinition], first_id: int
) -> None:
    """Write columns and their defaults into the catalog. Raises 2705 for a name given twice."""
    for column_id, column in enumerate(columns, first_id):
        query = "SELECT 1 FROM _columns WHERE table_id = ? AND name = ?"
        if connection.execute(query, (table_id, column.name)).fetchone():
            text = f"Column names in each table must be unique. Column name '{column.name}' in table '{table}' is "
            raise SqlError(2705, f"{text}specified more than once.", state=4)
        kind = column.type
        seed, increment = column.identity or (None, None)
        shape = (kind.name, kind.length, kind.precision, kind.scale, kind.collation)
        facts = (table_id, column_id, column.name, *shape, int(column.nullable), seed, increment)
        connection.execute("INSERT INTO _columns VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", facts)
        if seed is not None and increment is not None:
            connection.execute("INSERT INTO _identity VALUES (?, ?)", (table_id, seed - increment))
        if column.computed is not None:
            made = (column.computed.text, int(column.computed.persisted))
            connection.execute("INSERT INTO _computed VALUES (?, ?, ?, ?)", (table_id, column_id, *made))
        if column.default is not None:
            name = column.default_name or system_name("DF", table, column.name, table_id)
            object_id = _add_constraint(connection, name, "D", table_id)
            connection.execute(
                "INSERT INTO _defaults VALUES (?, ?, ?, ?, ?)", (object_id, table_id, column_id, name, column.default)
            )


def add_key(connection: sqlite3.Connection, table_id: int, table: str, key: KeyDefinition) -> int:
    """Write a key into the catalog; its index id. Raises 1779 for a second primary key, 1911 for an unknown column."""
    if key.kind == "PK":
        query = "SELECT 1 FROM _indexes WHERE table_id = ? AND kind = 'PK'"
        if connection.execute(query, (table_id,)).fetchone():
            raise SqlError(1779, f"Table '{table}' already has a primary key defined on it.", state=0)
    name = key.name or system_name(key.kind, table, "-".join(column for column, _ in key.columns), table_id)
    object_id = _add_constraint(connection, name, key.kind, table_id)
    index_id = 1 if key.kind == "PK" else next_index_id(connection, table_id)
    add_index(connection, table_id, index_id, name, kind=key.kind, columns=key.columns, object_id=object_id)
    return index_id


def next_index_id(connection: sqlite3.Connection, table_id: int) -> int:
    """An index id that the table does not use; 1 is kept for the primary key."""
    query = "SELECT ifnull(max(index_id), 1) + 1 FROM _indexes WHERE table_id = ?"
    return int(connection.execute(query, (table_id,)).fetchone()[0])


def add_index(
    connection: sqlite3.Connection,
    table_id: int,
    index_id: int,
    name: str,
    *,
    kind: str,
    columns: tuple[tuple[str, bool], ...],
    object_id: int | None = None,
    included: tuple[str, ...] = (),
    condition: str | None = None,
) -> None:
    """Write an index into the catalog. Raises 1911 for an unknown column."""
    connection.execute(
        "INSERT INTO _indexes VALUES (?, ?, ?, ?, ?, ?)", (table_id, index_id, name, kind, object_id, condition)
    )
    members = [(column, descending, False) for column, descending in columns]
    members += [(column, False, True) for column in included]
    for ordinal, (column, descending, is_included) in enumerate(members, 1):
        query = (
            "SELECT c.column_id, m.column_id FROM _columns AS c LEFT JOIN _computed AS m "
            "ON m.table_id = c.table_id AND m.column_id = c.column_id WHERE c.table_id = ? AND c.name = ?"
        )
        found = connection.execute(query, (table_id, column)).fetchone()
        if found is None:
            raise SqlError(1911, f"Column name '{column}' does not exist in the target table or view.")
        if found[1] is not None and kind != "IX":
            raise unsupported(f"a key or unique index over the computed column {column}")
        connection.execute(
            "INSERT INTO _index_columns VALUES (?, ?, ?, ?, ?, ?)",
            (table_id, index_id, ordinal, found[0], int(descending), int(is_included)),
        )


def add_check(connection: sqlite3.Connection, table_id: int, table: str, check: CheckDefinition) -> None:
    """Write a check into the catalog."""
    name = check.name or system_name("CK", table, "", zlib.crc32(check.text.encode()))
    object_id = _add_constraint(connection, name, "C", table_id)
    connection.execute("INSERT INTO _checks VALUES (?, ?, ?, ?)", (object_id, table_id, name, check.text))
