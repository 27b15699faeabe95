"""GRANT, DENY, REVOKE, and the definition of logins, users and role members."""

from __future__ import annotations

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.catalog.permissions import KNOWN, Level
from sandbox.sqlserver.engine.errors import unsupported
from sandbox.sqlserver.engine.parser.cursor import Cursor
from sandbox.sqlserver.engine.parser.rights_statements import (
    AlterRole,
    ChangePermissions,
    CreateLogin,
    CreateUser,
    DropLogin,
    DropUser,
)

_AFTER_PERMISSION = frozenset({",", "ON", "TO", "FROM", "(", ";", ""})


def parse_permissions(cursor: Cursor) -> ChangePermissions:
    """GRANT, DENY or REVOKE. Raises 4606, and 40000 for a permission that is not known on what it is given on."""
    verb = cursor.word()
    cursor.advance()
    if verb == "REVOKE" and cursor.take("GRANT", "OPTION"):
        raise unsupported("REVOKE GRANT OPTION FOR")
    permissions = [_permission(cursor)]
    while cursor.take(","):
        permissions.append(_permission(cursor))
    level, securable = _securable(cursor) if cursor.take("ON") else (Level.DATABASE, ())
    for permission in permissions:
        _check_known(verb, permission, level)
    if not (cursor.take("TO") or (verb == "REVOKE" and cursor.take("FROM"))):
        raise cursor.error()
    principals = [cursor.identifier()]
    while cursor.take(","):
        principals.append(cursor.identifier())
    _end(cursor, verb)
    return ChangePermissions(
        verb=verb, permissions=tuple(permissions), level=level, securable=securable, principals=tuple(principals)
    )


def _permission(cursor: Cursor) -> str:
    words = []
    while cursor.word() not in _AFTER_PERMISSION:
        words.append(cursor.word())
        cursor.advance()
    if cursor.word() == "(":
        raise unsupported("permissions on columns")
    if not words:
        raise cursor.error()
    return " ".join(words)


def _securable(cursor: Cursor) -> tuple[Level, tuple[str, ...]]:
    if cursor.word(1) != "::":
        return Level.OBJECT, cursor.dotted_name()
    kind = cursor.word()
    if kind not in list(Level):
        raise unsupported(f"permissions on a {kind}")
    cursor.expect(kind, "::")
    return Level(kind), cursor.dotted_name()


def _check_known(verb: str, permission: str, level: Level) -> None:
    if permission in KNOWN[level]:
        return
    if level is Level.OBJECT and permission in KNOWN[Level.DATABASE]:
        raise SqlError(4606, f"Granted or revoked privilege {permission} is not compatible with object.")
    raise unsupported(f"{verb} {permission} on {'an object' if level is Level.OBJECT else f'a {level.lower()}'}")


def _end(cursor: Cursor, verb: str) -> None:
    if verb != "GRANT":
        cursor.take("CASCADE")
    elif cursor.take("WITH", "GRANT", "OPTION"):
        raise unsupported("WITH GRANT OPTION")
    if cursor.word() == "AS":
        raise unsupported(f"{verb} ... AS")


def parse_create_login(cursor: Cursor) -> CreateLogin:
    """What follows CREATE LOGIN."""
    name = cursor.identifier()
    if cursor.take("FROM"):
        raise unsupported(f"CREATE LOGIN ... FROM {cursor.word()}")
    cursor.expect("WITH", "PASSWORD", "=")
    password = cursor.string()
    if cursor.word() in ("HASHED", "MUST_CHANGE"):
        raise unsupported(f"CREATE LOGIN with {cursor.word()}")
    check_policy = True
    while cursor.take(","):
        option = cursor.word()
        cursor.advance()
        cursor.expect("=")
        if option == "CHECK_POLICY":
            check_policy = _switch(cursor)
        elif option != "CHECK_EXPIRATION" or _switch(cursor):
            raise unsupported(f"CREATE LOGIN with {option}")
    return CreateLogin(name=name, password=password, check_policy=check_policy)


def _switch(cursor: Cursor) -> bool:
    if cursor.take("ON"):
        return True
    cursor.expect("OFF")
    return False


def parse_create_user(cursor: Cursor) -> CreateUser:
    """What follows CREATE USER."""
    name = cursor.identifier()
    login: str | None = name
    if cursor.take("WITHOUT", "LOGIN"):
        login = None
    elif cursor.take("FOR") or cursor.take("FROM"):
        if not cursor.take("LOGIN"):
            raise unsupported(f"CREATE USER ... FOR {cursor.word()}")
        login = cursor.identifier()
    if cursor.take("WITH"):
        option = cursor.word()
        cursor.advance()
        if option != "DEFAULT_SCHEMA" or not cursor.take("=") or cursor.identifier().lower() != "dbo":
            raise unsupported(f"CREATE USER with {option}, but for DEFAULT_SCHEMA = dbo")
    return CreateUser(name=name, login=login)


def parse_drop_login(cursor: Cursor) -> DropLogin:
    """What follows DROP LOGIN, which knows no IF EXISTS."""
    return DropLogin(name=cursor.identifier())


def parse_drop_user(cursor: Cursor) -> DropUser:
    """What follows DROP USER."""
    if_exists = cursor.take("IF", "EXISTS")
    return DropUser(name=cursor.identifier(), if_exists=if_exists)


def parse_alter_role(cursor: Cursor) -> AlterRole:
    """What follows ALTER ROLE."""
    name = cursor.identifier()
    add = cursor.take("ADD")
    if not add and not cursor.take("DROP"):
        raise unsupported(f"ALTER ROLE ... {cursor.word()}")
    cursor.expect("MEMBER")
    return AlterRole(name=name, member=cursor.identifier(), add=add)
