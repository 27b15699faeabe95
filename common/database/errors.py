"""What can be wrong with a database that only a person can fix."""

from __future__ import annotations


class ConfigurationError(Exception):
    """A service is not set up for relay. The message names what and the remedy; no blind retry."""


WHO_KEEPS_IT_OPEN = (
    "SELECT session_id, login_name, host_name, program_name FROM sys.dm_exec_sessions WHERE open_transaction_count > 0"
)
"""T-SQL that shows whose transactions are open; unlike OBJECT_ID, it does not wait for them."""


class LockedError(ConfigurationError):
    """Somebody keeps a table locked. It passes by itself, when that ends."""

    def __init__(self, who: str, what: str) -> None:
        """`who` has to wait: `source sale`; `what` is locked: `dbo.SalesInvoices`."""
        super().__init__(
            f"{who}: {what} is locked by an open transaction, an ALTER or an index that is being rebuilt;"
            f" relay goes on by itself when that ends; whose it is: {WHO_KEEPS_IT_OPEN}"
        )
