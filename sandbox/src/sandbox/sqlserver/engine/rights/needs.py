"""What a statement asks for: gathered while it is translated, checked before it runs."""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.sqlserver.contract import SqlError
from sandbox.sqlserver.engine.catalog.schema import Table


@dataclass(frozen=True, kw_only=True, slots=True)
class Need:
    """A permission on a table; on the database when there is no table."""

    permission: str
    table: Table | None = None

    def denied(self, database: str, *, then: SqlError | None) -> SqlError:
        """229 for a table; for the database 262 and 297, as views about its state have them. `then` comes behind it."""
        if self.table is None:
            action = SqlError(297, "The user does not have permission to perform this action.", then=then)
            return permission_denied(self.permission, database, then=action)
        text = (
            f"The {self.permission} permission was denied on the object '{self.table.name}', "
            f"database '{database}', schema '{self.table.schema}'."
        )
        return SqlError(229, text, severity=14, state=5, then=then)


def permission_denied(permission: str, database: str, *, then: SqlError | None = None) -> SqlError:
    """262: a permission on the database is missing."""
    return SqlError(262, f"{permission} permission denied in database '{database}'.", severity=14, then=then)
