"""Runs definition statements: in the open transaction, or in one of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sandbox.sqlserver.engine.catalog.principals import DBO
from sandbox.sqlserver.engine.ddl import alter, alter_database, permissions, principals, rename, schemas, tables
from sandbox.sqlserver.engine.ddl.demands import (
    cannot_alter_database,
    check_alter_database,
    check_definition,
    check_server_definition,
)
from sandbox.sqlserver.engine.ddl.work import Work, separate_connection
from sandbox.sqlserver.engine.errors import ddl_in_snapshot, not_in_transaction, unsupported
from sandbox.sqlserver.engine.execution.session_state import SessionState
from sandbox.sqlserver.engine.parser.definition_statements import (
    AddToTable,
    AlterColumn,
    CreateDatabase,
    CreateIndex,
    CreateSchema,
    CreateTable,
    CreateTableOf,
    DropFromTable,
    DropIndex,
    DropSchema,
    DropTable,
    Rename,
    SetDatabaseOption,
    TrackDatabase,
    TrackTable,
    TruncateTable,
)
from sandbox.sqlserver.engine.parser.rights_statements import (
    AlterRole,
    ChangePermissions,
    CreateLogin,
    CreateUser,
    DropLogin,
    DropUser,
)
from sandbox.sqlserver.engine.parser.statements import Statement
from sandbox.sqlserver.engine.rights.access import user_in
from sandbox.sqlserver.engine.sqlite.database import Database

_IN_DATABASE: dict[type[Any], Callable[[Work, Any], None]] = {
    CreateTable: tables.create_table,
    CreateTableOf: tables.create_table_of,
    DropTable: tables.drop_table,
    Rename: rename.rename,
    TruncateTable: tables.truncate_table,
    CreateSchema: schemas.create_schema,
    DropSchema: schemas.drop_schema,
    CreateIndex: tables.create_index,
    DropIndex: tables.drop_index,
    AddToTable: alter.add_to_table,
    AlterColumn: alter.alter_column,
    DropFromTable: alter.drop_from_table,
    TrackTable: alter.track_table,
    CreateUser: principals.create_user,
    DropUser: principals.drop_user,
    AlterRole: principals.alter_role,
    ChangePermissions: permissions.change_permissions,
}
_ON_DATABASE: dict[type[Any], Callable[[Work, Any], None]] = {
    TrackDatabase: alter_database.track_database,
    SetDatabaseOption: alter_database.set_database_option,
}
_ON_SERVER: dict[type[Any], Callable[[Work, Any], None]] = {
    CreateLogin: principals.create_login,
    DropLogin: principals.drop_login,
}


def is_definition(statement: Statement) -> bool:
    """Whether `run_definition` takes this statement."""
    kind = type(statement)
    return kind in _IN_DATABASE or kind in _ON_DATABASE or kind in _ON_SERVER or kind is CreateDatabase


def run_definition(session: SessionState, statement: Statement) -> None:
    """Run it. Raises 226 or 3964 where definitions are not allowed, and what the statement raises."""
    if isinstance(statement, CreateDatabase):
        _outside_transaction(session, "CREATE DATABASE")
        check_server_definition(session.login, statement)
        session.instance.create(statement.name)
    elif isinstance(statement, (TrackDatabase, SetDatabaseOption)):
        _outside_transaction(session, "ALTER DATABASE")
        _alter_database(session, statement)
    elif isinstance(statement, (CreateLogin, DropLogin)):
        _on_server(session, statement)
    else:
        _in_database(session, statement)


def _outside_transaction(session: SessionState, statement: str) -> None:
    if session.transactions.is_open:
        raise not_in_transaction(statement)


def _in_database(session: SessionState, statement: Statement) -> None:
    transactions = session.transactions
    snapshot = transactions.is_open and transactions.level == "SNAPSHOT"
    if snapshot and not isinstance(statement, TruncateTable):
        raise ddl_in_snapshot(session.database)
    transactions.start_writing(alone=True)
    work = Work(
        connection=session.connection,
        database=session.current,
        instance=session.instance,
        user=session.user.principal_id,
    )
    check_definition(work, statement)
    _IN_DATABASE[type(statement)](work, statement)
    transactions.end_statement()


def _alter_database(session: SessionState, statement: TrackDatabase | SetDatabaseOption) -> None:
    """On a connection of its own, since the database need not be the current one."""
    database = _database(session, statement.database)
    with separate_connection(database, session.is_cancelled) as connection:
        user = user_in(database, connection, session.login)
        if user is None:
            raise cannot_alter_database(database.name, state=9)
        work = Work(connection=connection, database=database, instance=session.instance, user=user.principal_id)
        check_alter_database(work)
        _ON_DATABASE[type(statement)](work, statement)


def _on_server(session: SessionState, statement: CreateLogin | DropLogin) -> None:
    """In master, on a connection of its own: it is not part of the session's transaction, so there must be none."""
    if session.transactions.is_open:
        raise unsupported("CREATE LOGIN or DROP LOGIN inside a transaction")
    check_server_definition(session.login, statement)
    master = session.instance.master
    with separate_connection(master, session.is_cancelled) as connection:
        work = Work(connection=connection, database=master, instance=session.instance, user=DBO)
        _ON_SERVER[type(statement)](work, statement)


def _database(session: SessionState, name: str | None) -> Database:
    if name is None:
        return session.current
    database = session.instance.find(name)
    if database is None:
        raise cannot_alter_database(name, state=5)
    return database
