"""SQL Server's errors, by what happened. Numbers and texts are Microsoft's (Database Engine events and errors)."""

from __future__ import annotations

from sandbox.sqlserver.contract import SqlError

UNSUPPORTED = 40000
"""Outside SQL Server's own range."""
CANCELLED = 3617
DUPLICATES = (2601, 2627)


def unsupported(what: str) -> SqlError:
    """The stand-in does not know this and will not guess. The number is outside SQL Server's own range."""
    return SqlError(UNSUPPORTED, f"sandbox does not support: {what}")


def syntax(near: str) -> SqlError:
    """102: the batch does not parse."""
    return SqlError(102, f"Incorrect syntax near '{near}'.", severity=15)


def invalid_object(name: str) -> SqlError:
    """208: no such table or view."""
    return SqlError(208, f"Invalid object name '{name}'.")


def invalid_column(name: str) -> SqlError:
    """207: no such column."""
    return SqlError(207, f"Invalid column name '{name}'.")


def unbound_identifier(name: str) -> SqlError:
    """4104: `a.b` where nothing in scope is called `a`."""
    return SqlError(4104, f'The multi-part identifier "{name}" could not be bound.')


def ambiguous_column(name: str) -> SqlError:
    """209: two sources have this column."""
    return SqlError(209, f"Ambiguous column name '{name}'.")


def undeclared_variable(name: str) -> SqlError:
    """137: no such variable or parameter."""
    return SqlError(137, f'Must declare the scalar variable "@{name}".', severity=15, state=2)


def operand_clash(left: str, right: str) -> SqlError:
    """206: these two types have no implicit conversion."""
    return SqlError(206, f"Operand type clash: {left} is incompatible with {right}", state=2)


def no_implicit_conversion(source: str, target: str) -> SqlError:
    """257: a conversion that needs CONVERT."""
    text = (
        f"Implicit conversion from data type {source} to {target} is not allowed. "
        "Use the CONVERT function to run this query."
    )
    return SqlError(257, text, state=3)


def conversion_failed(source: str, value: str, target: str) -> SqlError:
    """245: text that is not such a number."""
    text = f"Conversion failed when converting the {source} value '{value}' to data type {target}."
    return SqlError(245, text)


def conversion_error(source: str, target: str) -> SqlError:
    """8114: text that is not such a number, for decimal, float and bigint."""
    return SqlError(8114, f"Error converting data type {source} to {target}.", state=5)


def computed_column(name: str) -> SqlError:
    """271: INSERT or UPDATE of a computed column."""
    text = f'The column "{name}" cannot be modified because it is either a computed column or is the result of a UNION '
    return SqlError(271, f"{text}operator.")


def overflow(target: str) -> SqlError:
    """8115: the value does not fit."""
    text = f"Arithmetic overflow error converting expression to data type {target}."
    return SqlError(8115, text, state=2)


def divide_by_zero() -> SqlError:
    """8134."""
    return SqlError(8134, "Divide by zero error encountered.")


def truncated(table: str, column: str, value: str) -> SqlError:
    """2628: a string or binary value longer than its column."""
    text = (
        f"String or binary data would be truncated in table '{table}', column '{column}'. Truncated value: '{value}'."
    )
    return SqlError(2628, text)


def null_not_allowed(table: str, column: str, verb: str) -> SqlError:
    """515: NULL into a NOT NULL column; `verb` is INSERT or UPDATE."""
    text = (
        f"Cannot insert the value NULL into column '{column}', table '{table}'; "
        f"column does not allow nulls. {verb} fails."
    )
    return SqlError(515, text, state=2)


def duplicate_constraint(kind: str, constraint: str, table: str, value: str) -> SqlError:
    """2627: `kind` is PRIMARY KEY or UNIQUE KEY."""
    text = (
        f"Violation of {kind} constraint '{constraint}'. Cannot insert duplicate key in object '{table}'. "
        f"The duplicate key value is ({value})."
    )
    return SqlError(2627, text, severity=14)


def duplicate_index(index: str, table: str, value: str) -> SqlError:
    """2601: a unique index that is no constraint."""
    text = (
        f"Cannot insert duplicate key row in object '{table}' with unique index '{index}'. "
        f"The duplicate key value is ({value})."
    )
    return SqlError(2601, text, severity=14)


def check_failed(verb: str, constraint: str, database: str, table: str) -> SqlError:
    """547: a CHECK constraint said no."""
    text = (
        f'The {verb} statement conflicted with the CHECK constraint "{constraint}". '
        f'The conflict occurred in database "{database}", table "{table}".'
    )
    return SqlError(547, text, state=0)


def already_exists(name: str) -> SqlError:
    """2714."""
    return SqlError(2714, f"There is already an object named '{name}' in the database.", state=6)


def does_not_exist_or_no_permission(what: str, name: str, *, state: int = 1) -> SqlError:
    """15151: `what` is a verb with its object, such as `drop the login`."""
    text = f"Cannot {what} '{name}', because it does not exist or you do not have permission."
    return SqlError(15151, text, state=state)


