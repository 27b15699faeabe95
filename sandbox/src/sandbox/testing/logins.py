"""Logins of a test's own."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

import pyodbc

from sandbox.waiting import wait_until


@dataclass(frozen=True, kw_only=True)
class OwnLogin:
    """A login with a user of the same name in the database of `administrator`."""

    name: str
    password: str
    administrator: pyodbc.Connection

    def settings(self, settings: Mapping[str, str]) -> dict[str, str]:
        """The same settings, with this login."""
        return {**settings, "MSSQL_USER": self.name, "MSSQL_PASSWORD": self.password}

    def grant(self, permissions: str, where: str = "") -> None:
        """GRANT permissions ON somewhere; on the database when nothing is named."""
        self.administrator.execute(f"GRANT {permissions} {_on(where)} TO [{self.name}]")

    def revoke(self, permissions: str, where: str = "") -> None:
        """Take them back."""
        self.administrator.execute(f"REVOKE {permissions} {_on(where)} FROM [{self.name}]")


@contextmanager
def own_login(administrator: pyodbc.Connection) -> Iterator[OwnLogin]:
    """A login without any rights, dropped at the end."""
    login = OwnLogin(
        name=f"sandbox_test_{secrets.token_hex(4)}", password=f"Aa-{secrets.token_hex(8)}", administrator=administrator
    )
    administrator.execute(f"CREATE LOGIN [{login.name}] WITH PASSWORD = '{login.password}'")
    administrator.execute(f"CREATE USER [{login.name}] FOR LOGIN [{login.name}]")
    try:
        yield login
    finally:
        administrator.execute(f"DROP USER IF EXISTS [{login.name}]")
        wait_until(lambda: _dropped(login), message=f"login {login.name} is still in use")


def _on(where: str) -> str:
    return f"ON {where}" if where else ""


def _dropped(login: OwnLogin) -> bool:
    """The server notices a client that has left a moment later: 15434 until then."""
    try:
        login.administrator.execute(f"DROP LOGIN [{login.name}]")
    except pyodbc.Error as error:
        if "(15434)" not in str(error):
            raise
        return False
    return True
