"""SQL Server with one tracked table, as the model knows it."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

Key = int
Place = tuple[int, int]
PENDING_ROW = "P"


class Resume(NamedTuple):
    """What a fence tells a Mongo that knows nothing of it."""

    number: int
    """Of the window."""
    last: Place | None
    """Where the last dispatch before the next window stands; None: nothing was sent in this epoch."""
    base: int
    stretch: int
    definition: int
    is_in_baseline: bool
    """Not all rows are dealt with up to the fence's version."""
    is_first_run: bool
    """Nothing was sealed since the epoch began at this version: `first run = now`."""


class Fence(NamedTuple):
    """Written into the database just before every seal."""

    version: int
    epoch: str | None
    generation: int
    store: int = 0
    """Id of the Mongo that knows of it."""
    resume: Resume | None = None


class Write(NamedTuple):
    """One statement of a transaction; `status` is None where it is not written."""

    key: Key
    operation: str
    columns: frozenset[str]
    status: str | None


class Change(NamedTuple):
    """One entry of change tracking; `columns` is None for an insert or a delete: all of them."""

    version: int
    columns: frozenset[str] | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Snapshot:
    """The database as a transaction under SNAPSHOT isolation sees it."""

    rows: dict[Key, str]
    log: dict[Key, list[Change]]
    fence: Fence | None
    taken_at: int
    stretch: int
    min_valid: int

    def changes(self, since: int) -> Iterator[tuple[int, Key, frozenset[str] | None]]:
        """CHANGETABLE(CHANGES ...): last version, key and joined mask of every key changed above `since`."""
        for key, log in self.log.items():
            recent = [change for change in log if change.version > since]
            if recent:
                yield recent[-1].version, key, _joined([change.columns for change in recent])

    def last_version(self, key: Key) -> int | None:
        """CHANGETABLE(VERSION ...) of the row; None where change tracking knows nothing of it."""
        return max((change.version for change in self.log.get(key, [])), default=None)


def _joined(masks: Sequence[frozenset[str] | None]) -> frozenset[str] | None:
    known = [mask for mask in masks if mask is not None]
    return frozenset().union(*known) if len(known) == len(masks) else None


@dataclass(kw_only=True)
class Database:
    """One tracked table, the version counter and the fence."""

    clock: Callable[[], int]
    version: int = 0
    rows: dict[Key, str] = field(default_factory=dict)
    log: dict[Key, list[Change]] = field(default_factory=dict)
    became_pending: dict[Key, list[int]] = field(default_factory=dict)
    """When each row became pending: what a relay that read it later has to have sent."""
    fence: Fence | None = None
    fence_at: int = 0
    """When it was set, or renewed by a relay that is at work."""
    session: int = 0
    """Changes when connections are cut."""
    stretch: int = 0
    """Another one whenever tracking begins anew: begin_version, side table and object_id in one."""
    min_valid: int = 0

    def write(self, statements: Iterable[Write]) -> None:
        """One transaction."""
        self.version += 1
        now = self.clock()
        for statement in statements:
            self._apply(statement)
            in_mask = statement.operation == "I" or "status" in statement.columns
            if statement.status == PENDING_ROW and in_mask:
                self.became_pending.setdefault(statement.key, []).append(now)

    def _apply(self, statement: Write) -> None:
        if statement.operation == "D":
            del self.rows[statement.key]
        elif statement.status is not None:
            self.rows[statement.key] = statement.status
        columns = statement.columns if statement.operation == "U" else None
        self.log.setdefault(statement.key, []).append(Change(self.version, columns))

    def snapshot(self) -> Snapshot:
        """What a transaction that begins now will see."""
        log = {key: list(changes) for key, changes in self.log.items()}
        return Snapshot(
            rows=dict(self.rows),
            log=log,
            fence=self.fence,
            taken_at=self.clock(),
            stretch=self.stretch,
            min_valid=self.min_valid,
        )

    def set_fence(self, fence: Fence) -> None:
        """The fence, and that somebody is at work now."""
        self.fence = fence
        self.fence_at = self.clock()

    def backup(self) -> Database:
        """A copy of everything."""
        rows, log, became_pending = copy.deepcopy((self.rows, self.log, self.became_pending))
        return replace(self, rows=rows, log=log, became_pending=became_pending)

    def restore(self, backup: Database) -> None:
        """Put an older copy in place; every connection is cut."""
        past = backup.backup()
        self.version, self.fence, self.fence_at = past.version, past.fence, past.fence_at
        self.rows, self.log, self.became_pending = past.rows, past.log, past.became_pending
        self.stretch, self.min_valid = past.stretch, past.min_valid
        self.session = self.clock()

    def clean_up(self, version: int, *, lags: bool = False) -> None:
        """Change tracking forgets the changes up to this version. `lags`: it has said so, and not begun yet."""
        self.min_valid = max(self.min_valid, version)
        if lags:
            return
        self.log = {key: [each for each in log if each.version > version] for key, log in self.log.items()}

    def restart_tracking(self, meanwhile: Iterable[Write], *, reset: bool) -> None:
        """Off, some writes, on; with `reset` the versions begin at 0 again."""
        version = self.version
        self.write(meanwhile)
        self.version = 0 if reset else version
        self._begin_stretch()

    def truncate(self) -> None:
        """All rows go, unseen."""
        self.rows = {}
        self._begin_stretch()

    def _begin_stretch(self) -> None:
        self.log = {}
        self.stretch = self.clock()
        self.min_valid = self.version
