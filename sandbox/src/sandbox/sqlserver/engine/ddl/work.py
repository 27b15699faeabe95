"""What definition statements work with."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.catalog.schema import Catalog, Index, Table
from sandbox.sqlserver.engine.catalog.store import touch
from sandbox.sqlserver.engine.ddl import physical
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.instance import Instance
from sandbox.sqlserver.engine.rights.effective import Rights
from sandbox.sqlserver.engine.sqlite.connection import Connection
from sandbox.sqlserver.engine.sqlite.database import Database
from sandbox.sqlserver.engine.transactions.transactions import Transactions


@dataclass(frozen=True, kw_only=True, slots=True)
class Work:
    """A connection inside a write transaction, the database it belongs to, and for whom it is done."""

    connection: Connection
    database: Database
    instance: Instance
    user: int
    """principal_id in the database."""

    def catalog(self) -> Catalog:
        """The catalog as it is now, with one's own changes."""
        return self.database.catalog(self.connection)

    def rights(self) -> Rights:
        """What the user may do, by the catalog as it is now."""
        return Rights(self.catalog(), self.user)

    def table_name(self, parts: tuple[str, ...]) -> tuple[str, str]:
        """(schema, table) of a dotted name. Raises 40000 for another database."""
        if len(parts) > 2 and parts[-3].lower() != self.database.name.lower():
            raise unsupported(f"a table of another database: {'.'.join(parts)}")
        return (parts[-2] if len(parts) > 1 and parts[-2] else "dbo"), parts[-1]

    def find_table(self, parts: tuple[str, ...], *, error: Callable[[str], SqlError]) -> Table:
        """The table of a dotted name. Raises what `error` makes of the name."""
        table = self.catalog().find(*self.table_name(parts))
        if table is None:
            raise error(".".join(parts))
        return table

    def build_index(self, table_id: int, index_id: int) -> None:
        """Make an index that was just written into the catalog. Raises 1505 for rows that are duplicates."""
        touch(self.connection.raw)
        catalog = self.catalog()
        table = catalog.by_id(table_id)
        if table is None:
            raise KeyError(table_id)
        index = next(index for index in table.indexes if index.index_id == index_id)
        try:
            physical.create_index(self.connection, catalog, table, index)
            physical.note_altered(self.connection, table_id)
        except sqlite3.IntegrityError:
            text = (
                "The CREATE UNIQUE INDEX statement terminated because a duplicate key was found for the object name "
                f"'{table.full_name}' and the index name '{index.name}'."
            )
            raise SqlError(1505, text) from None

    def drop_index(self, table: Table, index: Index) -> None:
        """Remove an index or key."""
        raw = self.connection.raw
        physical.note_altered(self.connection, table.object_id)
        raw.execute(f"DROP INDEX IF EXISTS {physical.index_name(table, index)}")
        for name in ("_indexes", "_index_columns"):
            raw.execute(f"DELETE FROM {name} WHERE table_id = ? AND index_id = ?", (table.object_id, index.index_id))
        touch(raw)


@contextmanager
def separate_connection(database: Database, is_cancelled: Callable[[], bool]) -> Iterator[Connection]:
    """A connection of its own inside a write transaction, which is committed at the end, or rolled back on an error."""
    connection = database.connect()
    transactions = Transactions(database, connection, is_cancelled)
    try:
        transactions.start_writing(alone=True)
        yield connection
        transactions.end_statement()
        database.settings_changed(connection)
    finally:
        transactions.abort()
        connection.close()
