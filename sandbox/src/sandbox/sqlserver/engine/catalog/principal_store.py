"""Users, roles and permissions in a database's file."""

from __future__ import annotations

import sqlite3

from sandbox.sqlserver.engine.catalog.permissions import Level
from sandbox.sqlserver.engine.catalog.principals import (
    DB_DATAREADER,
    DB_DATAWRITER,
    DB_OWNER,
    DBO,
    GUEST,
    PUBLIC,
    Entry,
    Principal,
    Principals,
)

ADMINISTRATOR_SID = b"\x01"
"""sa's in SQL Server; dbo is its user in every database."""
FIRST_USER_ID = 5

LAYOUT = f"""
CREATE TABLE IF NOT EXISTS _principals (
    principal_id INTEGER PRIMARY KEY, name TEXT COLLATE TSQL NOT NULL UNIQUE, kind TEXT NOT NULL, sid BLOB UNIQUE);
CREATE TABLE IF NOT EXISTS _members (
    role_id INTEGER, member_id INTEGER, PRIMARY KEY (role_id, member_id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS _permissions (
    grantee_id INTEGER, level TEXT, securable INTEGER, permission TEXT, denied INTEGER NOT NULL,
    PRIMARY KEY (grantee_id, level, securable, permission)) WITHOUT ROWID;
INSERT OR IGNORE INTO _principals VALUES
    ({PUBLIC}, 'public', 'R', NULL), ({DBO}, 'dbo', 'S', x'{ADMINISTRATOR_SID.hex()}'), ({GUEST}, 'guest', 'S', NULL),
    (3, 'INFORMATION_SCHEMA', 'S', NULL), (4, 'sys', 'S', NULL), ({DB_OWNER}, 'db_owner', 'R', NULL),
    ({DB_DATAREADER}, 'db_datareader', 'R', NULL), ({DB_DATAWRITER}, 'db_datawriter', 'R', NULL);
"""


def load_principals(connection: sqlite3.Connection) -> Principals:
    """Users, roles and permissions as the connection's transaction sees them."""
    # Read at once: a cancel that hits one of them while the other is open hits all that comes, ROLLBACK included.
    principals = connection.execute("SELECT principal_id, name, kind, sid FROM _principals").fetchall()
    query = "SELECT grantee_id, level, securable, permission, denied FROM _permissions"
    permissions = connection.execute(query).fetchall()
    return Principals(
        principals=tuple(
            Principal(principal_id=key, name=name, kind=kind, sid=sid) for key, name, kind, sid in principals
        ),
        members=frozenset(connection.execute("SELECT role_id, member_id FROM _members").fetchall()),
        entries=tuple(
            Entry(grantee=grantee, level=Level(level), securable=securable, permission=permission, denied=bool(denied))
            for grantee, level, securable, permission, denied in permissions
        ),
        schemas={name.lower(): key for key, name in connection.execute("SELECT schema_id, name FROM _schemas")},
    )


def user_of_sid(connection: sqlite3.Connection, sid: bytes) -> Principal | None:
    """The user that a login has in this database."""
    query = "SELECT principal_id, name, kind, sid FROM _principals WHERE sid = ?"
    found = connection.execute(query, (sid,)).fetchone()
    return None if found is None else Principal(principal_id=found[0], name=found[1], kind=found[2], sid=found[3])


def add_user(connection: sqlite3.Connection, name: str, sid: bytes | None) -> None:
    """A new user; without a sid nobody can log in as it."""
    query = "INSERT INTO _principals SELECT max(?, 1 + max(principal_id)), ?, 'S', ? FROM _principals WHERE kind = 'S'"
    connection.execute(query, (FIRST_USER_ID, name, sid))


def remove_user(connection: sqlite3.Connection, principal_id: int) -> None:
    """A user goes, with its memberships and permissions."""
    connection.execute("DELETE FROM _principals WHERE principal_id = ?", (principal_id,))
    connection.execute("DELETE FROM _members WHERE member_id = ?", (principal_id,))
    connection.execute("DELETE FROM _permissions WHERE grantee_id = ?", (principal_id,))


def set_permission(connection: sqlite3.Connection, entry: Entry) -> None:
    """GRANT or DENY: the one replaces the other."""
    row = (entry.grantee, entry.level.value, entry.securable, entry.permission, int(entry.denied))
    connection.execute("INSERT OR REPLACE INTO _permissions VALUES (?, ?, ?, ?, ?)", row)


def remove_permission(
    connection: sqlite3.Connection, grantee: int, level: Level, securable: int, permission: str
) -> None:
    """REVOKE, of a GRANT and of a DENY."""
    connection.execute(
        "DELETE FROM _permissions WHERE grantee_id = ? AND level = ? AND securable = ? AND permission = ?",
        (grantee, level.value, securable, permission),
    )


def forget_securable(connection: sqlite3.Connection, level: Level, securable: int) -> None:
    """What permissions were given on goes."""
    connection.execute("DELETE FROM _permissions WHERE level = ? AND securable = ?", (level.value, securable))
