"""Facts of a session that a statement can ask for, such as @@TRANCOUNT: the binds whose names begin with `$`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.clock import Clock
from sandbox.sqlserver.engine.transactions.transactions import Transactions
from sandbox.sqlserver.engine.translate.functions.metadata import PRODUCT_VERSION
from sandbox.sqlserver.engine.values.convert import Conversion, convert
from sandbox.sqlserver.engine.values.storage import Stored, store_moment
from sandbox.sqlserver.engine.values.types import DATETIME, DATETIME2

_LEVELS = {"READ UNCOMMITTED": 1, "READ COMMITTED": 2, "REPEATABLE READ": 3, "SERIALIZABLE": 4, "SNAPSHOT": 5}
"""As sys.dm_exec_sessions numbers them."""
VERSION = f"Microsoft SQL Server 2022 (sandbox stand-in) - {PRODUCT_VERSION}"
"""@@VERSION."""
_to_datetime = convert(Conversion(source=DATETIME2, target=DATETIME))


@dataclass(kw_only=True)
class SessionFacts:
    """What outlives a statement in a session."""

    spid: int
    login: str
    application: str
    clock: Clock
    user: str = ""
    """The user that the login is in the current database."""
    rowcount: int = 0
    error: int = 0
    identity: int | None = None
    nocount: bool = False
    xact_abort: bool = False
    noexec: bool = False
    """Whether statements are only read, and not run."""
    tries: int = 0
    """How many TRYs the session is in."""
    caught: SqlError | None = None
    """What the innermost CATCH has caught."""
    identity_insert: int | None = None
    """Object id of the table for which IDENTITY_INSERT is ON."""

    def fact(self, name: str, transactions: Transactions) -> Stored:
        """The stored value of `$name`."""
        if name.startswith("$now."):
            return _moment(self.clock, name.removeprefix("$now."))
        values: dict[str, Any] = {
            "$none": None,
            "$trancount": transactions.count,
            "$rowcount": self.rowcount,
            "$error": self.error,
            "$spid": self.spid,
            "$version": VERSION,
            "$servername": "sandbox",
            "$identity": self.identity,
            "$max_precision": 38,
            "$lock_timeout": _milliseconds(transactions.lock_timeout),
            "$login": self.login,
            "$user": self.user,
            "$application": self.application,
            "$isolation": _LEVELS[transactions.level],
            "$xact_state": -1 if transactions.is_doomed else int(transactions.is_open),
            "$error_number": self.caught.number if self.caught else None,
            "$error_message": self.caught.text if self.caught else None,
            "$error_severity": self.caught.severity if self.caught else None,
            "$error_state": self.caught.state if self.caught else None,
        }
        return values[name]


def _milliseconds(seconds: float | None) -> int:
    return -1 if seconds is None else int(seconds * 1000)


def _moment(clock: Clock, type_name: str) -> int:
    moment = store_moment(clock.now())
    if type_name == "datetime" and _to_datetime is not None:
        return int(_to_datetime(moment))
    return moment
