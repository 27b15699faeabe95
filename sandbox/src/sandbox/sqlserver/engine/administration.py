"""What an administrator does to whole databases: offline and online, backup and restore."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from sandbox.sqlserver.engine.instance import Instance
from sandbox.sqlserver.engine.open_sessions import OpenSessions
from sandbox.sqlserver.engine.sqlite.database import Database

EMPTY_SECONDS = 10.0
"""How long sessions may take to end that were hung up on."""

VIEWS_WITH_IDS = frozenset({"databases", "change_tracking_databases"})
_BACKUP_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")


class AdministrationError(Exception):
    """It cannot be done. The message says why, in one line."""


class Administration:
    """Works beside the sessions: also while a database is offline and nobody can log in to it."""

    def __init__(self, instance: Instance, sessions: OpenSessions) -> None:
        self._instance = instance
        self._sessions = sessions

    def count_by_server(self, views: Sequence[str]) -> None:
        """From now on the `database_id` of these views (`databases`, `change_tracking_databases`) is not DB_ID().

        Raises AdministrationError for a view that has none.
        """
        if unknown := set(views) - VIEWS_WITH_IDS:
            raise AdministrationError(f"no view with the ids of databases: {', '.join(sorted(unknown))}")
        self._instance.counted_by_server = frozenset(views)

    def take_offline(self, name: str) -> None:
        """As ALTER DATABASE ... SET OFFLINE WITH ROLLBACK IMMEDIATE. Nothing when it is offline already.

        Raises AdministrationError for an unknown database, for master, and where a session does not end.
        """
        database = self._find(name)
        if database.is_online:
            self._empty(database)
            database.close()

    def bring_online(self, name: str) -> None:
        """As ALTER DATABASE ... SET ONLINE. Nothing when it is. Raises AdministrationError for an unknown database."""
        database = self._find(name)
        if not database.is_online:
            database.open()

    def back_up(self, name: str, copy: str) -> None:
        """Take a copy of what is committed now, under this name; one of that name is replaced.

        Raises AdministrationError for an unknown or offline database, and for a name that is no file's name.
        """
        database = self._find(name)
        if not database.is_online:
            raise AdministrationError(f"database {name} is offline: bring it online first")
        path = self._copy(database, copy)
        path.parent.mkdir(parents=True, exist_ok=True)
        database.copy_to(path)

    def restore(self, name: str, copy: str) -> None:
        """Put a copy in the database's place and bring it online, as RESTORE DATABASE ... WITH REPLACE.

        Who is in it is hung up on. Everything goes back, the versions of change tracking too. Raises
        AdministrationError for an unknown database or copy, and where a session does not end.
        """
        database = self._find(name)
        path = self._copy(database, copy)
        if not path.exists():
            raise AdministrationError(f"there is no backup {copy} of database {name}: take it with backup")
        self.take_offline(name)
        database.replace_by(path)
        database.open()

    def _find(self, name: str) -> Database:
        database = self._instance.find(name)
        if database is None:
            raise AdministrationError(f"there is no database {name}")
        if database.name == "master":
            raise AdministrationError("master stays as it is and where it is, as in SQL Server")
        return database

    def _empty(self, database: Database) -> None:
        """Close the doors and wait until nobody is inside. Raises AdministrationError, with the doors open again."""
        with self._instance.doors:
            database.close_doors()
        if not self._sessions.end_in(database, seconds=EMPTY_SECONDS):
            database.open_doors()
            raise AdministrationError(f"sessions in {database.name} did not end within {EMPTY_SECONDS:.0f} s")
        # ALTER DATABASE and cleanup write without being a session in it: the last of them has to finish.
        database.locks.wait_until_idle()

    def _copy(self, database: Database, name: str) -> Path:
        if not _BACKUP_NAME.fullmatch(name):
            raise AdministrationError(f"{name!r} cannot be a backup's name: letters, digits and _ . - only")
        return self._instance.backups / database.name / f"{name}.copy"
