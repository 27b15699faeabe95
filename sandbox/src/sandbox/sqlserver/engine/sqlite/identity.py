"""Identity values for one connection's inserts."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

Next = Callable[[int, int, int], int]
"""(table's object id, increment, last persisted value) to the next value."""


class Identities:
    """Hands out identity values while a statement runs, and writes the last one into the catalog."""

    def __init__(self, connection: sqlite3.Connection, next_value: Next) -> None:
        self._connection = connection
        self._next_value = next_value
        self._persisted: dict[int, int] = {}
        self.last: int | None = None
        connection.create_function("tsql_next_identity", 2, self._next)

    def load(self, table_id: int) -> None:
        """Before an insert: read what the catalog says."""
        row = self._connection.execute("SELECT last FROM _identity WHERE table_id = ?", (table_id,)).fetchone()
        self._persisted[table_id] = row[0]

    def save(self, table_id: int, increment: int) -> None:
        """After an insert: never step back, as a value given by hand may lie behind the last one."""
        extreme = "max" if increment > 0 else "min"
        self._connection.execute(
            f"UPDATE _identity SET last = {extreme}(last, ?) WHERE table_id = ?", (self.last, table_id)
        )

    def _next(self, table_id: int, increment: int) -> int:
        self.last = self._next_value(table_id, increment, self._persisted[table_id])
        return self.last
