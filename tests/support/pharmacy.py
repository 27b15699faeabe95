"""The other side of SQL Server: who writes documents, with a connection of one's own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

import pyodbc

from examples.pharmacy.connection import connect
from examples.pharmacy.documents import PENDING, SALE, DocumentKind
from tests.support.canaries import ARGUMENT

SHOP = ARGUMENT


class Desk:
    """Where one writes documents of one shop; every call is a transaction of its own."""

    def __init__(self, connection: pyodbc.Connection) -> None:
        self._connection = connection

    def insert(self, local_id: str, *, kind: DocumentKind = SALE, status: str = PENDING) -> None:
        """A new document."""
        statement = f"INSERT INTO dbo.{kind.table} (shop_pharmacy_code, {kind.id_column}, status) VALUES (?, ?, ?)"
        self._connection.execute(statement, SHOP, local_id, status)

    def set_status(self, local_id: str, status: str, *, kind: DocumentKind = SALE) -> None:
        """What a worker service does, or a clerk who re-opens a document."""
        statement = f"UPDATE dbo.{kind.table} SET status = ? WHERE shop_pharmacy_code = ? AND {kind.id_column} = ?"
        self._connection.execute(statement, status, SHOP, local_id)

    def statuses(self, *, kind: DocumentKind = SALE) -> dict[str, str]:
        """The status of every document by its local id."""
        rows = self._connection.execute(f"SELECT {kind.id_column}, status FROM dbo.{kind.table}").fetchall()
        return {str(row[0]): str(row[1]) for row in rows}


@contextmanager
def desk(environment: Mapping[str, str]) -> Iterator[Desk]:
    """A desk that is closed at the end."""
    connection = connect(environment)
    try:
        yield Desk(connection)
    finally:
        connection.close()
