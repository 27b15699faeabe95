"""The engine: logins and sessions over the databases."""

from __future__ import annotations

import itertools
from collections.abc import Callable

from sandbox.sqlserver.engine.administration import Administration
from sandbox.sqlserver.engine.change_tracking.cleanup import clean_up_to
from sandbox.sqlserver.engine.clock import Clock
from sandbox.sqlserver.engine.ddl.work import separate_connection
from sandbox.sqlserver.engine.errors import cannot_open
from sandbox.sqlserver.engine.execution.engine_session import EngineSession
from sandbox.sqlserver.engine.execution.facts import SessionFacts
from sandbox.sqlserver.engine.instance import Instance
from sandbox.sqlserver.engine.open_sessions import OpenSessions
from sandbox.sqlserver.engine.retention import Retention
from sandbox.sqlserver.engine.rights.access import NoAccessError
from sandbox.sqlserver.engine.rights.logins import Login

_FIRST_SPID = 51
"""Below it are SQL Server's own sessions."""


def _nobody() -> None:
    """Hang up where there is no client."""


class SqlEngine:
    """The databases behind the server, and the sessions in them."""

    def __init__(self, instance: Instance) -> None:
        self._instance = instance
        self._spids = itertools.count(_FIRST_SPID)
        self._sessions = OpenSessions()
        self.administration = Administration(instance, self._sessions)
        self.retention = Retention(instance, self._sessions)

    @property
    def clock(self) -> Clock:
        """What all of its time comes from."""
        return self._instance.clock

    def login(
        self, user: str, password: str, database: str, application: str, hang_up: Callable[[], None] = _nobody
    ) -> EngineSession:
        """A new session. Raises SqlError 18456 for a wrong login, 4060 for a database that it may not enter."""
        login = self._instance.logins.authenticate(user, password)
        try:
            return self._open(login, database or self._instance.master.name, application, hang_up)
        except BaseException:
            self._instance.logins.leave(login)
            raise

    def _open(self, login: Login, database: str, application: str, hang_up: Callable[[], None]) -> EngineSession:
        facts = SessionFacts(
            spid=next(self._spids), login=login.name, application=application, clock=self._instance.clock
        )
        with self._instance.doors:
            found = self._instance.find(database)
            if found is None or not found.is_online:
                raise cannot_open(database, login.name)
            try:
                session = EngineSession(self._instance, found, login, facts, self._close)
            except NoAccessError:
                raise cannot_open(database, login.name) from None
            self._sessions.add(session, hang_up)
        return session

    def clean_up_to(self, database: str, version: int) -> None:
        """For tests: forget a database's changes up to this version, as retention would. Raises KeyError."""
        found = self._instance.find(database)
        if found is None:
            raise KeyError(database)
        with separate_connection(found, lambda: False) as connection:
            clean_up_to(connection.raw, version)

    def close(self) -> None:
        """End all sessions and close the files."""
        for session in self._sessions.all():
            session.cancel()
            session.close()
        self._instance.close()

    def _close(self, session: EngineSession) -> None:
        self._sessions.remove(session)
        self._instance.logins.leave(session.login)
