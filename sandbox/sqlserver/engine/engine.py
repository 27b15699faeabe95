"""The engine: logins and sessions over the databases."""

from __future__ import annotations

import hmac
import itertools
import threading

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.change_tracking.cleanup import clean_up_to
from sandbox.sqlserver.engine.facts import SessionFacts
from sandbox.sqlserver.engine.server import Server
from sandbox.sqlserver.engine.session import EngineSession

_FIRST_SPID = 51
"""Below it are SQL Server's own sessions."""


class SqlEngine:
    """The databases behind the server, with one login."""

    def __init__(self, server: Server, user: str, password: str) -> None:
        self._server = server
        self._user = user
        self._password = password
        self._spids = itertools.count(_FIRST_SPID)
        self._sessions: dict[int, EngineSession] = {}
        self._mutex = threading.Lock()

    def login(self, user: str, password: str, database: str, application: str) -> EngineSession:
        """A new session. Raises SqlError 18456 for a wrong login, 4060 for an unknown database."""
        right_user = user.lower() == self._user.lower()
        right_password = hmac.compare_digest(password.encode(), self._password.encode())
        if not (right_user and right_password):
            raise SqlError(18456, f"Login failed for user '{user}'.", severity=14)
        found = self._server.find(database or "master")
        if found is None:
            text = f'Cannot open database "{database}" requested by the login. The login failed.'
            raise SqlError(4060, text, severity=11)
        with self._mutex:
            spid = next(self._spids)
        facts = SessionFacts(spid=spid, login=self._user, application=application)
        session = EngineSession(self._server, found, facts, lambda: self._forget(spid))
        with self._mutex:
            self._sessions[spid] = session
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
        with self._mutex:
            sessions = list(self._sessions.values())
        for session in sessions:
            session.cancel()
            session.close()
        self._server.close()

    def _forget(self, spid: int) -> None:
        with self._mutex:
            self._sessions.pop(spid, None)
