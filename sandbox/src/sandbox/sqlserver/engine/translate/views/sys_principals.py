"""sys.server_principals, sys.database_principals and the views about what they may do."""

from __future__ import annotations

from sandbox.sqlserver.contract import SqlType
from sandbox.sqlserver.engine.catalog.principals import FIRST_ROLE_ID
from sandbox.sqlserver.engine.translate.views.view import View, by_name, column
from sandbox.sqlserver.engine.values.types import BIT, INT, SYSNAME, TINYINT, nvarchar, varbinary

_TYPE = SqlType(name="char", length=1)
_DESCRIPTION = nvarchar(60)
_SID = varbinary(85)

_SERVER_PRINCIPALS = View(
    schema="sys",
    name="server_principals",
    columns=(
        column("name", SYSNAME, "json_extract(value, '$.name')", nullable=False),
        column("principal_id", INT, "json_extract(value, '$.id')", nullable=False),
        column("sid", _SID, "tsql_unhex(json_extract(value, '$.sid'))"),
        column("type", _TYPE, "'S'", nullable=False),
        column("type_desc", _DESCRIPTION, "'SQL_LOGIN'"),
        column("is_disabled", BIT, "0"),
    ),
    origin="json_each(tsql_logins())",
)
_DATABASE_PRINCIPALS = View(
    schema="sys",
    name="database_principals",
    columns=(
        column("name", SYSNAME, nullable=False),
        column("principal_id", INT, nullable=False),
        column("type", _TYPE, "kind", nullable=False),
        column("type_desc", _DESCRIPTION, "iif(kind = 'S', 'SQL_USER', 'DATABASE_ROLE')"),
        column("default_schema_name", SYSNAME, "iif(kind = 'S', 'dbo', NULL)"),
        column("sid", _SID),
        column("is_fixed_role", BIT, f"(principal_id >= {FIRST_ROLE_ID})", nullable=False),
    ),
    origin="_principals WHERE tsql_sees_principal(principal_id)",
)
_DATABASE_ROLE_MEMBERS = View(
    schema="sys",
    name="database_role_members",
    columns=(
        column("role_principal_id", INT, "role_id", nullable=False),
        column("member_principal_id", INT, "member_id", nullable=False),
    ),
    origin="_members WHERE tsql_sees_principal(member_id)",
)
_DATABASE_PERMISSIONS = View(
    schema="sys",
    name="database_permissions",
    columns=(
        column("class", TINYINT, "(CASE level WHEN 'OBJECT' THEN 1 WHEN 'SCHEMA' THEN 3 ELSE 0 END)", nullable=False),
        column("class_desc", _DESCRIPTION, "iif(level = 'OBJECT', 'OBJECT_OR_COLUMN', level)"),
        column("major_id", INT, "securable", nullable=False),
        column("minor_id", INT, "0", nullable=False),
        column("grantee_principal_id", INT, "grantee_id", nullable=False),
        column("grantor_principal_id", INT, "1", nullable=False),
        column("permission_name", nvarchar(128), "permission"),
        column("state", _TYPE, "iif(denied, 'D', 'G')", nullable=False),
        column("state_desc", _DESCRIPTION, "iif(denied, 'DENY', 'GRANT')"),
    ),
    origin="_permissions WHERE tsql_sees_principal(grantee_id)",
)

VIEWS = by_name(_SERVER_PRINCIPALS, _DATABASE_PRINCIPALS, _DATABASE_ROLE_MEMBERS, _DATABASE_PERMISSIONS)
"""By `schema.name` in lower case."""
