"""A session as its statements know it: where it is, as whom, in which transaction, and whether it shall stop."""

from __future__ import annotations

import sqlite3
import threading

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.catalog.principals import NOBODY
from sandbox.sqlserver.engine.catalog.schema import Catalog
from sandbox.sqlserver.engine.errors import cancelled, unsupported
from sandbox.sqlserver.engine.execution.facts import SessionFacts
from sandbox.sqlserver.engine.execution.statement_errors import ABORTS
from sandbox.sqlserver.engine.instance import Instance
from sandbox.sqlserver.engine.locking.sight import Sight
from sandbox.sqlserver.engine.rights import functions
from sandbox.sqlserver.engine.rights.access import NoAccessError, user_in
from sandbox.sqlserver.engine.rights.effective import Rights
from sandbox.sqlserver.engine.rights.logins import Login
from sandbox.sqlserver.engine.sqlite.database import Database
from sandbox.sqlserver.engine.transactions.transactions import Transactions


class SessionState:
    """What a statement reads and changes of its session. Used by one thread at a time, but for `cancel`."""

    def __init__(self, instance: Instance, database: Database, login: Login, facts: SessionFacts) -> None:
        self.instance = instance
        self.login = login
        self.facts = facts
        self._cancelled = threading.Event()
        self._enter(database)

    def _enter(self, database: Database) -> None:
        """Raises 916 for a database in which the login has no user; the session then stays where it is."""
        connection = database.connect()
        user = user_in(database, connection, self.login)
        if user is None:
            connection.close()
            raise NoAccessError(database.name, self.login)
        self.current = database
        self.connection = connection
        self.user = user
        self.facts.user = user.name
        self._rights: Rights | None = None
        self.connection.raw.create_function("tsql_database", 2, self.instance.database_setting)
        self.connection.raw.create_function("tsql_database_id", 2, self.instance.id_in)
        self.sight = Sight()
        functions.register(self.connection, self.rights_now, self.instance.logins, self.sight)
        self.transactions = Transactions(database, self.connection, self.is_cancelled, self.spid)

    def rights(self, catalog: Catalog) -> Rights:
        """What the session's user may do by this catalog."""
        if self._rights is None or self._rights.catalog is not catalog:
            # Dropped meanwhile, and the number perhaps another's: then it has no rights but public's.
            is_there = self.user in catalog.principals.principals
            self._rights = Rights(catalog, self.user.principal_id if is_there else NOBODY)
        return self._rights

    def rights_now(self) -> Rights:
        """The same by the catalog as the connection sees it now."""
        return self.rights(self.current.catalog(self.connection))

    @property
    def spid(self) -> int:
        """@@SPID."""
        return self.facts.spid

    @property
    def database(self) -> str:
        """The current database's name."""
        return self.current.name

    def failed(self, error: SqlError) -> None:
        """Undo what a failed statement did: all of the transaction when XACT_ABORT or the error says so.

        Inside a TRY that is left to the CATCH, which can do nothing else with the transaction.
        """
        self.facts.error = error.number
        self.transactions.fail_statement()
        fatal = self.facts.xact_abort or error.number in ABORTS
        if fatal and self.facts.tries:
            self.transactions.doom()
        elif fatal or (self.transactions.is_doomed and not self.facts.tries and not self.facts.caught):
            self.transactions.abort()

    def use(self, name: str) -> None:
        """USE. Raises 911 for an unknown database, 942 for one that is offline, 916 where the login has no user."""
        database = self.instance.find(name)
        if database is None:
            text = f"Database '{name}' does not exist. Make sure that the name is entered correctly."
            raise SqlError(911, text)
        if database is self.current:
            return
        if self.transactions.is_open:
            raise unsupported("USE inside a transaction")
        level, timeout = self.transactions.level, self.transactions.lock_timeout
        left = self.connection
        with self.instance.doors:
            self._enter(database)
        left.close()
        self.transactions.level, self.transactions.lock_timeout = level, timeout

    def is_cancelled(self) -> bool:
        """Whether the client asked to stop."""
        return self._cancelled.is_set()

    def check_cancelled(self) -> None:
        """Raises 3617 when the client asked to stop."""
        if self.is_cancelled():
            raise cancelled()

    def wait(self, seconds: float) -> None:
        """Do nothing for so long. Raises 3617 when the client asks to stop."""
        self._cancelled.wait(seconds)
        self.check_cancelled()

    def cancel(self) -> None:
        """Make the request that runs, or is about to, end with SqlError as soon as possible. From any thread."""
        self._cancelled.set()
        self.current.locks.wake()
        try:
            self.connection.interrupt()
        except sqlite3.ProgrammingError:
            # The session was closed meanwhile: nothing is running.
            return

    def forget_cancel(self) -> None:
        """The request is over: a cancel that was meant for it does not reach the next one."""
        self._cancelled.clear()
