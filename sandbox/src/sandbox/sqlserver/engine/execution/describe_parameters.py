"""sp_describe_undeclared_parameters: which types a statement's parameters should have.

The driver asks for it when a parameter is None, and for `fast_executemany`.
"""

from __future__ import annotations

from collections.abc import Iterator

from sqlglot import exp

from sandbox.sqlserver.contract import Column, Result, SqlType
from sandbox.sqlserver.engine.catalog.schema import Catalog, Table
from sandbox.sqlserver.engine.catalog.type_ids import max_length, precision, scale, type_row
from sandbox.sqlserver.engine.execution.session_state import SessionState
from sandbox.sqlserver.engine.parser.batch import parse_batch
from sandbox.sqlserver.engine.parser.cursor import open_cursor
from sandbox.sqlserver.engine.parser.small_statements import Declare
from sandbox.sqlserver.engine.parser.statements import (
    Change,
    If,
    Query,
    Statement,
    While,
)
from sandbox.sqlserver.engine.parser.walk import all_statements
from sandbox.sqlserver.engine.values.types import BIT, INT, MAX, SMALLINT, SYSNAME, TINYINT, nvarchar
from sandbox.sqlserver.engine.values.types import describe as type_text

_UNKNOWN = nvarchar(4000)
"""What a parameter is taken for when nothing around it says more."""
_COLUMNS: tuple[tuple[str, SqlType], ...] = (
    ("parameter_ordinal", INT),
    ("name", SYSNAME),
    ("suggested_system_type_id", INT),
    ("suggested_system_type_name", SYSNAME),
    ("suggested_max_length", SMALLINT),
    ("suggested_precision", TINYINT),
    ("suggested_scale", TINYINT),
    ("suggested_user_type_id", INT),
    ("suggested_user_type_database", SYSNAME),
    ("suggested_user_type_schema", SYSNAME),
    ("suggested_user_type_name", SYSNAME),
    ("suggested_assembly_qualified_type_name", nvarchar(4000)),
    ("suggested_xml_collection_id", INT),
    ("suggested_xml_collection_database", SYSNAME),
    ("suggested_xml_collection_schema", SYSNAME),
    ("suggested_xml_collection_name", SYSNAME),
    ("suggested_is_xml_document", BIT),
    ("suggested_is_case_sensitive", BIT),
    ("suggested_is_fixed_length_clr_type", BIT),
    ("suggested_is_input", BIT),
    ("suggested_is_output", BIT),
    ("formal_parameter_name", SYSNAME),
    ("suggested_tds_type_id", INT),
    ("suggested_tds_length", INT),
)
_TDS_TYPES = {
    "bit": 104,
    "tinyint": 38,
    "smallint": 38,
    "int": 38,
    "bigint": 38,
    "float": 109,
    "real": 109,
    "decimal": 106,
    "money": 110,
    "smallmoney": 110,
    "nvarchar": 231,
    "nchar": 239,
    "varchar": 167,
    "char": 175,
    "varbinary": 165,
    "binary": 173,
    "rowversion": 173,
    "uniqueidentifier": 36,
    "datetime2": 42,
    "datetime": 111,
    "smalldatetime": 111,
    "date": 40,
    "time": 41,
}
"""TDS type tokens, in their nullable form ([MS-TDS] 2.2.5.4)."""
_PLP_LENGTH = 65_535


def describe(session: SessionState, batch: str, declared: str) -> Result:
    """One row for each parameter of the batch that `declared` does not declare, in order of appearance."""
    transactions = session.transactions
    transactions.start_reading()
    try:
        catalog = session.current.catalog(session.connection)
    finally:
        transactions.end_statement()
    known = {word.split()[0].lower().lstrip("@") for word in declared.split(",") if word.strip()}
    block = parse_batch(batch)
    known |= {name.lower() for statement in all_statements(block) for name in _declared(statement)}
    found = {name: _UNKNOWN for name in _variables(batch) if name.lower() not in known}
    for statement in all_statements(block):
        for name, sql_type in _findings(statement, catalog):
            if found.get(name) == _UNKNOWN:
                found[name] = sql_type
    columns = tuple(Column(name=name, type=sql_type) for name, sql_type in _COLUMNS)
    rows = [_row(place, name, sql_type) for place, (name, sql_type) in enumerate(found.items(), 1)]
    return Result(columns=columns, rows=rows)


