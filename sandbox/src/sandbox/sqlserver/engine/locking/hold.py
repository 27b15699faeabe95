"""What one transaction has locked."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from sandbox.sqlserver.engine.catalog.schema import Table

ESCALATION = 5000
"""Rows of one table after which a transaction locks all of it (Microsoft, "Lock escalation")."""
TOUCH_FUNCTION = "tsql_touch"
"""SQLite function: (table's object id, row's number, whether it is new), called by a trigger for every row changed."""

Rows = dict[int, bool]
"""Rows by the number that SQLite gave them, each with whether it is new: nobody else knows that number then."""


Images = Mapping[int, tuple[object, ...] | None]
"""Rows as their transaction has them, by number: the stored columns; None where it has deleted the row."""


class Touched:
    """Rows by table; None: the table as a whole."""

    def __init__(self) -> None:
        self.tables: dict[int, Rows | None] = {}
        self.schemas: dict[int, bool] = {}
        """Tables with a schema lock (Sch-M), each with whether its definition was changed."""

    def note(self, table_id: int, row: int, is_new: int) -> None:
        """A row was inserted, updated or deleted."""
        rows = self.tables.setdefault(table_id, {})
        if rows is None:
            return
        rows.setdefault(row, bool(is_new))
        if len(rows) > ESCALATION:
            self.tables[table_id] = None

    def whole(self, table_id: int) -> None:
        """All of a table: so many of its rows that it is not worth to tell them apart."""
        self.tables[table_id] = None

    def schema(self, table_id: int, *, is_altered: bool) -> None:
        """A table was altered or dropped, or only truncated: nobody else may even look it up.

        Microsoft, "Transaction locking and row versioning guide": schema modification locks.
        """
        self.whole(table_id)
        self.schemas[table_id] = is_altered or self.schemas.get(table_id, False)

    def take_over(self, later: Touched) -> None:
        """Add what a statement has touched."""
        for table_id, rows in later.tables.items():
            if rows is None:
                self.whole(table_id)
            for row, is_new in (rows or {}).items():
                self.note(table_id, row, is_new)
        for table_id, is_altered in later.schemas.items():
            self.schema(table_id, is_altered=is_altered)
        later.clear()

    def clear(self) -> None:
        """Nothing is touched."""
        self.tables.clear()
        self.schemas.clear()


class Reader(Protocol):
    """A connection to the file, as far as another session asks by it."""

    def run(self, sql: str, arguments: Sequence[Any] = ()) -> sqlite3.Cursor:
        """Execute one statement."""


class Owner(Protocol):
    """Whose a transaction is: what the others ask of it. From any thread, while the file is theirs."""

    def set_aside(self) -> None:
        """Take its changes out of the file. Nothing when it is over."""

    def images(self, hold: Hold, table: Table) -> Images | None:
        """The rows of a table that it has locked, as it has left them; None when it is over, or has locked all."""

    def has_aside(self, hold: Hold, table: Table, rows: Rows, connection: Reader) -> bool:
        """Whether it is aside, or over in this moment, and has the unique keys of these rows of the file."""


@dataclass(kw_only=True, eq=False)
class Hold:
    """One transaction's locks, from its first write to its end."""

    owner: Owner
    spid: int
    touched: Touched = field(default_factory=Touched)
    wants_all: bool = False
    """Whether it keeps all other writers out, whatever their rows."""

    @property
    def is_exclusive(self) -> bool:
        """Whether it cannot be set aside, so that nobody else may write until it ends."""
        return self.wants_all or None in self.touched.tables.values()


def schema_locks(holds: Sequence[Hold]) -> Mapping[int, Hold]:
    """The tables that these transactions have altered, dropped or truncated: no isolation level looks at those."""
    return {table_id: hold for hold in holds for table_id in list(hold.touched.schemas)}


@dataclass(frozen=True, kw_only=True, slots=True)
class Patience:
    """How long somebody waits for a lock (None: for ever), and whether the client has asked to stop."""

    seconds: float | None
    is_cancelled: Callable[[], bool]
