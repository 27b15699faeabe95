"""What the client believes about its session, and what it has to be told."""

from __future__ import annotations

import struct

from sandbox.sqlserver.contract import Info, Session
from sandbox.sqlserver.wire import tokens
from sandbox.sqlserver.wire.tokens import Environment

_DATABASE_CHANGED = 5701


class ClientView:
    """The transaction and the database that the client knows of."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._descriptor = 0
        self._database = session.database

    def news(self) -> bytes:
        """ENVCHANGE tokens for what is different by now; the client believes it from here on."""
        return self._transaction() + self._current_database()

    def _transaction(self) -> bytes:
        old, new = self._descriptor, self._session.descriptor
        if old == new:
            return b""
        self._descriptor = new
        found = b""
        if old:
            ended = Environment.ROLLBACK if self._session.rolled_back else Environment.COMMIT
            found += tokens.environment_bytes(ended, old=_descriptor(old))
        if new:
            found += tokens.environment_bytes(Environment.BEGIN, new=_descriptor(new))
        return found

    def _current_database(self) -> bytes:
        old, new = self._database, self._session.database
        if old == new:
            return b""
        self._database = new
        return tokens.environment_text(Environment.DATABASE, new, old) + tokens.info(database_changed(new))


def database_changed(name: str) -> Info:
    """What SQL Server says after USE and after a login."""
    return Info(number=_DATABASE_CHANGED, text=f"Changed database context to '{name}'.", state=2)


def _descriptor(number: int) -> bytes:
    return struct.pack("<Q", number)