def no_item(name: str) -> SqlError:
    """15225: sp_rename of what is not there."""
    text = f"No item by the name of '{name}' could be found in the current database, given that @itemtype was input "
    return SqlError(15225, f"{text}as '(null)'.", severity=11)


def not_in_transaction(statement: str) -> SqlError:
    """226: ALTER DATABASE and its kin inside a transaction."""
    return SqlError(226, f"{statement} statement not allowed within multi-statement transaction.", state=6)


def no_transaction(number: int, verb: str) -> SqlError:
    """3902 for COMMIT, 3903 for ROLLBACK."""
    return SqlError(number, f"The {verb} TRANSACTION request has no corresponding BEGIN TRANSACTION.")


def nothing_to_save() -> SqlError:
    """628."""
    return SqlError(628, "Cannot issue SAVE TRANSACTION when there is no active transaction.", state=0)


def unknown_savepoint(name: str) -> SqlError:
    """6401."""
    return SqlError(6401, f"Cannot roll back {name}. No transaction or savepoint of that name was found.")


def doomed() -> SqlError:
    """3930: after an error inside a TRY."""
    text = "The current transaction cannot be committed and cannot support operations that write to the log file. "
    return SqlError(3930, f"{text}Roll back the transaction.")


def uncommittable() -> SqlError:
    """3998: a batch has left such a transaction."""
    text = "Uncommittable transaction is detected at the end of the batch. The transaction is rolled back."
    return SqlError(3998, text)


def lock_timeout() -> SqlError:
    """1222: LOCK_TIMEOUT passed while another session was writing."""
    return SqlError(1222, "Lock request time out period exceeded.", state=51)


def deadlock_victim(spid: int) -> SqlError:
    """1205."""
    text = (
        f"Transaction (Process ID {spid}) was deadlocked on lock resources with another process and has been chosen as "
        "the deadlock victim. Rerun the transaction."
    )
    return SqlError(1205, text, severity=13, state=51)


def killed() -> SqlError:
    """596: somebody has ended the session."""
    return SqlError(596, "Cannot continue the execution because the session is in the kill state.", severity=21)


def cancelled() -> SqlError:
    """The client asked to stop. SQL Server has no error for it; the wire answers with an attention."""
    return SqlError(CANCELLED, "The statement was cancelled by the client.", severity=11)


def login_failed(user: str) -> SqlError:
    """18456. Why is told to the administrator only, who reads it in the server's log."""
    return SqlError(18456, f"Login failed for user '{user}'.", severity=14)


def cannot_open(database: str, user: str) -> SqlError:
    """4060, and 18456 behind it: the login asks for a database that is not there, or is offline."""
    text = f'Cannot open database "{database}" requested by the login. The login failed.'
    return SqlError(4060, text, severity=11, then=login_failed(user))


def database_offline(database: str) -> SqlError:
    """942: it was taken offline."""
    return SqlError(942, f"Database '{database}' cannot be opened because it is offline.", severity=14, state=4)


def snapshot_not_allowed(database: str) -> SqlError:
    """3952: ALLOW_SNAPSHOT_ISOLATION is off."""
    text = (
        f"Snapshot isolation transaction failed accessing database '{database}' because snapshot isolation is not "
        "allowed in this database. Use ALTER DATABASE to allow snapshot isolation."
    )
    return SqlError(3952, text)


def not_started_in_snapshot(database: str) -> SqlError:
    """3951: the level was changed to SNAPSHOT inside a transaction."""
    text = (
        f"Transaction failed in database '{database}' because the statement was run under snapshot isolation but the "
        "transaction did not start in snapshot isolation. You cannot change the isolation level of the transaction "
        "to snapshot after the transaction has started unless the transaction was originally started under snapshot "
        "isolation level."
    )
    return SqlError(3951, text)


def update_conflict(database: str, table: str) -> SqlError:
    """3960: somebody else has written since the snapshot."""
    text = (
        "Snapshot isolation transaction aborted due to update conflict. You cannot use snapshot isolation to access "
        f"table '{table}' directly or indirectly in database '{database}' to update, delete, or insert the row that "
        "has been modified or deleted by another transaction. Retry the transaction or change the isolation level "
        "for the update/delete statement."
    )
    return SqlError(3960, text, state=2)


def changed_since_snapshot(database: str) -> SqlError:
    """3961: somebody else has altered the table since the snapshot."""
    text = (
        f"Snapshot isolation transaction failed in database '{database}' because the object accessed by the statement "
        "has been modified by a DDL statement in another concurrent transaction since the start of this transaction. "
        "It is disallowed because the metadata is not versioned. A concurrent update to metadata can lead to "
        "inconsistency if mixed with snapshot isolation."
    )
    return SqlError(3961, text)


def ddl_in_snapshot(database: str) -> SqlError:
    """3964."""
    text = (
        f"Transaction failed in database '{database}' because this DDL statement is not allowed inside a snapshot "
        "isolation transaction. Since metadata is not versioned, a metadata change can lead to inconsistency if "
        "mixed within snapshot isolation."
    )
    return SqlError(3964, text)
