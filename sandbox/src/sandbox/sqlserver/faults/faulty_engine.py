"""An engine that lets faults in between the wire and another engine."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.sqlserver.contract import Engine, Session
from sandbox.sqlserver.engine.errors import login_failed
from sandbox.sqlserver.faults.board import Board, Client
from sandbox.sqlserver.faults.faulty_session import FaultySession, Link


class FaultyEngine:
    """Wraps an engine; where no fault is armed, nobody notices."""

    def __init__(self, engine: Engine, board: Board) -> None:
        self._engine = engine
        self._board = board

    def login(self, user: str, password: str, database: str, application: str, hang_up: Callable[[], None]) -> Session:
        """A new session. Raises SqlError 18456 when a fault says so, and what the engine raises."""
        client = Client(application=application, login=user)
        if self._board.refuses(client):
            raise login_failed(user)
        session = self._engine.login(user, password, database, application, hang_up)
        return FaultySession(session, self._board, Link(client=client, hang_up=hang_up))

    def close(self) -> None:
        """End all sessions and close the files."""
        self._engine.close()
