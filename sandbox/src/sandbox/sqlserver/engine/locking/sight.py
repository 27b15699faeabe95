"""Whose definitions a query of the catalog depends on: those of tables that others have altered cannot be told yet.

SQL Server reads its catalog, by views or by functions such as OBJECT_ID, at READ COMMITTED whatever the session's level
is (Microsoft, "Transaction isolation levels": metadata access), and waits there for whoever has altered what it finds;
LOCK_TIMEOUT makes that 1222.
"""

from __future__ import annotations

SEES_FUNCTION = "tsql_sees"
"""SQLite function: whether the user may know of an object. Asked of every row of the catalog about a table."""
TRACKS_FUNCTION = "tsql_tracks"
"""SQLite function: whether the user may read a table's changes."""


class Sight:
    """Of one session: what its statement asks the catalog about."""

    def __init__(self) -> None:
        self.asked: set[int] = set()
        """Of which objects the statement has asked."""
        self.hidden: int | None = None
        """One that is left out, to see whether the answer is another one then."""

    def shows(self, object_id: int) -> bool:
        """Note that it was asked about; gives whether it shall be seen."""
        self.asked.add(object_id)
        return object_id != self.hidden


def looks_up(sql: str) -> bool:
    """Whether translated SQL asks the catalog about tables."""
    return SEES_FUNCTION in sql or TRACKS_FUNCTION in sql
