"""What change tracking should answer: a model in plain Python, written from Microsoft's documentation.

Every row that a statement touches leaves an entry in its table's log. A transaction that leaves any takes the next
version of the database when it commits. CHANGETABLE folds the entries of each key above the asked version.
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

Key = tuple[object, ...]
Row = dict[str, object]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """What one statement did to one row."""

    key: Key
    operation: str
    """I, U or D."""
    columns: tuple[str, ...] | None = None
    """The SET list of an update; None stands for every column."""
    context: bytes | None = None
    version: int | None = None
    """None until the transaction commits."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """A row of CHANGETABLE(CHANGES ...)."""

    version: int
    creation: int | None
    operation: str
    columns: tuple[str, ...] | None
    context: bytes | None


@dataclass(kw_only=True)
class Table:
    """A table with its rows and its log."""

    name: str
    columns: tuple[str, ...]
    """In the order of their column ids, from 1 on."""
    key: tuple[str, ...]
    columns_updated: bool
    rows: dict[Key, Row] = field(default_factory=dict)
    tracked: bool = False
    begin: int = 0
    """The version at which the log began: the lowest that is valid."""
    log: list[Entry] = field(default_factory=list)

    def key_of(self, row: Mapping[str, object]) -> Key:
        """The primary key of a row."""
        return tuple(row[name] for name in self.key)

    def insert(self, rows: Iterable[Row], context: bytes | None = None) -> None:
        """INSERT."""
        for row in rows:
            self.rows[self.key_of(row)] = dict(row)
            self._note(Entry(key=self.key_of(row), operation="I", context=context))

    def delete(self, keys: Iterable[Key], context: bytes | None = None) -> None:
        """DELETE."""
        for key in keys:
            del self.rows[key]
            self._note(Entry(key=key, operation="D", context=context))

    def update(self, keys: Iterable[Key], values: Mapping[str, object], context: bytes | None = None) -> None:
        """UPDATE of columns outside the key. What counts is the SET list, not whether a value is another one."""
        others = set(self.columns) - set(self.key)
        columns = tuple(values) if self.columns_updated and set(values) != others else None
        for key in keys:
            self.rows[key].update(values)
            self._note(Entry(key=key, operation="U", columns=columns, context=context))

    def move(self, new_keys: Mapping[Key, Key], context: bytes | None = None) -> None:
        """UPDATE that names a key column, even without changing it: all rows are deleted, then inserted again."""
        moved = {old: self.rows[old] | dict(zip(self.key, new, strict=True)) for old, new in new_keys.items()}
        self.delete(list(moved), context)
        self.insert(moved.values(), context)

    def truncate(self, version: int) -> None:
        """TRUNCATE TABLE: the log is emptied too."""
        self.rows.clear()
        self.log.clear()
        if self.tracked:
            self.begin = version

    def enable(self, version: int) -> None:
        """ENABLE CHANGE_TRACKING."""
        self.tracked, self.begin = True, version

    def disable(self) -> None:
        """DISABLE CHANGE_TRACKING: the log is gone."""
        self.tracked = False
        self.log.clear()

    def changes(self, since: int) -> dict[Key, Change]:
        """CHANGETABLE(CHANGES ...) by key. Uncommitted entries are nobody's business, not even one's own."""
        by_key: dict[Key, list[Entry]] = {}
        for entry in self.log:
            if entry.version is not None and entry.version > since:
                by_key.setdefault(entry.key, []).append(entry)
        return {key: fold(entries) for key, entries in by_key.items()}

    def last_changes(self) -> dict[Key, tuple[int | None, bytes | None]]:
        """CHANGETABLE(VERSION ...) of every row: version and context of its last change, of which no more is known
        than that it is not committed while it is one's own."""
        last = {entry.key: (entry.version, entry.context if entry.version else None) for entry in self.log}
        return {key: last.get(key, (None, None)) for key in self.rows}

    def _note(self, entry: Entry) -> None:
        if self.tracked:
            self.log.append(entry)


def fold(entries: Sequence[Entry]) -> Change:
    """The net change of one key from its committed entries above the asked version, oldest first."""
    first, last = entries[0], entries[-1]
    inserts = [entry.version for entry in entries if entry.operation == "I"]
    lists = [entry.columns if entry.operation == "U" else None for entry in entries]
    columns: tuple[str, ...] | None = None
    if all(listed is not None for listed in lists):
        columns = tuple(dict.fromkeys(name for listed in lists for name in listed or ()))
    if last.operation == "D":
        operation = "D"
    elif first.operation == "I":
        operation = "I"
    else:
        operation = "U"
    assert last.version is not None
    return Change(
        version=last.version,
        creation=inserts[-1] if inserts else None,
        operation=operation,
        columns=columns,
        context=last.context,
    )


class Database:
    """Tables, the version, and at most one open transaction."""

    def __init__(self, tables: Iterable[Table]) -> None:
        self.version = 0
        self.tables = {table.name: table for table in tables}
        self.committed = self.tables
        """What other connections see: another object than `tables` while a transaction is open."""
        self._savepoint: dict[str, Table] = {}

    @property
    def is_open(self) -> bool:
        """Whether a transaction is open."""
        return self.committed is not self.tables

    def as_committed(self) -> Database:
        """A copy of what is committed now."""
        fake = Database(copy.deepcopy(list(self.committed.values())))
        fake.version = self.version
        return fake

    def begin(self) -> None:
        """BEGIN TRANSACTION."""
        self.tables = copy.deepcopy(self.committed)

    def save(self) -> None:
        """SAVE TRANSACTION."""
        self._savepoint = copy.deepcopy(self.tables)

    def rollback_to_savepoint(self) -> None:
        """ROLLBACK TRANSACTION to the savepoint."""
        self.tables = copy.deepcopy(self._savepoint)

    def rollback(self) -> None:
        """ROLLBACK."""
        self.tables = self.committed

    def commit(self) -> None:
        """COMMIT: all that the transaction changed gets the next version, if it changed a tracked row."""
        if any(entry.version is None for table in self.tables.values() for entry in table.log):
            self.version += 1
        for table in self.tables.values():
            table.log = [entry if entry.version else replace(entry, version=self.version) for entry in table.log]
        self.committed = self.tables
