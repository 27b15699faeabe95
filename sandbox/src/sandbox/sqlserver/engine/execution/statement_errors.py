"""What an error does beyond its statement.

Microsoft, "TRY...CATCH" and "SET XACT_ABORT"; which errors end a batch is told by no page of Microsoft's, but by
Erland Sommarskog, "Error and Transaction Handling in SQL Server", part two.
"""

from __future__ import annotations

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.errors import CANCELLED, UNSUPPORTED

GOES_ON = frozenset({220, 229, 230, 515, 544, 547, 2601, 2627, 2628, 3902, 3903, 8115, 8134, 8152})
"""Errors that end their statement only, unless XACT_ABORT is on: constraints, overflows, rights, a COMMIT too many."""
ABORTS = frozenset({241, 245, 1205, 3951, 3952, 3960, 3961, 8114, 8169})
"""Errors that roll back the whole transaction whatever XACT_ABORT says: conversions, deadlocks, snapshot conflicts."""
_NAMES = frozenset({207, 208, 209, 4104})
"""A name that means nothing: SQL Server finds that when it compiles the statement, where no TRY of the batch looks."""
_FATAL_SEVERITY = 20


def goes_on(error: SqlError, *, xact_abort: bool) -> bool:
    """Whether the batch goes on with its next statement."""
    return error.number in GOES_ON and not xact_abort


def can_be_caught(error: SqlError, *, from_below: bool) -> bool:
    """Whether CATCH sees it; `from_below`: from a batch that EXEC has run inside the TRY."""
    if error.number in (CANCELLED, UNSUPPORTED) or error.severity >= _FATAL_SEVERITY:
        return False
    return from_below or error.number not in _NAMES
