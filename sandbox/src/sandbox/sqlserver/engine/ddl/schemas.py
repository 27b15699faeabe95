"""CREATE SCHEMA and DROP SCHEMA."""

from __future__ import annotations

import sqlite3

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.catalog.permissions import Level
from sandbox.sqlserver.engine.catalog.principal_store import forget_securable
from sandbox.sqlserver.engine.catalog.store import touch
from sandbox.sqlserver.engine.ddl.work import Work
from sandbox.sqlserver.engine.errors import already_exists, unsupported
from sandbox.sqlserver.engine.parser.definition_statements import CreateSchema, DropSchema

_FIRST_USER_ID = 5


def find_schema(connection: sqlite3.Connection, name: str) -> str:
    """The schema's name as it was created. Raises 2760 when it is not there, or not for users."""
    query = "SELECT name FROM _schemas WHERE name = ? AND schema_id NOT IN (3, 4)"
    found = connection.execute(query, (name,)).fetchone()
    if found is None:
        text = f'The specified schema name "{name}" either does not exist or you do not have permission to use it.'
        raise SqlError(2760, text)
    return str(found[0])


def create_schema(work: Work, statement: CreateSchema) -> None:
    """CREATE SCHEMA. Raises 2714 when it exists, 40000 for a name with a dot, by which tables could be mistaken."""
    raw, name = work.connection.raw, statement.name
    if "." in name:
        raise unsupported(f"a schema called {name!r}")
    if raw.execute("SELECT 1 FROM _schemas WHERE name = ?", (name,)).fetchone():
        raise already_exists(name)
    query = "INSERT INTO _schemas SELECT max(?, 1 + max(schema_id)), ? FROM _schemas"
    raw.execute(query, (_FIRST_USER_ID, name))
    touch(raw)


def drop_schema(work: Work, statement: DropSchema) -> None:
    """DROP SCHEMA. Raises 15151 when it does not exist, 3729 when something is in it, 15150 for one of the server's."""
    raw, name = work.connection.raw, statement.name
    found = raw.execute("SELECT schema_id FROM _schemas WHERE name = ?", (name,)).fetchone()
    if found is None:
        if statement.if_exists:
            return
        text = f"Cannot drop the schema '{name}', because it does not exist or you do not have permission."
        raise SqlError(15151, text)
    if found[0] < _FIRST_USER_ID:
        raise SqlError(15150, f"Cannot drop the schema '{name}'.")
    inside = raw.execute("SELECT name FROM _objects WHERE schema_name = ? ORDER BY parent_id, name", (name,)).fetchone()
    if inside is not None:
        text = f"Cannot drop schema '{name}' because it is being referenced by object '{inside[0]}'."
        raise SqlError(3729, text)
    raw.execute("DELETE FROM _schemas WHERE name = ?", (name,))
    forget_securable(raw, Level.SCHEMA, found[0])
    touch(raw)
