"""What relay needs of the two databases: narrow ports, each with a real adapter and an in-memory fake."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, Protocol

from common.database.records import (
    Baseline,
    ChangedRow,
    Checkpoint,
    Dispatch,
    EpochStart,
    Fence,
    Key,
    LastDispatch,
    Lease,
    Offset,
    OpenWindow,
    Outgoing,
    Pushed,
    Seal,
    TableState,
    Takeover,
    TaskStatus,
    TrackedTable,
    WindowEnd,
    WindowHeader,
)


class Snapshot(Protocol):
    """One SNAPSHOT transaction on one connection, which is kept until the fence is written."""

    @property
    def state(self) -> TableState:
        """The table, the version counter and the fence, as the snapshot shows them."""

    def changes(self, since: int, baseline: Baseline | None = None) -> Iterator[Sequence[ChangedRow]]:
        """The rows that are pending now and changed above `since`, by version and key, in batches of limited text.

        `baseline`: only those that it has dealt with.
        """

    def pending(self, baseline: Baseline | None = None, limit: int | None = None) -> Iterator[Sequence[ChangedRow]]:
        """All rows that are pending now, in the order of their keys, in batches; of them the first `limit`.

        `baseline`: only those that it has yet to read.
        """

    def last_key(self) -> Key | None:
        """The highest key of all rows, pending or not, as rows have theirs; None: there is no row."""

    def end(self) -> None:
        """End the transaction; the connection stays."""

    def set_fence(self, fence: Fence, *, expected: Fence | None) -> bool:
        """Compare and set the fence, on the same connection. False: it was not what was expected."""


class Lookout(Protocol):
    """Looks at tables again and again, on one connection."""

    def states(self, sources: Sequence[TrackedTable], since: Mapping[str, int]) -> Mapping[str, TableState]:
        """As ChangeSource has it; and whether the table of each source that `since` names has changed above that
        version. What cannot be said of one of them is said of none."""


class ChangeSource(Protocol):
    """SQL Server, as the relay sees it."""

    def states(self, sources: Sequence[TrackedTable]) -> Mapping[str, TableState]:
        """The state of each source's table by the source's name, in one round trip.

        A source whose table, or fence, somebody keeps locked is left out. Raises LockedError where that leaves none.
        """

    def lookout(self) -> AbstractContextManager[Lookout]:
        """For many looks, one soon after the other. An error ends it."""

    def snapshot(
        self, source: TrackedTable, *, patience_seconds: float | None = None
    ) -> AbstractContextManager[Snapshot]:
        """A snapshot in which to read the source. `patience_seconds`: how long a statement may go on without giving
        anything; None: as long as any statement.

        Raises ConfigurationError where source and table do not agree, and LockedError, also inside the block, where
        somebody keeps the table or the fence locked.
        """

    def still_pending(
        self,
        source: TrackedTable,
        keys: Collection[Key],
        progress: Callable[[], None],
        *,
        patience_seconds: float | None = None,
    ) -> set[Key]:
        """Those of the keys whose rows are pending; keys as the task log holds them. `progress` is called now and then;
        `patience_seconds` as in `snapshot`.

        What is committed counts: a row that somebody is finishing in an open transaction is pending still.
        """

    def renew_fence(self, source: TrackedTable, store: str) -> None:
        """Say that a relay with this Mongo is at work, where the fence is that Mongo's. From another thread."""

    def cancel(self, source: TrackedTable) -> None:
        """Cancel the statement that reads the source, if there is one. From another thread."""


class Leases(Protocol):
    """Who may work on a source now."""

    def acquire(self, source: str) -> Lease | None:
        """The lease under a new generation, with the checkpoint; None while somebody else holds it."""

    def renew(self, lease: Lease) -> bool:
        """Prolong it. This is also how to ask whether it still names this owner. False: somebody else holds it now."""

    def release(self, lease: Lease) -> None:
        """Give it back, if it is still ours; the generation stays."""


