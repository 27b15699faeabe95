"""The words that begin T-SQL's statements."""

from __future__ import annotations

KNOWN = frozenset(
    [
        "SELECT",
        "WITH",
        "INSERT",
        "UPDATE",
        "DELETE",
        "CREATE",
        "ALTER",
        "DROP",
        "TRUNCATE",
        "SET",
        "DECLARE",
        "BEGIN",
        "COMMIT",
        "ROLLBACK",
        "SAVE",
        "EXEC",
        "EXECUTE",
        "IF",
        "WHILE",
        "BREAK",
        "CONTINUE",
        "PRINT",
        "THROW",
        "RETURN",
        "USE",
        "GRANT",
        "DENY",
        "REVOKE",
        "WAITFOR",
        "RAISERROR",
    ]
)
"""Statements that the stand-in has, or has in part."""

_RESERVED = frozenset(
    [
        "BACKUP",
        "BULK",
        "CHECKPOINT",
        "CLOSE",
        "DBCC",
        "DEALLOCATE",
        "GOTO",
        "KILL",
        "OPEN",
        "READTEXT",
        "RECONFIGURE",
        "RESTORE",
        "REVERT",
        "SETUSER",
        "SHUTDOWN",
        "UPDATETEXT",
        "WRITETEXT",
    ]
)
"""Reserved words that begin a statement, wherever they stand."""

STARTERS = KNOWN | _RESERVED
"""Words that end the statement before them. A query in parentheses never follows without a semicolon."""

REFUSED = _RESERVED | {"MERGE", "FETCH", "ENABLE", "DISABLE", "ADD", "COPY", "GET", "MOVE", "RECEIVE", "SEND"}
"""First words of statements that the stand-in has not. Those that are not reserved mean other things elsewhere."""
