"""The open sessions, and how to get rid of them."""

from __future__ import annotations

import threading
from collections.abc import Callable

from sandbox.sqlserver.engine.execution.engine_session import EngineSession
from sandbox.sqlserver.engine.sqlite.database import Database


class OpenSessions:
    """Every open session, with what hangs up on its client."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open: dict[EngineSession, Callable[[], None]] = {}

    def add(self, session: EngineSession, hang_up: Callable[[], None]) -> None:
        """A session has begun. `hang_up` makes its client's connection end, and with it the session."""
        with self._changed:
            self._open[session] = hang_up

    def remove(self, session: EngineSession) -> None:
        """A session has ended."""
        with self._changed:
            self._open.pop(session, None)
            self._changed.notify_all()

    def all(self) -> list[EngineSession]:
        """The sessions at this moment."""
        with self._changed:
            return list(self._open)

    def read_a_snapshot_of(self, database: Database) -> bool:
        """Whether one of them is in a SNAPSHOT transaction that has begun to read there."""
        return any(session.current is database and session.transactions.holds_snapshot for session in self.all())

    def end_in(self, database: Database, *, seconds: float) -> bool:
        """Hang up on everybody whose current database this is, and wait until they are gone; False: some are not.

        Its doors have to be closed, or others enter meanwhile.
        """
        with self._changed:
            for session in self._inside(database):
                self._open[session]()
            return self._changed.wait_for(lambda: not self._inside(database), seconds)

    def _inside(self, database: Database) -> list[EngineSession]:
        return [session for session in self._open if session.current is database]
