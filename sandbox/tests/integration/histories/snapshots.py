"""A connection that reads one snapshot while others go on."""

from __future__ import annotations

import pyodbc

from tests.integration.histories.answers import compare
from tests.integration.histories.model import Database


class SnapshotReader:
    """Begins a snapshot transaction, and looks again and again whether nothing in it has changed."""

    def __init__(self, connection: pyodbc.Connection) -> None:
        self._connection = connection
        self._seen: Database | None = None
        connection.execute("SET TRANSACTION ISOLATION LEVEL SNAPSHOT")

    def look_again(self, database: Database) -> None:
        """Compare what is seen with what was committed when the snapshot began; begin one when there is none."""
        if self._seen is None:
            self._connection.execute("BEGIN TRANSACTION")
            self._seen = database.as_committed()
        compare(self._connection, self._seen, owns=False)

    def stop(self) -> None:
        """End the snapshot: definitions of tables have no versions, and SQL Server ends it with an error."""
        if self._seen is not None:
            self._connection.execute("COMMIT")
            self._seen = None
