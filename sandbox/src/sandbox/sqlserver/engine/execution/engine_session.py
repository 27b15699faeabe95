"""A connection's session: what the wire talks to."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence

from sandbox.sqlserver.contract import Parameter, Result, SqlError
from sandbox.sqlserver.engine.errors import cancelled, unsupported
from sandbox.sqlserver.engine.execution import procedures
from sandbox.sqlserver.engine.execution.facts import SessionFacts
from sandbox.sqlserver.engine.execution.interpreter import Interpreter
from sandbox.sqlserver.engine.execution.session_state import SessionState
from sandbox.sqlserver.engine.execution.variables import Variables
from sandbox.sqlserver.engine.instance import Instance
from sandbox.sqlserver.engine.rights.logins import Login
from sandbox.sqlserver.engine.sqlite.connection import is_interrupt
from sandbox.sqlserver.engine.sqlite.database import Database

_LEVELS = {1: "READ UNCOMMITTED", 2: "READ COMMITTED", 3: "REPEATABLE READ", 4: "SERIALIZABLE", 5: "SNAPSHOT"}
"""As the transaction manager request numbers them; 0 keeps the level."""


class EngineSession(SessionState):
    """One connection's session: runs the requests of its client."""

    def __init__(
        self,
        instance: Instance,
        database: Database,
        login: Login,
        facts: SessionFacts,
        on_close: Callable[[EngineSession], None],
    ) -> None:
        super().__init__(instance, database, login, facts)
        self._on_close = on_close
        self._closed = False

    @property
    def descriptor(self) -> int:
        """The open transaction's number; 0 when there is none."""
        return self.transactions.descriptor

    @property
    def rolled_back(self) -> bool:
        """Whether the transaction that ended last was rolled back rather than committed."""
        return self.transactions.rolled_back

    def execute(self, sql: str, parameters: Mapping[str, Parameter]) -> Iterator[Result]:
        """Run a batch. Raises SqlError where it ends; what that does to the transaction is done by then."""
        try:
            yield from Interpreter(self, Variables(parameters)).run(sql)
            self.transactions.end_batch()
        except SqlError as error:
            self.failed(error)
            raise
        except (sqlite3.Error, UnicodeEncodeError) as error:
            failure = _explained(error)
            self.failed(failure)
            raise failure from error
        finally:
            self.transactions.leave()

    def begin(self, isolation: int) -> None:
        """Begin a transaction (TM request 5); isolation 0 keeps the session's level."""
        if isolation and isolation not in _LEVELS:
            raise unsupported(f"the isolation level {isolation}")
        if isolation:
            self.transactions.level = _LEVELS[isolation]
        self.transactions.begin()

    def commit(self) -> None:
        """Commit (TM request 7). Raises 3902."""
        self.transactions.commit()

    def rollback(self) -> None:
        """Roll back (TM request 8). Raises 3903."""
        self.transactions.rollback()

    def call(self, procedure: str, parameters: Sequence[tuple[str, Parameter]]) -> Iterator[Result]:
        """Run a system procedure. Raises 2812 for one that the stand-in has not."""
        try:
            self.check_cancelled()
            yield from procedures.call(self, procedure, parameters)
        except SqlError as error:
            self.failed(error)
            raise
        finally:
            self.transactions.leave()

    def reset(self) -> None:
        """Back to the state after login."""
        self.transactions.abort()
        self.transactions.level = "READ COMMITTED"
        self.transactions.lock_timeout = None
        facts = self.facts
        self.facts = SessionFacts(
            spid=facts.spid, login=facts.login, user=facts.user, application=facts.application, clock=facts.clock
        )

    def close(self) -> None:
        """Roll back and let go of everything. A second call does nothing."""
        if self._closed:
            return
        self._closed = True
        self.transactions.abort()
        self.connection.close()
        self._on_close(self)


def _explained(error: sqlite3.Error | UnicodeEncodeError) -> SqlError:
    if is_interrupt(error):
        return cancelled()
    if isinstance(error, UnicodeEncodeError):
        return unsupported("text with half of a surrogate pair, which SQLite cannot hold")
    return unsupported(f"this statement: SQLite said {error}")
