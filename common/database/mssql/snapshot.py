"""One SNAPSHOT transaction on one connection, which is kept until the fence is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy.engine import Connection
from sqlalchemy.exc import IntegrityError
from sqlalchemy.sql.elements import ColumnElement
from typing_extensions import override

from common.batches import BATCH_CHARACTERS, batches
from common.database import change_tracking as ct
from common.database.mssql import statements
from common.database.mssql.key_order import yet_to_read
from common.database.mssql.locks import FENCE_TABLE, locks_named
from common.database.mssql.pending_keys import pending_of
from common.database.mssql.resume import resume_of
from common.database.ports import Snapshot
from common.database.records import Baseline, ChangedRow, Fence, Key, TableState, TrackedTable


class MSSQLSnapshot(Snapshot):
    """What the database looked like when the snapshot began, and the fence that says so."""

    def __init__(self, connection: Connection, tracked: TrackedTable, table: sa.Table, *, batch_size: int) -> None:
        self._connection = connection
        self._tracked = tracked
        self._table = table
        self._batch_size = batch_size
        # The version counter comes first: were it read late and not bound to the snapshot, a commit in between
        # would be skipped for ever (Microsoft, "Work with change tracking": obtain consistent results).
        version = connection.execute(sa.select(ct.current_version())).scalar()
        row = connection.execute(statements.states((tracked,))).one()
        self._state = replace(state_of(row), current_version=version)
        self._shape = (row.object_id, row.modify_date)

    @property
    def shape(self) -> tuple[object, object]:
        """The table's, as Description has it."""
        return self._shape

    @override
    @property
    def state(self) -> TableState:
        return self._state

    @override
    def changes(self, since: int, baseline: Baseline | None = None) -> Iterator[Sequence[ChangedRow]]:
        return self._batches(statements.changed_rows(self._tracked, self._table, since, baseline))

    @override
    def pending(self, baseline: Baseline | None = None, limit: int | None = None) -> Iterator[Sequence[ChangedRow]]:
        if baseline is None:
            return self._batches(statements.pending_rows(self._tracked, self._table, limit=limit))
        return self._pending_within(yet_to_read(self._tracked, self._table, baseline), limit)

    def _pending_within(
        self, stretches: Sequence[ColumnElement[bool]], limit: int | None
    ) -> Iterator[Sequence[ChangedRow]]:
        for stretch in stretches:
            for batch in self._batches(statements.pending_rows(self._tracked, self._table, stretch, limit)):
                # guard: limit-over-stretches
                limit = None if limit is None else limit - len(batch)
                yield batch
            if limit == 0:
                return

    @override
    def last_key(self) -> Key | None:
        found = self._connection.execute(statements.last_key(self._table)).one_or_none()
        return None if found is None else tuple(found)

    def _batches(self, query: sa.Select[Any]) -> Iterator[Sequence[ChangedRow]]:
        key_ends = 1 + len(self._table.primary_key)
        places = statements.places_of_args(self._tracked, self._table)
        size = self._rows_at_a_time()
        with self._connection.execute(query) as result:
            parts = (
                [
                    ChangedRow(version=row[0], key=row[1:key_ends], args=tuple([row[place] for place in places]))
                    for row in rows
                ]
                for rows in result.partitions(size)
            )
            if size == self._batch_size:
                yield from parts
            else:
                yield from batches(chain.from_iterable(parts), most=self._batch_size, weigh=_characters)

    def _rows_at_a_time(self) -> int:
        """So many that a batch's text is not exceeded, whatever they hold: one, where a column has no limit."""
        width = statements.width_of_row(self._tracked, self._table)
        # guard: rows-at-a-time
        return 1 if width is None else max(1, min(self._batch_size, BATCH_CHARACTERS // max(width, 1)))

    def still_pending(self, keys: Sequence[tuple[Any, ...]], progress: Callable[[], None]) -> set[tuple[Any, ...]]:
        """Those of the keys whose rows are pending, as the snapshot shows them. `progress` is called now and then."""
        pending: set[tuple[Any, ...]] = set()
        for found in pending_of(self._connection, self._tracked, self._table, keys):
            pending |= found
            progress()
        return pending

    def abandon(self) -> None:
        """End the transaction, and have the connection as it was before."""
        self._connection.rollback()
        self._connection.execution_options(isolation_level="READ COMMITTED")

    @override
    def end(self) -> None:
        self.abandon()
        # A relay that is paused between a statement and its commit would keep the fence locked for everybody.
        self._connection.execution_options(isolation_level="AUTOCOMMIT")

    @override
    def set_fence(self, fence: Fence, *, expected: Fence | None) -> bool:
        # Also False where the connection is not the same any more: a restore cuts it.
        if self._connection.invalidated:
            return False
        with locks_named(self._tracked, FENCE_TABLE):
            if expected is None:
                return self._insert_fence(fence)
            # guard: one-connection
            return self._connection.execute(statements.move_fence(self._tracked.name, fence, expected)).rowcount == 1

    def _insert_fence(self, fence: Fence) -> bool:
        try:
            self._connection.execute(statements.first_fence(self._tracked.name, fence))
        except IntegrityError:
            # guard: first-fence
            return False
        return True


def _characters(row: ChangedRow) -> int:
    return sum([len(value) for value in row.args if isinstance(value, str | bytes)])


def state_of(row: sa.Row[Any]) -> TableState:
    """A row of `statements.states` as a record."""
    fence = None
    # Whatever the row holds, it exists, and no other can be inserted.
    # guard: empty-fence
    if row.fenced is not None:
        fence = Fence(
            version=row.version,
            epoch=row.epoch,
            generation=row.generation,
            store=row.store,
            resume=resume_of(row.resume),
            host=row.host,
            age_seconds=row.age_seconds,
        )
    return TableState(
        current_version=row.current_version,
        object_id=row.object_id,
        min_valid=row.min_valid,
        begin_version=row.begin_version,
        side_table=row.side_table,
        updateable=row.updateability != "READ_ONLY",
        fence=fence,
        has_changes=None if row.has_changes is None else bool(row.has_changes),
    )
