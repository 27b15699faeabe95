"""What SQL Server has: tracked tables, their state and their rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from common.database.names import full_name
from common.database.records.fence import Fence

Key = tuple[Any, ...]
"""The values of a row's primary key, in the key's order."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TrackedTable:
    """A table in SQL Server whose pending rows are wanted."""

    name: str
    """What it is called in watermarks, fences and logs."""
    schema: str = "dbo"
    table: str
    args: tuple[str, ...]
    """Columns whose values are read with a row; the first is the business id."""
    key: tuple[str, ...] | None = None
    """Columns that the primary key is expected to have; None: whatever the catalog says."""
    status_column: str = "status"
    pending_value: str | int = "PENDING_SYNC"
    watch: tuple[str, ...] | None = None
    """A row is taken when an UPDATE names one of these columns; None: status and args."""
    database: str = "default"

    @property
    def id(self) -> str:
        """`database.source`: names its checkpoint and its offset."""
        return f"{self.database}.{self.name}"

    @property
    def watched(self) -> tuple[str, ...]:
        """The columns that are watched, each once."""
        # guard: watched-columns
        return tuple(dict.fromkeys(self.watch or (self.status_column, *self.args)))

    @property
    def full_name(self) -> str:
        """As it can be typed, in brackets where it must: `dbo.SalesInvoices`."""
        return full_name(self.schema, self.table)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangedRow:
    """A pending row, as change tracking or a baseline gave it."""

    version: int | None
    """Change version; None where change tracking does not know it (a baseline of rows older than tracking)."""
    key: tuple[Any, ...]
    args: tuple[Any, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class TableState:
    """What SQL Server says of a tracked table at one moment."""

    current_version: int | None
    """None: change tracking is off for the database."""
    object_id: int | None
    """None: there is no such table, or no right to see it."""
    min_valid: int | None
    """None: not tracked, or no VIEW CHANGE TRACKING."""
    begin_version: int | None
    side_table: int | None
    """Object id of the internal table that holds its changes; None: no right to see it."""
    updateable: bool
    fence: Fence | None
    has_changes: bool | None = None
    """Whether the table itself has changed above the version that was asked about; None: not asked."""
