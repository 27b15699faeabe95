"""The states of tables, all at once; where somebody keeps one locked, without that one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError

from common.database.errors import LockedError
from common.database.mssql import statements
from common.database.mssql.locks import FENCE_TABLE, is_locked, table_or_fence, waiting_briefly
from common.database.mssql.snapshot import state_of
from common.database.records import TableState, TrackedTable


def read_states(
    connection: Connection, tables: Sequence[TrackedTable], since: Mapping[str, int] | None = None
) -> Mapping[str, TableState]:
    """The states by source, in one round trip. Where a table is locked, they are asked for one by one, and its own is
    left out; raises LockedError where that leaves none.

    `since`: versions by name; of these tables it is said whether they have changed above it."""
    try:
        return _read(connection, tables, since)
    except DBAPIError as error:
        if not is_locked(error):
            raise
        # guard: locked-table-alone
        found = _one_by_one(connection, tables) if len(tables) > 1 else {}
        if not found:
            raise _all_locked(tables) from error
        return found


def _read(
    connection: Connection, tables: Sequence[TrackedTable], since: Mapping[str, int] | None = None
) -> dict[str, TableState]:
    since = since or {}
    statement = statements.states(tuple(tables), frozenset(since))
    versions = {
        statements.since_of(place): since[table.name] for place, table in enumerate(tables) if table.name in since
    }
    return {row.source: state_of(row) for row in connection.execute(statement, versions)}


def _one_by_one(connection: Connection, tables: Sequence[TrackedTable]) -> Mapping[str, TableState]:
    found: dict[str, TableState] = {}
    connection.rollback()
    with waiting_briefly(connection):
        for table in tables:
            try:
                found |= _read(connection, [table])
            except DBAPIError as error:
                if not is_locked(error):
                    raise
                connection.rollback()
    return found


def _all_locked(tables: Sequence[TrackedTable]) -> LockedError:
    if len(tables) == 1:
        return LockedError(f"source {tables[0].name}", table_or_fence(tables[0]))
    return LockedError("all sources", f"{FENCE_TABLE}, or each of their tables,")
