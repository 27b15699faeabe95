"""Waits for locks have an end: nobody's open transaction holds up relay for longer than LOCK_SECONDS.

LOCK_TIMEOUT is the session's, and makes error 1222 of a wait that takes longer (Microsoft, "SET LOCK_TIMEOUT"). Rows
are read in SNAPSHOT, which waits for no row; but whoever alters a table (Sch-M) keeps out all who read it, at every
level, and all who ask the catalog about it, by views or by functions such as OBJECT_ID: those are read at READ
COMMITTED, whatever level is asked for (Microsoft, "Transaction locking and row versioning guide", and "Transaction
isolation levels" on metadata). ALTER DATABASE alone does not honour LOCK_TIMEOUT.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from common.database.errors import LockedError
from common.database.mssql.errors import LOCK_TIMEOUT, error_number
from common.database.mssql.fence_table import FENCES
from common.database.records import TrackedTable

LOCK_SECONDS = 3.0
"""Shorter than any limit of a statement."""
BRIEF_SECONDS = 0.2
"""For those who have waited already, or ask for one after the other."""
FENCE_TABLE = f"{FENCES.schema}.{FENCES.name}"


def limit_lock_waits(dbapi_connection: Any) -> None:
    """Have a new connection of pyodbc wait for no lock longer than LOCK_SECONDS."""
    # guard: no-wait-without-end
    dbapi_connection.execute(_limit(LOCK_SECONDS)).close()


@contextmanager
def waiting_briefly(connection: sa.Connection) -> Iterator[None]:
    """Inside the block the connection waits for no lock longer than BRIEF_SECONDS."""
    connection.exec_driver_sql(_limit(BRIEF_SECONDS))
    try:
        yield
    finally:
        connection.rollback()
        connection.exec_driver_sql(_limit(LOCK_SECONDS))


@contextmanager
def locks_named(tracked: TrackedTable, what: str) -> Iterator[None]:
    """Make a LockedError, which says that `what` is locked, of a wait for a lock that took too long."""
    try:
        yield
    except DBAPIError as error:
        if is_locked(error):
            raise LockedError(f"source {tracked.name}", what) from error
        raise


def is_locked(error: DBAPIError) -> bool:
    """Whether a lock was waited for in vain."""
    return error_number(error) == LOCK_TIMEOUT


def table_or_fence(tracked: TrackedTable) -> str:
    """What may be locked where both are read at once."""
    return f"{tracked.full_name}, or its row of {FENCE_TABLE},"


def _limit(seconds: float) -> str:
    return f"SET LOCK_TIMEOUT {round(seconds * 1000)}"
