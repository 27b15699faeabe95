"""CREATE, ALTER, DROP and TRUNCATE."""

from __future__ import annotations

from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.parser import rights
from sandbox.sqlserver.engine.parser.alter_database import parse_alter_database
from sandbox.sqlserver.engine.parser.alter_table import parse_alter_table
from sandbox.sqlserver.engine.parser.cursor import Cursor, parse_condition, parse_definitions
from sandbox.sqlserver.engine.parser.definition_statements import (
    CreateDatabase,
    CreateIndex,
    CreateSchema,
    CreateTable,
    DropIndex,
    DropSchema,
    DropTable,
    TruncateTable,
)
from sandbox.sqlserver.engine.parser.extent import skip_condition
from sandbox.sqlserver.engine.parser.statements import Statement


def parse(cursor: Cursor) -> Statement:
    """A definition statement. Raises 40000 for kinds of objects that the stand-in has not."""
    if cursor.take("TRUNCATE", "TABLE"):
        return TruncateTable(name=cursor.dotted_name())
    if cursor.take("CREATE"):
        return _create(cursor)
    if cursor.take("DROP"):
        return _drop(cursor)
    cursor.expect("ALTER")
    if cursor.take("DATABASE"):
        return parse_alter_database(cursor)
    if cursor.take("TABLE"):
        return parse_alter_table(cursor)
    if cursor.take("ROLE"):
        return rights.parse_alter_role(cursor)
    raise unsupported(f"ALTER {cursor.word()}")


def _create(cursor: Cursor) -> Statement:
    if cursor.take("TABLE"):
        return _create_table(cursor)
    if cursor.take("DATABASE"):
        return CreateDatabase(name=cursor.identifier())
    if cursor.take("SCHEMA"):
        return _create_schema(cursor)
    if cursor.take("LOGIN"):
        return rights.parse_create_login(cursor)
    if cursor.take("USER"):
        return rights.parse_create_user(cursor)
    unique = cursor.take("UNIQUE")
    if cursor.take("CLUSTERED"):
        raise unsupported("CREATE CLUSTERED INDEX")
    cursor.take("NONCLUSTERED")
    if cursor.take("INDEX"):
        return _create_index(cursor, unique=unique)
    raise unsupported(f"CREATE {cursor.word()}")


def _create_schema(cursor: Cursor) -> CreateSchema:
    name = cursor.identifier()
    if cursor.take("AUTHORIZATION"):
        owner = cursor.identifier()
        if owner.lower() != "dbo":
            raise unsupported(f"AUTHORIZATION {owner}")
    if cursor.word() in ("CREATE", "GRANT", "REVOKE", "DENY"):
        raise unsupported(f"CREATE SCHEMA with {cursor.word()}")
    return CreateSchema(name=name)


def _create_table(cursor: Cursor) -> CreateTable:
    name = cursor.dotted_name()
    start = cursor.position
    cursor.skip_parentheses()
    text = cursor.text_between(start + 1, cursor.position - 1)
    return CreateTable(name=name, definitions=parse_definitions(text))


def _create_index(cursor: Cursor, *, unique: bool) -> CreateIndex:
    name = cursor.identifier()
    cursor.expect("ON")
    table = cursor.dotted_name()
    columns = _index_columns(cursor)
    included = [column for column, _ in _index_columns(cursor)] if cursor.take("INCLUDE") else []
    condition = None
    if cursor.take("WHERE"):
        start = cursor.position
        skip_condition(cursor)
        condition = parse_condition(cursor.text_between(start, cursor.position))
    if cursor.word() == "WITH":
        raise unsupported("CREATE INDEX ... WITH")
    return CreateIndex(
        name=name, table=table, columns=columns, unique=unique, included=tuple(included), condition=condition
    )


def _index_columns(cursor: Cursor) -> tuple[tuple[str, bool], ...]:
    cursor.expect("(")
    columns = []
    while True:
        name = cursor.identifier()
        descending = cursor.take("DESC")
        if not descending:
            cursor.take("ASC")
        columns.append((name, descending))
        if not cursor.take(","):
            break
    cursor.expect(")")
    return tuple(columns)


def _drop(cursor: Cursor) -> Statement:
    if cursor.take("TABLE"):
        if_exists = cursor.take("IF", "EXISTS")
        names = [cursor.dotted_name()]
        while cursor.take(","):
            names.append(cursor.dotted_name())
        return DropTable(names=tuple(names), if_exists=if_exists)
    if cursor.take("SCHEMA"):
        if_exists = cursor.take("IF", "EXISTS")
        return DropSchema(name=cursor.identifier(), if_exists=if_exists)
    if cursor.take("INDEX"):
        if_exists = cursor.take("IF", "EXISTS")
        name = cursor.identifier()
        cursor.expect("ON")
        return DropIndex(name=name, table=cursor.dotted_name(), if_exists=if_exists)
    if cursor.take("LOGIN"):
        return rights.parse_drop_login(cursor)
    if cursor.take("USER"):
        return rights.parse_drop_user(cursor)
    raise unsupported(f"DROP {cursor.word()}")
