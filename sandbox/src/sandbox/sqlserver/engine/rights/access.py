"""Which user a login is in a database."""

from __future__ import annotations

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.catalog.principal_store import user_of_sid
from sandbox.sqlserver.engine.catalog.principals import GUEST, Principal
from sandbox.sqlserver.engine.rights.logins import Login
from sandbox.sqlserver.engine.sqlite.connection import Connection
from sandbox.sqlserver.engine.sqlite.database import Database

_OPEN_TO_GUESTS = "master"


def user_in(database: Database, connection: Connection, login: Login) -> Principal | None:
    """The login's user there; in master, guest for a login that has none. None: the login has no way in."""
    user = user_of_sid(connection.raw, login.sid)
    if user is None and database.name == _OPEN_TO_GUESTS:
        return Principal(principal_id=GUEST, name="guest", kind="S", sid=None)
    return user


class NoAccessError(SqlError):
    """916: the login has no user in a database. State 2, as far as is known."""

    def __init__(self, database: str, login: Login) -> None:
        text = (
            f'The server principal "{login.name}" is not able to access the database "{database}" under the current '
            "security context."
        )
        super().__init__(916, text, severity=14, state=2)
