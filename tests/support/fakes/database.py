"""SQL Server with one tracked table and change tracking, as far as the cycle can see it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from typing_extensions import override

from common.database.errors import LockedError
from common.database.ports import ChangeSource, Lookout, Snapshot
from common.database.records import Baseline, ChangedRow, Fence, Key, TableState, TrackedTable

OLD_SECONDS = 1000.0


@dataclass(frozen=True, kw_only=True)
class Change:
    """One entry of the change log; `columns` is None for inserts and deletes."""

    version: int
    columns: frozenset[str] | None


@dataclass(frozen=True, kw_only=True)
class Row:
    status: str
    args: tuple[Any, ...]


@dataclass
class Contents:
    """Everything that a backup holds."""

    version: int = 0
    rows: dict[Key, Row] = field(default_factory=dict)
    log: dict[Key, list[Change]] = field(default_factory=dict)
    fence: Fence | None = None
    fence_is_old: bool = False
    """Nobody has been at work for a while."""
    object_id: int = 1001
    begin_version: int | None = 0
    side_table: int | None = 2001
    min_valid: int | None = 0
    tracked: bool = True
    updateable: bool = True


class ConnectionCutError(Exception):
    """The server closed the connection, as a restore does."""


class FakeDatabase(ChangeSource):
    """Writers call `insert`, `update`, `delete` (each a transaction) or `transaction`; the cycle reads snapshots."""

    def __init__(self, *, batch_size: int = 3) -> None:
        self.contents = Contents()
        self.sessions_from = 0
        self.is_locked = False
        """Somebody has altered the table, and left the transaction open."""
        self._batch_size = batch_size

    def insert(self, key: Key, *, status: str = "PENDING_SYNC", args: tuple[Any, ...] | None = None) -> None:
        with self.transaction() as write:
            write.insert(key, status=status, args=args)

    def update(self, key: Key, **columns: Any) -> None:
        with self.transaction() as write:
            write.update(key, **columns)

    def delete(self, key: Key) -> None:
        with self.transaction() as write:
            write.delete(key)

    @contextmanager
    def transaction(self) -> Iterator[Transaction]:
        contents = self.contents
        yield Transaction(contents)
        contents.version += 1

    def truncate(self) -> None:
        """History emptied, min-valid and begin version = current version, no new version drawn."""
        now = self.contents
        now.rows, now.log = {}, {}
        now.min_valid = now.begin_version = now.version

    def recreate(self) -> None:
        """DROP and CREATE TABLE, with tracking: empty, another object_id."""
        self.truncate()
        self.contents.object_id += 1
        self.contents.side_table = (self.contents.side_table or 0) + 1

    def switch_tracking_off_and_on(self) -> None:
        """The rows stay, their history does not."""
        now = self.contents
        now.log = {}
        now.min_valid = now.begin_version = now.version
        now.side_table = (now.side_table or 0) + 1

    def clean_up(self, version: int) -> None:
        """Retention has passed for everything up to the version."""
        now = self.contents
        now.min_valid = max(now.min_valid or 0, version)
        now.log = {key: [e for e in log if e.version > version] for key, log in now.log.items()}

    def backup(self) -> Contents:
        return copy.deepcopy(self.contents)

    def restore(self, backup: Contents) -> None:
        """Put an older copy in place; every connection is cut."""
        self.contents = copy.deepcopy(backup)
        self.sessions_from += 1

    @override
    def states(self, sources: Sequence[TrackedTable]) -> Mapping[str, TableState]:
        self._check_not_locked()
        return {source.name: state_of(self.contents) for source in sources}

    @override
    @contextmanager
    def lookout(self) -> Iterator[FakeLookout]:
        yield FakeLookout(self)

    @override
    @contextmanager
    def snapshot(self, source: TrackedTable, *, patience_seconds: float | None = None) -> Iterator[FakeSnapshot]:
        self._check_not_locked()
        yield FakeSnapshot(self, source, self._batch_size)

    def _check_not_locked(self) -> None:
        if self.is_locked:
            raise LockedError("all sources", "the table")

    @override
    def still_pending(
        self,
        source: TrackedTable,
        keys: Collection[Key],
        progress: Callable[[], None],
        *,
        patience_seconds: float | None = None,
    ) -> set[Key]:
        self._check_not_locked()
        progress()
        rows = self.contents.rows
        return {key for key in keys if key in rows and rows[key].status == source.pending_value}

    def let_the_fence_age(self) -> None:
        self.contents.fence_is_old = True

    @override
    def renew_fence(self, source: TrackedTable, store: str) -> None:
        fence = self.contents.fence
        if fence is not None and fence.store == store:
            self.contents.fence_is_old = False

    @override
    def cancel(self, source: TrackedTable) -> None:
        return None


class FakeLookout(Lookout):
    """Looks at the contents."""

    def __init__(self, database: FakeDatabase) -> None:
        self._database = database

    @override
    def states(self, sources: Sequence[TrackedTable], since: Mapping[str, int]) -> Mapping[str, TableState]:
        states = self._database.states(sources)
        changes = [log[-1].version for log in self._database.contents.log.values()]
        # What cannot be said of one of them is said of none.
        asked = since if self._database.contents.tracked else {}
        return {
            name: replace(state, has_changes=max(changes, default=0) > asked[name] if name in asked else None)
            for name, state in states.items()
        }


class Transaction:
    """Statements that commit together, under one version."""

    def __init__(self, contents: Contents) -> None:
        self._contents = contents

    def insert(self, key: Key, *, status: str = "PENDING_SYNC", args: tuple[Any, ...] | None = None) -> None:
        self._contents.rows[key] = Row(status=status, args=args if args is not None else key)
        self._log(key, None)

    def update(self, key: Key, **columns: Any) -> None:
        old = self._contents.rows[key]
        self._contents.rows[key] = Row(status=columns.get("status", old.status), args=columns.get("args", old.args))
        self._log(key, frozenset(columns))

    def delete(self, key: Key) -> None:
        del self._contents.rows[key]
        self._log(key, None)

    def _log(self, key: Key, columns: frozenset[str] | None) -> None:
        change = Change(version=self._contents.version + 1, columns=columns)
        self._contents.log.setdefault(key, []).append(change)


class FakeSnapshot(Snapshot):
    """A copy of the contents, and a connection that a restore cuts."""

    def __init__(self, database: FakeDatabase, source: TrackedTable, batch_size: int) -> None:
        self._database = database
        self._source = source
        self._batch_size = batch_size
        self._session = database.sessions_from
        self._seen = database.backup()

    @override
    @property
    def state(self) -> TableState:
        return state_of(self._seen)

    @override
    def changes(self, since: int, baseline: Baseline | None = None) -> Iterator[Sequence[ChangedRow]]:
        found = []
        for key, log in self._seen.log.items():
            recent = [change for change in log if change.version > since]
            has_been_there = baseline is None or not _has_yet_to_read(baseline, key)
            if recent and has_been_there and self._is_wanted(key, recent):
                found.append(self._row(key, recent[-1].version))
        return self._batches(sorted(found, key=lambda row: (row.version or 0, row.key)))

    def _is_wanted(self, key: Key, recent: Sequence[Change]) -> bool:
        row = self._seen.rows.get(key)
        if row is None or row.status != self._source.pending_value:
            return False
        masks = [change.columns for change in recent if change.columns is not None]
        return len(masks) < len(recent) or bool(self._watched() & frozenset().union(*masks))

    def _watched(self) -> set[str]:
        """The fake has a column `status`, and one for all args; others go by their own names."""
        source = self._source
        names = {source.status_column: "status", **dict.fromkeys(source.args, "args")}
        return {names.get(name, name) for name in source.watched}

    @override
    def pending(self, baseline: Baseline | None = None, limit: int | None = None) -> Iterator[Sequence[ChangedRow]]:
        found = []
        for key, row in sorted(self._seen.rows.items()):
            if row.status == self._source.pending_value and (baseline is None or _has_yet_to_read(baseline, key)):
                log = self._seen.log.get(key)
                found.append(self._row(key, log[-1].version if log else None))
        return self._batches(found[:limit])

    @override
    def last_key(self) -> Key | None:
        return max(self._seen.rows, default=None)

    def _row(self, key: Key, version: int | None) -> ChangedRow:
        return ChangedRow(version=version, key=key, args=self._seen.rows[key].args)

    def _batches(self, rows: list[ChangedRow]) -> Iterator[Sequence[ChangedRow]]:
        for start in range(0, len(rows), self._batch_size):
            self._check()
            yield rows[start : start + self._batch_size]

    @override
    def end(self) -> None:
        self._check()

    @override
    def set_fence(self, fence: Fence, *, expected: Fence | None) -> bool:
        self._check()
        if self._database.contents.fence != expected:
            return False
        self._database.contents.fence = fence
        self._database.contents.fence_is_old = False
        return True

    def _check(self) -> None:
        if self._session != self._database.sessions_from:
            raise ConnectionCutError


def _has_yet_to_read(baseline: Baseline, key: Key) -> bool:
    return key > baseline.after and (baseline.until is None or key <= baseline.until)


def state_of(contents: Contents) -> TableState:
    return TableState(
        current_version=contents.version if contents.tracked else None,
        object_id=contents.object_id,
        min_valid=contents.min_valid if contents.tracked else None,
        begin_version=contents.begin_version if contents.tracked else None,
        side_table=contents.side_table if contents.tracked else None,
        updateable=contents.updateable,
        fence=contents.fence and replace(contents.fence, age_seconds=OLD_SECONDS if contents.fence_is_old else 1.0),
    )
