"""What one user may do in one database."""

from __future__ import annotations

from collections.abc import Sequence

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.catalog.permissions import KNOWN, Level, holders
from sandbox.sqlserver.engine.catalog.principals import DB_DATAREADER, DB_DATAWRITER, DB_OWNER, DBO
from sandbox.sqlserver.engine.catalog.schema import Catalog, Table
from sandbox.sqlserver.engine.rights.needs import Need

_OF_ROLES = {
    DB_OWNER: ("CONTROL",),
    DB_DATAREADER: ("SELECT",),
    DB_DATAWRITER: ("INSERT", "UPDATE", "DELETE"),
}
"""What the fixed roles have on the database (Microsoft, "Database-level roles")."""

On = Table | str | None
"""What a permission is asked for on: a table, a schema by its name, or the database."""


class Rights:
    """A user's rights by one catalog: its own, its roles' and public's. A DENY outweighs every GRANT."""

    def __init__(self, catalog: Catalog, principal_id: int) -> None:
        self.catalog = catalog
        self.principal_id = principal_id
        self.is_owner = principal_id == DBO
        """dbo may do everything, and nothing can be denied to it."""
        self.roles = catalog.principals.roles_of(principal_id)
        grantees = self.roles | {principal_id}
        entries = [entry for entry in catalog.principals.entries if entry.grantee in grantees]
        self._denied = {(one.permission, one.level, one.securable) for one in entries if one.denied}
        self._granted = {(one.permission, one.level, one.securable) for one in entries if not one.denied}
        for role in self.roles:
            self._granted |= {(permission, Level.DATABASE, 0) for permission in _OF_ROLES.get(role, ())}
        self._seen: dict[int, bool] = {}

    def may(self, permission: str, on: On = None) -> bool:
        """Whether the user has the permission there, by whatever gives it."""
        if self.is_owner:
            return True
        level, places = self._places(on)
        asked = {(held, where, places[where]) for held, where in holders(permission, level)}
        return not asked & self._denied and bool(asked & self._granted)

    def sees(self, table: Table) -> bool:
        """Metadata visibility: some permission on the table, and VIEW DEFINITION not denied."""
        if self.is_owner:
            return True
        level, places = self._places(table)
        if {(held, where, places[where]) for held, where in holders("VIEW DEFINITION", level)} & self._denied:
            return False
        return any(self.may(permission, table) for permission in KNOWN[Level.OBJECT])

    def sees_object(self, object_id: int) -> bool:
        """The same by object id; False for what is no table."""
        if self.is_owner:
            return True
        if object_id not in self._seen:
            table = self.catalog.by_id(object_id)
            self._seen[object_id] = table is not None and self.sees(table)
        return self._seen[object_id]

    def require(self, needs: Sequence[Need]) -> None:
        """Raises 229 or 262 for the first need that is not met, the others behind it."""
        if self.is_owner:
            return
        error: SqlError | None = None
        for need in reversed(needs):
            if not self.may(need.permission, need.table):
                error = need.denied(self.catalog.database, then=error)
        if error is not None:
            raise error

    def _places(self, on: On) -> tuple[Level, dict[Level, int]]:
        """The level asked about, and the ids that it and the levels above it have there."""
        places = {Level.DATABASE: 0}
        if on is None:
            return Level.DATABASE, places
        schema = on if isinstance(on, str) else on.schema
        places[Level.SCHEMA] = self.catalog.principals.schemas[schema.lower()]
        if isinstance(on, str):
            return Level.SCHEMA, places
        places[Level.OBJECT] = on.object_id
        return Level.OBJECT, places