def _row(place: int, name: str, sql_type: SqlType) -> tuple[object, ...]:
    length = max_length(sql_type)
    head = (place, f"@{name}", type_row(sql_type).system_type_id, type_text(sql_type), length)
    digits = (precision(sql_type), scale(sql_type))
    tail = (_TDS_TYPES[sql_type.name], _PLP_LENGTH if length == MAX else length)
    return (*head, *digits, *(None,) * 9, 0, 0, 0, 1, 0, None, *tail)


def _variables(batch: str) -> Iterator[str]:
    """The batch's variables and parameters in the order in which they are written; not @@ROWCOUNT and its kin."""
    cursor = open_cursor(batch)
    while not cursor.is_at_end():
        if cursor.take("@", "@") or not cursor.take("@"):
            cursor.advance()
            continue
        yield cursor.identifier()


def _declared(statement: Statement) -> Iterator[str]:
    if isinstance(statement, Declare):
        yield from (name for name, _, _ in statement.variables)


def _findings(statement: Statement, catalog: Catalog) -> Iterator[tuple[str, SqlType]]:
    """The statement's parameters with the types of the variables and columns that they meet."""
    if isinstance(statement, Declare):
        for _, sql_type, value in statement.variables:
            if isinstance(value, exp.Parameter):
                yield value.name, sql_type
    elif isinstance(statement, (Query, Change)):
        yield from _in_tree(statement.tree, catalog)
    elif isinstance(statement, (If, While)):
        yield from _in_tree(statement.condition, catalog)


def _in_tree(tree: exp.Expression, catalog: Catalog) -> Iterator[tuple[str, SqlType]]:
    tables = [table for node in tree.find_all(exp.Table) if (table := _table(node, catalog)) is not None]
    if isinstance(tree, exp.Insert) and tables:
        yield from _inserted(tree, tables[0])
    for comparison in tree.find_all(exp.EQ, exp.NEQ, exp.GT, exp.GTE, exp.LT, exp.LTE, exp.In, exp.Between):
        yield from _compared(comparison, tables)


def _table(node: exp.Table, catalog: Catalog) -> Table | None:
    if not isinstance(node.this, exp.Identifier):
        return None
    return catalog.find(node.db or "dbo", node.name)


def _inserted(tree: exp.Insert, table: Table) -> Iterator[tuple[str, SqlType]]:
    if isinstance(tree.this, exp.Schema):
        columns = [table.find(item.name) for item in tree.this.expressions]
    else:
        columns = [column for column in table.stored if column.identity is None]
    values = tree.args.get("expression")
    for row in values.expressions if isinstance(values, exp.Values) else []:
        for column, item in zip(columns, row.expressions, strict=False):
            if isinstance(item, exp.Parameter) and column is not None:
                yield item.name, column.type


def _compared(node: exp.Expr, tables: list[Table]) -> Iterator[tuple[str, SqlType]]:
    sides = [node.this, *(part for name, part in node.args.items() if name != "this" and not isinstance(part, list))]
    sides += node.expressions
    columns = [side for side in sides if isinstance(side, exp.Column)]
    types = [column.type for side in columns for table in tables if (column := table.find(side.name)) is not None]
    for side in sides if types else []:
        for parameter in _operands(side):
            yield parameter.name, types[0]


def _operands(node: exp.Expr) -> Iterator[exp.Parameter]:
    """The parameters that are this value, or that it is reckoned from."""
    if isinstance(node, exp.Parameter):
        yield node
    elif isinstance(node, (exp.Paren, exp.Neg, exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod)):
        for part in (node.this, node.args.get("expression")):
            if part is not None:
                yield from _operands(part)
