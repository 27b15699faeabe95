"""What a statement sees of the rows that other transactions have locked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sandbox.sqlserver.engine.catalog.schema import Table, quote
from sandbox.sqlserver.engine.locking.hold import Hold
from sandbox.sqlserver.engine.locking.reading import THERE, Reading, locked_rows
from sandbox.sqlserver.engine.sqlite.connection import Connection
from sandbox.sqlserver.engine.values.storage import column_affinity


class View:
    """The locked rows as they are copied for one statement, and the first of them that it has met."""

    def __init__(self) -> None:
        self._owners: dict[tuple[int, int], Hold] = {}
        self.met: Hold | None = None
        """Who has to end before the statement can be run."""

    def clear(self) -> None:
        """Before a statement."""
        self._owners.clear()
        self.met = None

    def copy(self, connection: Connection, readings: Iterable[Reading], holds: Sequence[Hold]) -> None:
        """Copy what these transactions have locked of these tables."""
        waits = {reading.table.object_id: False for reading in readings}
        for reading in readings:
            waits[reading.table.object_id] |= reading.waits or reading.skips
        for table in {reading.table.object_id: reading.table for reading in readings}.values():
            _create(connection, table)
            for hold in holds:
                self._copy(connection, table, hold, waits=waits[table.object_id])

    def check(self, table_id: int, row: int | None) -> int:
        """What SQLite asks for every row that the statement reads."""
        if row is not None and self.met is None:
            self.met = self._owners.get((table_id, row))
        return 1

    def _copy(self, connection: Connection, table: Table, hold: Hold, *, waits: bool) -> None:
        if table.object_id not in hold.touched.tables:
            return
        rows = hold.touched.tables[table.object_id]
        images = hold.owner.images(hold, table)
        if images is None:
            # The table as a whole, which READPAST too waits for; or the transaction has ended in this moment.
            self.met = self.met or (hold if waits or rows is not None else None)
            return
        names = ", ".join(["_rowid_", THERE, *(quote(column.name) for column in table.stored)])
        marks = ", ".join("?" for _ in range(len(table.stored) + 2))
        copies = []
        for row, image in images.items():
            is_new = (rows or {}).get(row, False)
            number = -len(self._owners) - 1 if is_new else row
            self._owners[table.object_id, number] = hold
            copies.append((number, int(image is not None), *(image or [None] * len(table.stored))))
        connection.run_many(f"INSERT INTO {locked_rows(table)} ({names}) VALUES ({marks})", copies)


def _create(connection: Connection, table: Table) -> None:
    columns = "".join(f", {quote(column.name)} {column_affinity(column.type)}" for column in table.stored)
    connection.run(f"DROP TABLE IF EXISTS {locked_rows(table)}")
    connection.run(f"CREATE TABLE {locked_rows(table)} ({THERE} INTEGER{columns})")
