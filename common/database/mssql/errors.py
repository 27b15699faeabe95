"""SQL Server's errors by number: which pass by themselves, and what fixes the others.

Numbers and meaning: Microsoft, "Database Engine events and errors" (learn.microsoft.com/sql, errors-events).
"""

from __future__ import annotations

import re

from sqlalchemy.exc import DBAPIError

from common.database.errors import WHO_KEEPS_IT_OPEN, ConfigurationError
from common.database.mssql.driver_errors import driver_remedy
from common.database.names import full_name
from common.sql_server_text import messages

LOCK_TIMEOUT = 1222
LOCKS = {1204, 1205, LOCK_TIMEOUT}
"""Out of locks, deadlock victim, lock timeout."""
ALTERED = {206, 207, 208, 241, 245, 402, 529, 8114, 22105, 22110, 22111}
"""A table is not what it was described as: a column, its type, the key or the table itself is another, or gone. The
next attempt describes it anew, and then goes on or says exactly what is wrong."""
SNAPSHOTS = {3954, 3956, 3957, 3958, 3960, 3961, 3966, 3967}
"""Snapshots that the server gave up, or cannot give while the option changes."""
SHORTAGES = {701, 802, 1105, 8628, 8645, 8651, 9002}
"""Memory, disk or log full: for a person to look at, but relay goes on by itself once there is room again."""
GOING_DOWN = {596, 6005, 17142, 17143, 18401}
"""The session was ended, or the server is stopping, paused or being upgraded."""
RECOVERING = {904, 921, 922, 924, 927, 942, 945, 976, 983, 4060}
"""The database is offline, being restored, recovering or failing over. 4060 may also be a wrong name."""
AZURE = {10928, 10929, 40143, 40197, 40501, 40613, 49918, 49919, 49920}
"""Azure SQL: limits that are reached, and databases that are being moved (Microsoft, "Troubleshoot transient
connection errors in SQL Database")."""
TRANSIENT = frozenset(LOCKS | ALTERED | SNAPSHOTS | SHORTAGES | GOING_DOWN | RECOVERING | AZURE)
"""The same call may succeed a moment later, or once somebody has made room."""
TRANSIENT_STATES = frozenset({"08S01", "08001", "08003", "08007", "HYT00", "HYT01", "HY008", "HY010"})
"""SQLSTATEs of a link that is gone or was never made, of a wait that reached its limit, and of a statement that was
cancelled: HY008 while it ran, HY010 when the cancel came between two calls of the driver."""

_BY_OTHERS = (
    "use a login with the rights that docs/operations.md names, or have somebody who has them run what `--sql` prints"
)
_ANOTHER_TABLE = "a table was altered while it was read; if this stays: run `relay sources --check`"
_NOT_CONVERTED = (
    "a value cannot be converted: a computed column fails for one of the rows, or a table was altered while it was"
    " read; if this stays: SELECT the source's columns for the rows that are pending, and fix that row"
)
REMEDIES = {
    **dict.fromkeys(ALTERED, _ANOTHER_TABLE),
    **dict.fromkeys((241, 245, 8114), _NOT_CONVERTED),
    207: "a column is missing: fix the source's args and status column, or the table",
    208: "a table is missing: run `alembic upgrade head`, or create the table",
    229: "a right is missing: GRANT SELECT, VIEW CHANGE TRACKING on the table and SELECT, INSERT, UPDATE on"
    " relay_fence",
    230: "a right on a column is missing: GRANT SELECT on the table",
    LOCK_TIMEOUT: "a table is locked by an open transaction, an ALTER or an index that is being rebuilt; try again when"
    f" that has ended; whose it is: {WHO_KEEPS_IT_OPEN}",
    3956: "snapshot isolation is being switched on, which waits until all transactions that were open then have ended;"
    f" relay goes on by itself; whose they are: {WHO_KEEPS_IT_OPEN}",
    3952: "snapshot isolation is off: run `alembic upgrade head`",
    262: f"a right is missing: {_BY_OTHERS}",
    1088: f"the table is missing, or the login may not ALTER it: create it, or {_BY_OTHERS}",
    4060: "the database cannot be opened: check MSSQL_DATABASE, that the database is online, and that the login has a"
    " user in it (CREATE USER ... FOR LOGIN ...)",
    916: "the login has no user in the database: CREATE USER ... FOR LOGIN ...",
    3906: "the database is read-only: connect to the primary, or set it to READ_WRITE",
    5011: f"the login may not ALTER DATABASE: {_BY_OTHERS}",
    18456: "the login was refused: check MSSQL_USER and MSSQL_PASSWORD",
    18452: "the login was refused: MSSQL_USER must be a login of SQL Server's own, and the server must allow those",
    18470: "the login is disabled: ALTER LOGIN ... ENABLE",
    18486: "the login is locked: ALTER LOGIN ... WITH PASSWORD = ... UNLOCK",
    18487: "the login's password has expired: set another, and MSSQL_PASSWORD",
    18488: "the login's password must be changed: do so, and set MSSQL_PASSWORD",
    22105: "the table is not tracked: run `relay enable`",
    22117: "this is a secondary replica: connect to the primary",
}
"""What to do about the errors that stay, and about those that may."""
RIGHTS = frozenset({229, 230, 262, 1088, 5011})
"""Those of a login that lacks a right."""

