"""SET options and isolation levels."""

from __future__ import annotations

from sandbox.sqlserver.engine.ddl.demands import check_identity_insert
from sandbox.sqlserver.engine.errors import invalid_object, unsupported
from sandbox.sqlserver.engine.execution.session_state import SessionState
from sandbox.sqlserver.engine.parser.small_statements import SetIsolation, SetOption

_ALWAYS = {
    "ANSI_NULLS": "ON",
    "ANSI_PADDING": "ON",
    "ANSI_WARNINGS": "ON",
    "ARITHABORT": "ON",
    "CONCAT_NULL_YIELDS_NULL": "ON",
    "QUOTED_IDENTIFIER": "ON",
    "ANSI_NULL_DFLT_ON": "ON",
    "ANSI_DEFAULTS": "ON",
    "NUMERIC_ROUNDABORT": "OFF",
    "CURSOR_CLOSE_ON_COMMIT": "OFF",
    "IMPLICIT_TRANSACTIONS": "OFF",
    "FMTONLY": "OFF",
    "ROWCOUNT": "0",
    "DATEFIRST": "7",
    "DATEFORMAT": "MDY",
    "LANGUAGE": "US_ENGLISH",
}
"""Options that have one value here; any other one is refused."""
_IGNORED = frozenset({"TEXTSIZE"})
"""The driver sets it at login; values are never cut here."""


def set_option(session: SessionState, statement: SetOption) -> None:
    """SET NOEXEC, NOCOUNT, XACT_ABORT, LOCK_TIMEOUT, IDENTITY_INSERT and options that can only be what they are."""
    option, value = statement.option, statement.value
    facts = session.facts
    if option == "NOEXEC":
        facts.noexec = value == "ON"
        return
    if facts.noexec:
        return
    if option == "NOCOUNT":
        facts.nocount = value == "ON"
    elif option == "XACT_ABORT":
        facts.xact_abort = value == "ON"
    elif option == "LOCK_TIMEOUT":
        session.transactions.lock_timeout = None if int(value) < 0 else int(value) / 1000
    elif option == "IDENTITY_INSERT":
        facts.identity_insert = _identity_table(session, statement) if value == "ON" else None
    elif option not in _IGNORED and _ALWAYS.get(option) != value:
        raise unsupported(f"SET {option} {value}")


def _identity_table(session: SessionState, statement: SetOption) -> int:
    parts = statement.table or ()
    session.transactions.start_reading()
    try:
        catalog = session.current.catalog(session.connection)
    finally:
        session.transactions.end_statement()
    table = catalog.find(parts[-2] if len(parts) > 1 else "dbo", parts[-1])
    if table is None:
        raise invalid_object(".".join(parts))
    check_identity_insert(session.rights(catalog), table, parts)
    return table.object_id


def set_isolation(session: SessionState, statement: SetIsolation) -> None:
    """SET TRANSACTION ISOLATION LEVEL. A snapshot transaction cannot change over here, though SQL Server lets it."""
    transactions = session.transactions
    leaving = transactions.is_open and transactions.began_in == "SNAPSHOT" and statement.level != "SNAPSHOT"
    if leaving and transactions.is_reading:
        raise unsupported("leaving SNAPSHOT inside a transaction that has read")
    transactions.level = statement.level
