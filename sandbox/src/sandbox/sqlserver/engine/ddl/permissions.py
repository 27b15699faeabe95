"""GRANT, DENY and REVOKE."""

from __future__ import annotations

from collections.abc import Iterator

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.catalog.permissions import Level
from sandbox.sqlserver.engine.catalog.principal_store import FIRST_USER_ID, remove_permission, set_permission
from sandbox.sqlserver.engine.catalog.principals import GUEST, PUBLIC, Entry
from sandbox.sqlserver.engine.catalog.store import touch
from sandbox.sqlserver.engine.ddl.work import Work
from sandbox.sqlserver.engine.errors import does_not_exist_or_no_permission
from sandbox.sqlserver.engine.parser.rights_statements import ChangePermissions
from sandbox.sqlserver.engine.rights.effective import On


def change_permissions(work: Work, statement: ChangePermissions) -> None:
    """GRANT, DENY or REVOKE. Raises 15151 for an unknown securable or principal, and 4610, 4617 or 4624."""
    _, securable = find_securable(work, statement)
    raw = work.connection.raw
    for grantee in list(_grantees(work, statement)):
        for permission in statement.permissions:
            if statement.verb == "REVOKE":
                remove_permission(raw, grantee, statement.level, securable, permission)
                continue
            entry = Entry(
                grantee=grantee,
                level=statement.level,
                securable=securable,
                permission=permission,
                denied=statement.verb == "DENY",
            )
            set_permission(raw, entry)
    touch(raw)


def find_securable(work: Work, statement: ChangePermissions) -> tuple[On, int]:
    """What the permissions are about, and its id. Raises 15151 when it is not there, 4610 for another database."""
    name = statement.securable
    if statement.level is Level.DATABASE:
        if name and name[-1].lower() != work.database.name.lower():
            text = "You can only grant or revoke permissions on objects in the current database."
            raise SqlError(4610, text)
        return None, 0
    if statement.level is Level.SCHEMA:
        schema_id = work.catalog().principals.schemas.get(name[-1].lower())
        if schema_id is None:
            raise cannot_find_securable(statement)
        return name[-1], schema_id
    table = work.catalog().find(*work.table_name(name))
    if table is None:
        raise cannot_find_securable(statement)
    return table, table.object_id


def cannot_find_securable(statement: ChangePermissions) -> SqlError:
    """15151: the securable is not there, or its permissions are not for this user to give."""
    return does_not_exist_or_no_permission(f"find the {statement.level.lower()}", statement.securable[-1])


def _grantees(work: Work, statement: ChangePermissions) -> Iterator[int]:
    for name in statement.principals:
        principal = work.catalog().principals.find(name)
        if principal is None:
            raise does_not_exist_or_no_permission("find the user", name)
        grantee = principal.principal_id
        if principal.kind == "R" and grantee != PUBLIC:
            raise SqlError(4617, "Cannot grant, deny or revoke permissions to or from special roles.")
        if grantee == work.user or (grantee not in (PUBLIC, GUEST) and grantee < FIRST_USER_ID):
            text = (
                "Cannot grant, deny, or revoke permissions to sa, dbo, entity owner, information_schema, sys, or "
                "yourself."
            )
            raise SqlError(4624, text)
        yield grantee
