"""Looks at tables again and again, on one connection: no look pays for a ping, a transaction or a change of level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError
from typing_extensions import override

from common.database.mssql.errors import ALTERED, RIGHTS, error_number
from common.database.mssql.table_states import read_states
from common.database.ports import Lookout
from common.database.records import TableState, TrackedTable


class MSSQLLookout(Lookout):
    """Each look is a statement and a snapshot of its own: at READ COMMITTED it might wait for the rows of side tables
    that an open transaction has just written (Microsoft, "Work with change tracking", advises SNAPSHOT)."""

    def __init__(self, plain: Connection) -> None:
        self._connection = plain.execution_options(isolation_level="AUTOCOMMIT")
        self._connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL SNAPSHOT")

    @override
    def states(self, sources: Sequence[TrackedTable], since: Mapping[str, int]) -> Mapping[str, TableState]:
        try:
            return read_states(self._connection, sources, since)
        except DBAPIError as error:
            # A table that is gone, tracked no more or forbidden fails the statement of all: the states say which it is.
            # guard: look-outlives-a-table
            if not since or error_number(error) not in ALTERED | RIGHTS:
                raise
            return read_states(self._connection, sources)
