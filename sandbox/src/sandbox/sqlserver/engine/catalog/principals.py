"""Users, roles and permissions of one database, as values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sandbox.sqlserver.engine.catalog.permissions import Level

PUBLIC, DBO, GUEST = 0, 1, 2
DB_OWNER, DB_DATAREADER, DB_DATAWRITER = 16384, 16390, 16391
"""principal_id of the fixed principals, as in SQL Server."""
FIRST_ROLE_ID = DB_OWNER
"""Users come before it."""
NOBODY = -1
"""No principal has this id."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    """A user (`kind` S) or a role (R) of a database."""

    principal_id: int
    name: str
    kind: str
    sid: bytes | None
    """The login's, for a user that has one."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """One GRANT or DENY. `securable` is an object id or a schema id; 0 for the database."""

    grantee: int
    level: Level
    securable: int
    permission: str
    denied: bool


@dataclass(frozen=True, kw_only=True, slots=True)
class Principals:
    """All of a database's."""

    principals: tuple[Principal, ...]
    members: frozenset[tuple[int, int]]
    """(role, member)."""
    entries: tuple[Entry, ...]
    schemas: Mapping[str, int]
    """Schema ids by name in lower case."""

    def find(self, name: str) -> Principal | None:
        """The principal of that name, whatever its case."""
        wanted = name.lower()
        return next((principal for principal in self.principals if principal.name.lower() == wanted), None)

    def roles_of(self, principal_id: int) -> frozenset[int]:
        """The roles that a principal is in. Everybody is in public, and dbo owns the database."""
        roles = {role for role, member in self.members if member == principal_id}
        return frozenset(roles | {PUBLIC} | ({DB_OWNER} if principal_id == DBO else set()))