class Checkpoints(Protocol):
    """What is remembered of each source. Every write compares the lease's owner; False: no longer ours."""

    def load(self, sources: Collection[str]) -> Mapping[str, Checkpoint]:
        """The checkpoints there are, in one round trip."""

    def note_lingering(self, sources: Collection[str], tick: str) -> None:
        """Of the checkpoints that there are: this is the tick that lingers. Compares nothing: the last one counts."""

    def seed_window_number(self, lease: Lease, number: int) -> bool:
        """Set the window number of a checkpoint that has none yet."""

    def end_epoch(self, lease: Lease, *, number: int, reason: str) -> bool:
        """Forget epoch, watermark, last offset and open window: a new epoch begins with the next attempt."""

    def begin_epoch(self, lease: Lease, beginning: EpochStart) -> bool:
        """Begin an epoch: its sealed generation is the lease's, and the lease's is the next one."""

    def announce_adoption(self, lease: Lease, *, epoch: str, generation: int) -> bool:
        """Note that this epoch of another Mongo is about to continue here; the lease's generation becomes this one."""

    def adopt(self, lease: Lease, *, superseded: Collection[str]) -> bool:
        """A person takes the source over: only these definitions still block it."""

    def stop_source(self, lease: Lease, *, epochs: int, within: timedelta) -> bool:
        """Stop the source until it is adopted, if at least `epochs` epochs began within this time. False: fewer did."""

    def seal(self, lease: Lease, seal: Seal) -> bool:
        """Advance the watermark and open the window, in one atomic write: if owner, watermark and epoch are as expected
        and none is open."""

    def note_stalls(self, lease: Lease, version: int | None, stalls: int) -> bool:
        """Note how often a reading at this watermark was given up as too slow."""

    def close(self, lease: Lease, window: OpenWindow, summary: Mapping[str, Any]) -> bool:
        """The open window is drained."""


class Journal(Protocol):
    """The task log, seen as the place where a window is written before anything is published."""

    def prepare(self, dispatches: Sequence[Dispatch]) -> Sequence[str]:
        """Write them. Returns the ids that were there before; their documents were left unchanged."""

    def take_over(self, dispatches: Sequence[Dispatch], *, open_window: str | None) -> Mapping[str, Takeover]:
        """Replace older dispatches with the same ids, where these were never published. Gives what became of each, by
        its id."""

    def discard(
        self, source: TrackedTable, *, generation: int, open_window: str | None, progress: Callable[[int], None]
    ) -> int:
        """Delete what was prepared and never sealed, of generations up to this one. Gives back how many.

        What was published of windows that were never closed expires from now on. `progress` is called now and then,
        with the number of documents since its last call.
        """

    def count(self, window_id: str, progress: Callable[[int], None]) -> int:
        """Documents of the window, rejected ones included. `progress` is called now and then, with the number of
        documents since its last call."""

    def header(self, window_id: str) -> WindowHeader | None:
        """What all dispatches of the window have in common; None when it has none."""

    def batch(self, window: WindowHeader, limit: int, *, after: int = -1) -> Sequence[Outgoing]:
        """The first PREPARED ones of the window beyond the place `after`, in order: at most `limit`, and fewer where
        they hold much text. Empty: there are none."""

    def before(self, dispatch: Outgoing) -> Offset | None:
        """Offset of the one before it in the same window; None when it is the first."""

    def pushed_beyond(
        self, source: TrackedTable, checkpoint: Checkpoint, offset: Offset, limit: int
    ) -> Sequence[Pushed]:
        """Dispatches of sealed windows of the checkpoint's epoch beyond the offset, in order, up to the first
        one that is still PREPARED: at most `limit`, and fewer where they hold much text. Empty: there are none."""

    def ends_beyond(
        self, source: TrackedTable, checkpoint: Checkpoint, offset: Offset, limit: int
    ) -> Sequence[WindowEnd]:
        """The windows of which `pushed_beyond` gives dispatches, in order, and where each of them ends: at most
        `limit`. Empty: there are none. It reads little of a large window."""

    def overtaken(self, dispatches: Sequence[Pushed], last: tuple[int, int]) -> set[str]:
        """Ids of those whose rows have a later dispatch, in another sealed window, up to the place `last`.

        `dispatches`: of one source and epoch, in order. A window has no more than one dispatch of a row.
        """

    def mark_pending(self, batch: Sequence[Outgoing], *, expires: bool = False) -> None:
        """They are in the queue: PENDING where still PREPARED, with their times.

        `batch`: dispatches of one window that follow one another in the journal. `expires`: they are the whole window,
        so they may expire from now on.
        """

    def let_expire(self, window: OpenWindow, progress: Callable[[int], None]) -> None:
        """The whole window is in the queue: its documents may expire from now on. `progress` is called now and then,
        with the number of documents since its last call."""


class History(Protocol):
    """The task log, asked what became of rows."""

    def latest(self, source: TrackedTable, rows: Mapping[Key, str | None]) -> Mapping[Key, LastDispatch]:
        """The last dispatch of each of these rows of the source. `rows`: business ids by the rows' keys."""

    def counts(self, source: TrackedTable, statuses: Collection[TaskStatus]) -> Mapping[TaskStatus, int]:
        """How many dispatches of the source have each of these statuses."""

    def oldest_version(self, source: TrackedTable) -> int | None:
        """The change version of the first dispatch that the log still holds; None when it holds none."""
