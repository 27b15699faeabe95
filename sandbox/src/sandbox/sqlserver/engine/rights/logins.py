"""The server's logins, kept in master. The administrator's is not: its password comes with the server's start."""

from __future__ import annotations

import hashlib
import hmac
import secrets
import sqlite3
import string
import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.catalog.principal_store import ADMINISTRATOR_SID
from sandbox.sqlserver.engine.errors import login_failed
from sandbox.sqlserver.engine.sqlite.database import Database

_LAYOUT = """
CREATE TABLE IF NOT EXISTS _logins (
    principal_id INTEGER PRIMARY KEY, name TEXT COLLATE TSQL NOT NULL UNIQUE, sid BLOB NOT NULL, salt BLOB NOT NULL,
    hash BLOB NOT NULL);
"""
_ADMINISTRATOR_ID, _FIRST_ID = 1, 259
_ROUNDS = 10_000
_SHORTEST_PASSWORD = 8
_CHARACTER_SETS = (string.ascii_uppercase, string.ascii_lowercase, string.digits, string.punctuation)
_POLICY = (
    "Password validation failed. The password does not meet SQL Server password policy requirements because it is "
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Login:
    """Somebody who may come in. A user belongs to it when it has the same sid."""

    principal_id: int
    name: str
    sid: bytes

    @property
    def is_administrator(self) -> bool:
        """Whether it is in sysadmin: that is the server's own login alone."""
        return self.sid == ADMINISTRATOR_SID


class Logins:
    """All logins of a server. May be used from any thread."""

    def __init__(self, master: Database, administrator: str, password: str) -> None:
        self._master = master
        self._administrator = Login(principal_id=_ADMINISTRATOR_ID, name=administrator, sid=ADMINISTRATOR_SID)
        self._password = password
        self._mutex = threading.Lock()
        self._sessions: Counter[bytes] = Counter()
        connection = master.connect()
        try:
            connection.raw.executescript(_LAYOUT)
        finally:
            connection.close()

    def authenticate(self, name: str, password: str) -> Login:
        """Let a login in: from now on it is in use, until `leave`. Raises 18456."""
        try:
            login = self._verified(name, password)
        except UnicodeEncodeError:
            # Half of a surrogate pair: nobody is called so.
            login = None
        if login is None:
            raise login_failed(name)
        with self._mutex:
            self._sessions[login.sid] += 1
        return login

    def leave(self, login: Login) -> None:
        """A session of the login is over."""
        with self._mutex:
            self._sessions[login.sid] -= 1

    def is_in_use(self, login: Login) -> bool:
        """Whether a session is open with it."""
        with self._mutex:
            return self._sessions[login.sid] > 0

    def find(self, name: str) -> Login | None:
        """The login of that name, whatever its case."""
        return next((login for login in self.all() if login.name.lower() == name.lower()), None)

    def all(self) -> Sequence[Login]:
        """Every login, the administrator's first."""
        connection = self._master.connect()
        try:
            rows = connection.raw.execute(
                "SELECT principal_id, name, sid FROM _logins ORDER BY principal_id"
            ).fetchall()
        finally:
            connection.close()
        return [self._administrator, *(Login(principal_id=key, name=name, sid=sid) for key, name, sid in rows)]

    def _verified(self, name: str, password: str) -> Login | None:
        if name.lower() == self._administrator.name.lower():
            right = hmac.compare_digest(password.encode(), self._password.encode())
            return self._administrator if right else None
        connection = self._master.connect()
        try:
            query = "SELECT principal_id, name, sid, salt, hash FROM _logins WHERE name = ?"
            found = connection.raw.execute(query, (name,)).fetchone()
        finally:
            connection.close()
        if found is None or not hmac.compare_digest(_hash(password, found[3]), found[4]):
            return None
        return Login(principal_id=found[0], name=found[1], sid=found[2])


def add_login(connection: sqlite3.Connection, name: str, password: str) -> None:
    """Write a new login into master."""
    salt = secrets.token_bytes(16)
    query = "INSERT INTO _logins SELECT max(?, 1 + ifnull(max(principal_id), 0)), ?, ?, ?, ? FROM _logins"
    connection.execute(query, (_FIRST_ID, name, secrets.token_bytes(16), salt, _hash(password, salt)))


def remove_login(connection: sqlite3.Connection, login: Login) -> None:
    """Take a login out of master; its users stay, with a sid that nobody has any more."""
    connection.execute("DELETE FROM _logins WHERE principal_id = ?", (login.principal_id,))


def check_policy(name: str, password: str) -> None:
    """What CHECK_POLICY asks for where there is no Windows. Raises 33062 or 33064."""
    if len(password) < _SHORTEST_PASSWORD:
        text = f"{_POLICY}too short. The password must be at least {_SHORTEST_PASSWORD} characters."
        raise SqlError(33062, text, state=2)
    sets = sum(any(character in characters for character in password) for characters in _CHARACTER_SETS)
    if sets < 3 or name.lower() in password.lower():
        text = (
            f"{_POLICY}not complex enough. The password must be at least {_SHORTEST_PASSWORD} characters long and "
            "contain characters from three of the following four sets: Uppercase letters, Lowercase letters, "
            "Base 10 digits, and Symbols."
        )
        raise SqlError(33064, text, state=2)


def _hash(password: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", password.encode(), salt, _ROUNDS)
