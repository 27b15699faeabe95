"""SQL Server's errors by number: which pass by themselves, and what mends the others.

Numbers and meaning: Microsoft, "Database Engine events and errors" (learn.microsoft.com/sql, errors-events).
"""

from __future__ import annotations

import re

from sqlalchemy.exc import DBAPIError

TRANSIENT = frozenset({1205, 1222, 3954, 3956, 3957, 3958, 3960, 3961, 3966, 3967})
"""Deadlock victim, lock timeout, and snapshots that the server gave up."""
PASSING_STATES = frozenset({"08S01", "08001", "08003", "08007", "HYT00", "HYT01", "HY008", "HY010"})
"""SQLSTATEs of a link that is gone or was never made, of a wait that reached its limit, and of a statement that was
cancelled: HY008 while it ran, HY010 when the cancel came between two calls of the driver."""

REMEDIES = {
    207: "a column is missing: mend the source's args and status column, or the table",
    208: "a table is missing: run `alembic upgrade head`, or create the table",
    229: "a right is missing: GRANT SELECT, VIEW CHANGE TRACKING on the table and SELECT, INSERT, UPDATE on"
    " relay_checkpoint",
    230: "a right on a column is missing: GRANT SELECT on the table",
    3952: "snapshot isolation is off: run `alembic upgrade head`",
    4060: "the database cannot be opened: check MSSQL_DATABASE and that the database is online",
    18456: "the login was refused: check MSSQL_USER and MSSQL_PASSWORD",
    22105: "the table is not tracked: run `relay enable`",
    22117: "this is a secondary replica: connect to the primary",
}
"""What to do about the errors that stay."""

_NUMBER = re.compile(r"\((\d+)\)")


def sqlstate(error: DBAPIError) -> str:
    """The five characters that pyodbc gives, or an empty text."""
    args: tuple[object, ...] = getattr(error.orig, "args", ())
    return args[0] if args and isinstance(args[0], str) else ""


def error_number(error: DBAPIError) -> int | None:
    """SQL Server's number of the first message; None when the driver itself spoke.

    pyodbc writes it in parentheses at the end of each message: `[42S02] [Microsoft]...'x'. (208) (SQLExecDirectW)`.
    """
    args: tuple[object, ...] = getattr(error.orig, "args", ())
    text = args[1] if len(args) > 1 else None
    found = _NUMBER.search(text) if isinstance(text, str) else None
    return int(found.group(1)) if found and int(found.group(1)) else None


def is_transient(error: DBAPIError) -> bool:
    """Whether the same call may well succeed a moment later."""
    number = error_number(error)
    if number in REMEDIES:
        return False
    return number in TRANSIENT or error.connection_invalidated or sqlstate(error) in PASSING_STATES


def remedy(error: DBAPIError) -> str | None:
    """What a person can do about it; None when this module does not know."""
    number = error_number(error)
    return REMEDIES.get(number) if number is not None else None
