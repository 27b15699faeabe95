"""Logins, users, and who is in which role."""

from __future__ import annotations

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.catalog.principal_store import FIRST_USER_ID, add_user, remove_user
from sandbox.sqlserver.engine.catalog.principals import DBO, GUEST, PUBLIC
from sandbox.sqlserver.engine.catalog.store import touch
from sandbox.sqlserver.engine.ddl.work import Work
from sandbox.sqlserver.engine.errors import does_not_exist_or_no_permission, unsupported
from sandbox.sqlserver.engine.parser.rights_statements import AlterRole, CreateLogin, CreateUser, DropLogin, DropUser
from sandbox.sqlserver.engine.rights.logins import add_login, check_policy, remove_login

_OTHER_FIXED_ROLES = frozenset(
    [
        "db_accessadmin",
        "db_backupoperator",
        "db_ddladmin",
        "db_denydatareader",
        "db_denydatawriter",
        "db_securityadmin",
    ]
)


def create_login(work: Work, statement: CreateLogin) -> None:
    """CREATE LOGIN. Raises 15025 when it exists, 33062 or 33064 for a weak password."""
    if work.instance.logins.find(statement.name) is not None:
        raise SqlError(15025, f"The server principal '{statement.name}' already exists.")
    if statement.check_policy:
        check_policy(statement.name, statement.password)
    add_login(work.connection.raw, statement.name, statement.password)


def drop_login(work: Work, statement: DropLogin) -> None:
    """DROP LOGIN; its users stay behind. Raises 15151 for an unknown one, 15434 for one that is in use."""
    login = work.instance.logins.find(statement.name)
    if login is None:
        raise does_not_exist_or_no_permission("drop the login", statement.name)
    if login.is_administrator:
        raise SqlError(15150, f"Cannot drop the login '{login.name}'.")
    if work.instance.logins.is_in_use(login):
        raise SqlError(15434, f"Could not drop login '{login.name}' as the user is currently logged in.")
    remove_login(work.connection.raw, login)


def create_user(work: Work, statement: CreateUser) -> None:
    """CREATE USER. Raises 15023 when it exists, 15007 for an unknown login, 15063 for one that has a user here."""
    known = work.catalog().principals
    if known.find(statement.name) is not None:
        raise SqlError(15023, f"User, group, or role '{statement.name}' already exists in the current database.")
    sid = None
    if statement.login is not None:
        login = work.instance.logins.find(statement.login)
        if login is None:
            raise SqlError(15007, f"'{statement.login}' is not a valid login or you do not have permission.")
        sid = login.sid
        if any(principal.sid == sid for principal in known.principals):
            raise SqlError(15063, "The login already has an account under a different user name.")
    add_user(work.connection.raw, statement.name, sid)
    touch(work.connection.raw)


def drop_user(work: Work, statement: DropUser) -> None:
    """DROP USER, with its permissions. Raises 15151 for an unknown one, 15150 for one of the server's."""
    user = work.catalog().principals.find(statement.name)
    if user is None or user.kind != "S":
        if user is None and statement.if_exists:
            return
        raise does_not_exist_or_no_permission("drop the user", statement.name)
    if user.principal_id == GUEST:
        raise unsupported("DROP USER guest")
    if user.principal_id < FIRST_USER_ID:
        raise SqlError(15150, f"Cannot drop the user '{user.name}'.")
    remove_user(work.connection.raw, user.principal_id)
    touch(work.connection.raw)


def alter_role(work: Work, statement: AlterRole) -> None:
    """ADD MEMBER and DROP MEMBER. Raises 15151 for an unknown role or member, 15081 for public, 15405 for dbo."""
    known = work.catalog().principals
    role, member = known.find(statement.name), known.find(statement.member)
    verb = "add" if statement.add else "drop"
    if role is None or role.kind != "R":
        if statement.name.lower() in _OTHER_FIXED_ROLES:
            raise unsupported(f"the role {statement.name}")
        raise does_not_exist_or_no_permission("alter the role", statement.name)
    if role.principal_id == PUBLIC:
        raise SqlError(15081, "Membership of the public role cannot be changed.")
    if member is None:
        raise does_not_exist_or_no_permission(f"{verb} the principal", statement.member)
    if member.principal_id == DBO:
        raise SqlError(15405, f"Cannot use the special principal '{member.name}'.")
    if member.kind != "S":
        raise unsupported(f"the role {member.name} in the role {role.name}")
    row = (role.principal_id, member.principal_id)
    if statement.add:
        work.connection.raw.execute("INSERT OR IGNORE INTO _members VALUES (?, ?)", row)
    else:
        work.connection.raw.execute("DELETE FROM _members WHERE role_id = ? AND member_id = ?", row)
    touch(work.connection.raw)
