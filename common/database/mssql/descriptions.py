"""What is known of tables, for as long as they are what they were."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from common.database.mssql import statements
from common.database.mssql.catalog import describe
from common.database.records import TrackedTable

Shape = tuple[Any, Any]
"""(object id, moment of the last ALTER): another one, and the table is no longer what it was. (None, None): there is
none. Microsoft, "sys.objects": modify_date changes with every ALTER, and when an index is made or altered."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Description:
    """A table as the catalog described it."""

    table: sa.Table
    shape: Shape
    """Which it had before it was described."""


class Descriptions:
    """Of one process."""

    def __init__(self) -> None:
        self._known: dict[TrackedTable, Description] = {}

    def of(self, connection: Connection, tracked: TrackedTable) -> Description:
        """The description that is known, or a new one. Raises as `describe` does."""
        if tracked not in self._known:
            # Before the description: what is altered between the two is then taken for another shape.
            shape = connection.execute(statements.shape(tracked)).one_or_none()
            table = describe(connection, tracked)
            self._known[tracked] = Description(table=table, shape=(None, None) if shape is None else tuple(shape))
        return self._known[tracked]

    def forget(self, tracked: TrackedTable) -> None:
        """Describe the table anew the next time."""
        self._known.pop(tracked, None)

    @contextmanager
    def forgotten_after_errors(self, tracked: TrackedTable) -> Iterator[None]:
        """Whatever SQL Server refuses inside the block may be for what has become of the table."""
        try:
            yield
        except DBAPIError:
            # guard: described-anew-after-errors
            self.forget(tracked)
            raise
