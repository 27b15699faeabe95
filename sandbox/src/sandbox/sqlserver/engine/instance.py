"""The instance of SQL Server: all of its databases and logins."""

from __future__ import annotations

import re
import threading
from pathlib import Path

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.clock import Clock
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.rights.logins import Logins
from sandbox.sqlserver.engine.sqlite.database import Database

_MASTER_ID = 1
_FIRST_USER_ID = 5
_FURTHER_ON = 100
"""How far the ids of a logical server are from those of its databases, where they are others."""
_SUFFIX = ".sqlite"


class Instance:
    """The databases by name, each in a file of its own, and the logins.

    Database ids follow the order in which the databases were made.
    """

    def __init__(self, data: Path, database: str, *, user: str, password: str) -> None:
        self.clock = Clock()
        self.counted_by_server: frozenset[str] = frozenset()
        """Views in which a database has another id than DB_ID() gives (Microsoft, "DB_ID": Azure SQL Database)."""
        self.backups = data / "backups"
        """The folder of the databases' copies."""
        self.doors = threading.RLock()
        """Held while a session enters a database: it is not taken away in that moment."""
        self._data = data
        self._mutex = threading.Lock()
        self._databases: dict[str, Database] = {}
        data.mkdir(parents=True, exist_ok=True)
        self._open("master", _MASTER_ID)
        others = sorted(path.stem for path in data.glob(f"*{_SUFFIX}") if path.stem != "master")
        if database not in others and database != "master":
            others.append(database)
        for name in others:
            self._open(name, _FIRST_USER_ID + len(self._databases) - 1)
        self.master = self._databases["master"]
        self.logins = Logins(self.master, user, password)

    @property
    def ids(self) -> dict[str, int]:
        """Every database with its id."""
        return {database.name: database.number for database in list(self._databases.values())}

    def close(self) -> None:
        """Close all files."""
        for database in self._databases.values():
            database.close()

    def find(self, name: str) -> Database | None:
        """The database of that name, whatever its case."""
        return self._databases.get(name.lower())

    def online(self) -> list[Database]:
        """The databases that are online."""
        return [database for database in list(self._databases.values()) if database.is_online]

    def create(self, name: str) -> None:
        """CREATE DATABASE. Raises 1801 when it exists, 40000 for a name that is no file's name."""
        if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.$#@-]*", name):
            raise unsupported(f"a database called {name!r}")
        with self._mutex:
            if name.lower() in self._databases:
                text = f"Database '{name}' already exists. Choose a different database name."
                raise SqlError(1801, text, state=3)
            self._open(name, _FIRST_USER_ID + len(self._databases) - 1)

    def id_in(self, view: str, number: int) -> int:
        """The SQLite function behind `database_id` in these views: the id of the database that DB_ID() calls so."""
        return number + _FURTHER_ON if view in self.counted_by_server else number

    def database_setting(self, name: str, setting: str) -> str | int | None:
        """The SQLite function behind sys.databases: one of the settings of a database, or whether it is `online`."""
        database = self.find(name)
        if database is None:
            return None
        value = database.is_online if setting == "online" else getattr(database.settings, setting)
        return value if isinstance(value, str) else int(value)

    def _open(self, name: str, number: int) -> None:
        self._databases[name.lower()] = Database(
            name=name, number=number, path=self._data / f"{name}{_SUFFIX}", clock=self.clock
        )
