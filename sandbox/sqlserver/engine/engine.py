"""The engine: logins and sessions over the databases."""

from __future__ import annotations

import hmac
import itertools
from collections.abc import Callable

from sandbox.sqlserver.engine.administration import Administration
from sandbox.sqlserver.engine.change_tracking.cleanup import clean_up_to
from sandbox.sqlserver.engine.clock import Clock
from sandbox.sqlserver.engine.errors import cannot_open, login_failed
from sandbox.sqlserver.engine.facts import SessionFacts
from sandbox.sqlserver.engine.retention import Retention
from sandbox.sqlserver.engine.server import Server
from sandbox.sqlserver.engine.session import EngineSession
from sandbox.sqlserver.engine.sessions import Sessions

_FIRST_SPID = 51
"""Below it are SQL Server's own sessions."""


def _nobody() -> None:
    """Hang up where there is no client."""


class SqlEngine:
    """The databases behind the server, with one login."""

    def __init__(self, server: Server, user: str, password: str) -> None:
        self._server = server
        self._user = user
        self._password = password
        self._spids = itertools.count(_FIRST_SPID)
        self._sessions = Sessions()
        self.administration = Administration(server, self._sessions)
        self.retention = Retention(server, self._sessions)

    @property
    def clock(self) -> Clock:
        """What all of its time comes from."""
        return self._server.clock

    def login(
        self, user: str, password: str, database: str, application: str, hang_up: Callable[[], None] = _nobody
    ) -> EngineSession:
        """A new session. Raises SqlError 18456 for a wrong login, 4060 for a database that cannot be opened."""
        right_user = user.lower() == self._user.lower()
        right_password = hmac.compare_digest(password.encode(), self._password.encode())
        if not (right_user and right_password):
            raise login_failed(user)
        facts = SessionFacts(
            spid=next(self._spids), login=self._user, application=application, clock=self._server.clock
        )
        with self._server.doors:
            found = self._server.find(database or "master")
            if found is None or not found.is_online:
                raise cannot_open(database, user)
            session = EngineSession(self._server, found, facts, self._sessions.remove)
            self._sessions.add(session, hang_up)
        return session

    def clean_up_to(self, database: str, version: int) -> None:
        """For tests: forget a database's changes up to this version, as retention would. Raises KeyError."""
        found = self._server.find(database)
        if found is None:
            raise KeyError(database)
        session = self.login(self._user, self._password, database, "cleanup")
        try:
            session.transactions.start_writing()
            clean_up_to(session.connection.raw, version)
            session.transactions.end_statement()
        finally:
            session.close()

    def close(self) -> None:
        """End all sessions and close the files."""
        for session in self._sessions.all():
            session.cancel()
            session.close()
        self._server.close()
