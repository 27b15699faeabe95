"""Runs definition statements: in the open transaction, or in one of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.database import Database
from sandbox.sqlserver.engine.ddl import alter, alter_database, schemas, tables
from sandbox.sqlserver.engine.ddl.work import Work
from sandbox.sqlserver.engine.errors import ddl_in_snapshot, not_in_transaction
from sandbox.sqlserver.engine.parser.statements import (
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
    SetDatabaseOption,
    Statement,
    TrackDatabase,
    TrackTable,
    TruncateTable,
)
from sandbox.sqlserver.engine.transactions import Transactions

if TYPE_CHECKING:
    from sandbox.sqlserver.engine.session import EngineSession

_IN_DATABASE: dict[type[Any], Callable[[Work, Any], None]] = {
    CreateTable: tables.create_table,
    CreateTableOf: tables.create_table_of,
    DropTable: tables.drop_table,
    TruncateTable: tables.truncate_table,
    CreateSchema: schemas.create_schema,
    DropSchema: schemas.drop_schema,
    CreateIndex: tables.create_index,
    DropIndex: tables.drop_index,
    AddToTable: alter.add_to_table,
    AlterColumn: alter.alter_column,
    DropFromTable: alter.drop_from_table,
    TrackTable: alter.track_table,
}
_ON_DATABASE: dict[type[Any], Callable[[Work, Any], None]] = {
    TrackDatabase: alter_database.track_database,
    SetDatabaseOption: alter_database.set_database_option,
}


def is_definition(statement: Statement) -> bool:
    """Whether `run_definition` takes this statement."""
    kind = type(statement)
    return kind in _IN_DATABASE or kind in _ON_DATABASE or kind is CreateDatabase


def run_definition(session: EngineSession, statement: Statement) -> None:
    """Run it. Raises 226 or 3964 where definitions are not allowed, and what the statement raises."""
    if isinstance(statement, CreateDatabase):
        _outside_transaction(session, "CREATE DATABASE")
        session.server.create(statement.name)
    elif isinstance(statement, (TrackDatabase, SetDatabaseOption)):
        _outside_transaction(session, "ALTER DATABASE")
        _alter_database(session, statement)
    else:
        _in_database(session, statement)


def _outside_transaction(session: EngineSession, statement: str) -> None:
    if session.transactions.is_open:
        raise not_in_transaction(statement)


def _in_database(session: EngineSession, statement: Statement) -> None:
    transactions = session.transactions
    snapshot = transactions.is_open and transactions.level == "SNAPSHOT"
    if snapshot and not isinstance(statement, TruncateTable):
        raise ddl_in_snapshot(session.database)
    transactions.start_writing()
    work = Work(connection=session.connection, database=session.current)
    _IN_DATABASE[type(statement)](work, statement)
    transactions.end_statement()


def _alter_database(session: EngineSession, statement: TrackDatabase | SetDatabaseOption) -> None:
    """On a connection of its own, since the database need not be the current one."""
    database = _database(session, statement.database)
    connection = database.connect()
    transactions = Transactions(database, connection, session.is_cancelled)
    try:
        transactions.start_writing()
        _ON_DATABASE[type(statement)](Work(connection=connection, database=database), statement)
        transactions.end_statement()
        database.settings_changed(connection)
    finally:
        transactions.abort()
        connection.close()


def _database(session: EngineSession, name: str | None) -> Database:
    if name is None:
        return session.current
    database = session.server.find(name)
    if database is None:
        text = (
            f"User does not have permission to alter database '{name}', the database does not exist, or the database "
        )
        raise SqlError(5011, text + "is not in a state that allows access checks.", severity=14, state=5)
    return database