_CANNOT_OPEN = 4060
_DENIED = re.compile(
    r"The (?P<right>[A-Z ]+) permission was denied on the (?:column '.*?' of the )?object '(?P<object>.*?)',"
    r" database '.*?', schema '(?P<schema>.*?)'"
)
"""229 and 230, as a server says them whose language is English."""


def sqlstate(error: DBAPIError) -> str:
    """The five characters that pyodbc gives, or an empty text."""
    args: tuple[object, ...] = getattr(error.orig, "args", ())
    return args[0] if args and isinstance(args[0], str) else ""


def error_number(error: DBAPIError) -> int | None:
    """SQL Server's number of its first message; None when the driver itself spoke.

    4060 wins over the 18456 that comes with it, whichever the driver names first: the login was right.
    """
    # guard: numbers-of-the-server
    numbers = [each.number for each in messages(said(error)) if each.is_of_the_server]
    if _CANNOT_OPEN in numbers:
        return _CANNOT_OPEN
    return numbers[0] if numbers and numbers[0] else None


def is_transient(error: DBAPIError) -> bool:
    """Whether the same call may well succeed a moment later."""
    number = error_number(error)
    if number in TRANSIENT:
        return True
    # guard: driver-refusals
    if number in REMEDIES or driver_remedy(sqlstate(error), said(error)) is not None:
        return False
    return error.connection_invalidated or sqlstate(error) in TRANSIENT_STATES


def remedy(error: DBAPIError) -> str | None:
    """What a person can do about it; None when this module does not know."""
    number = error_number(error)
    denied = _DENIED.search(said(error))
    if number in (229, 230) and denied is not None:
        return f"a right is missing: GRANT {denied['right']} ON {full_name(denied['schema'], denied['object'])}"
    if number in REMEDIES:
        return REMEDIES[number]
    return driver_remedy(sqlstate(error), said(error))


def numbered_remedy(error: DBAPIError) -> str | None:
    """The remedy with the error's number before it, if it has one; None when this module does not know."""
    known, number = remedy(error), error_number(error)
    if known is None:
        return None
    return f"SQL Server error {number}: {known}" if number in REMEDIES else f"SQL Server: {known}"


def as_configuration_error(error: DBAPIError, what: str) -> ConfigurationError | None:
    """The error with its number and remedy; None when this module knows none. `what` names the source."""
    known = numbered_remedy(error)
    return None if known is None else ConfigurationError(f"{what}: {known}")


def said(error: DBAPIError) -> str:
    """What the server or the driver said, or an empty text."""
    args: tuple[object, ...] = getattr(error.orig, "args", ())
    return args[1] if len(args) > 1 and isinstance(args[1], str) else ""
