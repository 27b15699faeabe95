"""Automatic cleanup: what change tracking has kept for as long as it was told to is forgotten."""

from __future__ import annotations

import logging
import threading

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.change_tracking.cleanup import clean_up_to, expired_version
from sandbox.sqlserver.engine.instance import Instance
from sandbox.sqlserver.engine.open_sessions import OpenSessions
from sandbox.sqlserver.engine.sqlite.database import Database
from sandbox.sqlserver.engine.transactions.transactions import Transactions

EVERY_SECONDS = 5.0
"""Between two passes, by the real time. SQL Server's thread wakes every 30 minutes."""
LOCK_SECONDS = 1.0
"""How long a pass waits for somebody who keeps all writers out; then it leaves the database to the next one."""

_log = logging.getLogger(__name__)


class Retention:
    """Passes over all databases whose AUTO_CLEANUP is on."""

    def __init__(self, instance: Instance, sessions: OpenSessions) -> None:
        self._instance = instance
        self._sessions = sessions
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._pass_regularly, name="retention", daemon=True)

    def start(self) -> None:
        """Make a pass every EVERY_SECONDS from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Make no more passes."""
        self._stopping.set()
        self._thread.join()

    def clean(self) -> dict[str, int]:
        """A pass now, whoever reads. Gives back up to which version each database has forgotten; others have nothing.

        Readers in a snapshot go on seeing what it has deleted (Microsoft, "Work with change tracking").
        """
        found = {database.name: self._clean(database) for database in self._instance.online()}
        return {name: version for name, version in found.items() if version is not None}

    def clean_unread(self) -> None:
        """A pass that leaves out databases of which somebody reads a snapshot.

        Such a reader who then writes would get 3960 for the pass: writers conflict here by database, not by row. SQL
        Server's cleanup too can be held back by snapshots.
        """
        for database in self._instance.online():
            if not self._sessions.read_a_snapshot_of(database):
                self._clean(database)

    def _pass_regularly(self) -> None:
        while not self._stopping.wait(EVERY_SECONDS):
            try:
                self.clean_unread()
            except Exception:
                _log.exception("cleaning up failed; trying again")

    def _clean(self, database: Database) -> int | None:
        settings = database.settings
        if not (settings.tracking and settings.auto_cleanup):
            return None
        try:
            return _forget(database, self._instance)
        except SqlError as error:
            # Somebody alters a table, or the database was taken offline in this moment.
            _log.info("database %s is not cleaned up this time: %s", database.name, error.text)
            return None


def _forget(database: Database, instance: Instance) -> int | None:
    """Raises 942 when it is offline, 1222 when somebody keeps all writers out for LOCK_SECONDS."""
    connection = database.connect()
    transactions = Transactions(database, connection, lambda: False)
    transactions.lock_timeout = LOCK_SECONDS
    try:
        version = expired_version(connection.raw, database.settings, instance.clock.now())
        if version is not None:
            transactions.start_writing()
            clean_up_to(connection.raw, version)
            transactions.end_statement()
        return version
    finally:
        transactions.abort()
        connection.close()
