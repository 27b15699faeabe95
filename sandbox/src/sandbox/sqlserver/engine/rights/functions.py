"""What translated SQL asks about the session's user. The functions' names begin with `tsql_`."""

from __future__ import annotations

import json
from collections.abc import Callable

from sandbox.sqlserver.engine.catalog.permissions import KNOWN, Level
from sandbox.sqlserver.engine.catalog.principal_store import FIRST_USER_ID
from sandbox.sqlserver.engine.catalog.principals import FIRST_ROLE_ID
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.locking.sight import SEES_FUNCTION, TRACKS_FUNCTION, Sight
from sandbox.sqlserver.engine.rights.effective import On, Rights
from sandbox.sqlserver.engine.rights.logins import Logins
from sandbox.sqlserver.engine.sqlite.connection import Connection
from sandbox.sqlserver.engine.sqlite.functions import name_part

_FIXED_SERVER_ROLES = frozenset(
    [
        "sysadmin",
        "bulkadmin",
        "dbcreator",
        "diskadmin",
        "processadmin",
        "securityadmin",
        "serveradmin",
        "setupadmin",
    ]
)


def register(connection: Connection, rights: Callable[[], Rights], logins: Logins, sight: Sight) -> None:
    """Give a session's connection these functions; `rights` are the session's when a function is called.

    `sight` is asked about every object that the catalog shows.
    """
    connection.define(
        SEES_FUNCTION, 1, lambda object_id: int(sight.shows(object_id) and rights().sees_object(object_id))
    )
    connection.define("tsql_controls", 0, lambda: int(rights().may("CONTROL")))
    connection.define(
        TRACKS_FUNCTION, 1, lambda object_id: int(sight.shows(object_id) and may_track(rights(), object_id))
    )
    connection.define("tsql_has_perms", 3, lambda *asked: has_perms(rights(), *asked))
    connection.define("tsql_is_member", 2, lambda role, user: is_member(rights(), role, user))
    connection.define("tsql_is_server_member", 1, lambda role: is_server_member(rights(), role))
    connection.define("tsql_sees_principal", 1, lambda principal_id: int(sees_principal(rights(), principal_id)))
    connection.define("tsql_logins", 0, lambda: listed(logins))


def may_track(rights: Rights, object_id: int) -> bool:
    """Whether the user may read the table's changes: SELECT, of which there is none on columns here, and
    VIEW CHANGE TRACKING."""
    table = rights.catalog.by_id(object_id)
    return table is not None and rights.may("SELECT", table) and rights.may("VIEW CHANGE TRACKING", table)


def has_perms(rights: Rights, securable: str | None, kind: str | None, permission: str | None) -> int | None:
    """HAS_PERMS_BY_NAME; NULL for what does not exist. An object that the user may not know of gives 0 like any
    other: what SQL Server says of it is not documented."""
    if permission is None:
        return None
    if kind is None or kind.upper() not in list(Level):
        if kind is None and securable is None and rights.is_owner:
            return 1
        raise unsupported(f"HAS_PERMS_BY_NAME of the class {kind}")
    level = Level(kind.upper())
    found = _securable(rights, securable, level)
    if found is None:
        return None
    if permission.upper() == "ANY":
        return int(any(rights.may(known, *found) for known in KNOWN[level]))
    if permission.upper() not in KNOWN[level]:
        raise unsupported(f"HAS_PERMS_BY_NAME with {permission} on a {level.lower()}")
    return int(rights.may(permission.upper(), *found))


def _securable(rights: Rights, name: str | None, level: Level) -> tuple[On] | None:
    """What is asked about, as the one part of a tuple; None when it is not there."""
    database = rights.catalog.database
    if level is Level.DATABASE:
        if name is not None and (name_part(name, 1, database) or "").lower() != database.lower():
            raise unsupported("HAS_PERMS_BY_NAME of another database")
        return (None,)
    if name is None:
        return None
    last = name_part(name, 1, database)
    if level is Level.SCHEMA:
        return (last,) if last is not None and last.lower() in rights.catalog.principals.schemas else None
    table = rights.catalog.find(name_part(name, 2, database) or "", last or "")
    return None if table is None else (table,)


def is_member(rights: Rights, role: str | None, user: str | None) -> int | None:
    """IS_MEMBER and IS_ROLEMEMBER: of the session's user, or of another one. NULL for what is no role or no user."""
    known = rights.catalog.principals
    found = known.find(role or "")
    if found is None or found.kind != "R":
        return None
    roles = rights.roles
    if user is not None:
        other = known.find(user)
        if other is None:
            return None
        roles = known.roles_of(other.principal_id)
    return int(found.principal_id in roles)


def is_server_member(rights: Rights, role: str | None) -> int | None:
    """IS_SRVROLEMEMBER of the session's login. NULL for what is no server role."""
    wanted = (role or "").lower()
    if wanted == "public":
        return 1
    if wanted not in _FIXED_SERVER_ROLES:
        return None
    return int(wanted == "sysadmin" and rights.is_owner)


def sees_principal(rights: Rights, principal_id: int) -> bool:
    """Everybody sees the fixed principals and itself; VIEW DEFINITION or ALTER on the database shows the others."""
    if principal_id in (rights.principal_id, *rights.roles):
        return True
    if principal_id < FIRST_USER_ID or principal_id >= FIRST_ROLE_ID:
        return True
    return rights.may("VIEW DEFINITION") or rights.may("ALTER")


def listed(logins: Logins) -> str:
    """The logins as JSON: an array of objects with id, name and sid (in hex)."""
    return json.dumps(
        [{"id": login.principal_id, "name": login.name, "sid": login.sid.hex()} for login in logins.all()]
    )
