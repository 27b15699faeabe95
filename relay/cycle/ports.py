"""What the cycle needs of the world: narrow ports, each with a real adapter and an in-memory twin."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any, Protocol

from common.database.records import (
    Beginning,
    ChangedRow,
    Checkpoint,
    Dispatch,
    Lease,
    Logged,
    Mark,
    OpenCycle,
    Outgoing,
    Position,
    Seal,
    TableState,
    Takeover,
    TaskStatus,
    Window,
)
from relay.sources.source import Source

Key = tuple[Any, ...]


class Snapshot(Protocol):
    """One SNAPSHOT transaction on one connection, which is kept until the mark is written."""

    @property
    def state(self) -> TableState:
        """The table, the version counter and the mark, as the snapshot shows them."""

    def changes(self, since: int) -> Iterator[Sequence[ChangedRow]]:
        """The rows that are pending now and changed above `since`, by version and key, in batches."""

    def pending(self) -> Iterator[Sequence[ChangedRow]]:
        """All rows that are pending now, by version and key, in batches: a baseline."""

    def end(self) -> None:
        """End the transaction; the connection stays."""

    def set_mark(self, mark: Mark, *, expected: Mark | None) -> bool:
        """Compare and set the mark, on the same connection. False: it was not what was expected."""


class ChangeSource(Protocol):
    """SQL Server, as the relay sees it."""

    def states(self, sources: Sequence[Source]) -> Mapping[str, TableState]:
        """The state of each source's table by the source's name, in one round trip."""

    def snapshot(self, source: Source) -> AbstractContextManager[Snapshot]:
        """A snapshot in which to read the source."""

    def still_pending(self, source: Source, keys: Collection[Key]) -> set[Key]:
        """Those of the keys whose rows are pending now."""

    def renew_mark(self, source: Source, store: str) -> None:
        """Say that a relay with this Mongo is at work, where the mark is that Mongo's. From another thread."""

    def cancel(self, source: Source) -> None:
        """Cancel the statement that reads the source, if there is one. From another thread."""


class Leases(Protocol):
    """Who may work on a source now."""

    def acquire(self, source: str) -> Lease | None:
        """The lease under a new generation, with the checkpoint; None while somebody else holds it."""

    def renew(self, lease: Lease) -> bool:
        """Prolong it, which is how to ask whether it still names this owner. False: somebody else holds it by now."""

    def release(self, lease: Lease) -> None:
        """Give it back, if it is still ours."""


class Checkpoints(Protocol):
    """What is remembered of each source. Every write compares the lease's owner; False: no longer ours."""

    def load(self, sources: Collection[str]) -> Mapping[str, Checkpoint]:
        """The checkpoints there are, in one round trip."""

    def count_on_from(self, lease: Lease, number: int) -> bool:
        """Set the cycle number of a checkpoint that has none yet."""

    def abandon_life(self, lease: Lease, *, number: int, reason: str) -> bool:
        """Forget life, watermark, last position and open cycle: a new life begins with the next attempt."""

    def begin_life(self, lease: Lease, beginning: Beginning) -> bool:
        """Begin a life: its sealed generation is the lease's, and the lease's is the next one."""

    def announce_adoption(self, lease: Lease, *, life: str, generation: int) -> bool:
        """That this life of another Mongo is about to go on here, and that the lease's generation is this one."""

    def adopt(self, lease: Lease, *, superseded: Collection[str]) -> bool:
        """A person takes the source over: nothing stops it any more but these definitions."""

    def stop_source(self, lease: Lease, *, lives: int, within: timedelta) -> bool:
        """Stop the source until it is adopted, where so many lives were sealed within this time. False: they were
        not."""

    def seal(self, lease: Lease, seal: Seal) -> bool:
        """Advance the watermark and open the cycle, if owner, watermark and life are as expected and none is open."""

    def close(self, lease: Lease, cycle: OpenCycle, summary: Mapping[str, Any]) -> bool:
        """The open cycle is drained."""


class Journal(Protocol):
    """The task log, seen as the place where a window is written before anything is published."""

    def prepare(self, dispatches: Sequence[Dispatch]) -> Sequence[str]:
        """Write them; gives back the ids that were there before, which were left as they are."""

    def take_over(self, dispatch: Dispatch, *, open_cycle: str | None) -> Takeover:
        """Put it in the place of an older one with its id, where that one was never published."""

    def discard(self, source: Source, *, generation: int, open_cycle: str | None) -> int:
        """Delete what was prepared and never sealed, of generations up to this one. Gives back how many.

        What was published of windows that were never closed expires from now on.
        """

    def count(self, cycle: str) -> int:
        """Documents of the cycle, rejected ones included."""

    def window(self, cycle: str) -> Window | None:
        """What all dispatches of the cycle have in common; None when it has none."""

    def batch(self, window: Window, limit: int, *, after: int = -1) -> Sequence[Outgoing]:
        """The first PREPARED ones of the window beyond the place `after`, in order."""

    def before(self, dispatch: Outgoing) -> Position | None:
        """Position of the one before it in the same cycle; None when it is the first."""

    def pushed_beyond(
        self, source: Source, checkpoint: Checkpoint, position: Position, limit: int
    ) -> Sequence[Dispatch]:
        """Dispatches of sealed windows of the checkpoint's life beyond the position, in order, up to the first
        one that is still PREPARED; at most `limit`."""

    def mark_pending(self, batch: Sequence[Outgoing], *, expires: bool = False) -> None:
        """They are in the queue: PENDING where still PREPARED, with their times.

        `batch`: dispatches of one cycle that follow one another in the journal. `expires`: they are all there is of
        it, so that they may expire from now on.
        """

    def let_expire(self, cycle: OpenCycle, progress: Callable[[], None]) -> None:
        """The whole cycle is in the queue: its documents may expire from now on. `progress` is called now and then."""


class History(Protocol):
    """The task log, as far as it says what became of rows."""

    def latest(self, source: Source, business_ids: Collection[str | None]) -> Mapping[Key, Logged]:
        """The last dispatch of each row of the source that bears one of these business ids, by its key."""

    def counts(self, source: Source, statuses: Collection[TaskStatus]) -> Mapping[TaskStatus, int]:
        """Dispatches of the source that stand at each of these statuses."""

    def oldest_version(self, source: Source) -> int | None:
        """The change version of the first dispatch that the log still holds; None when it holds none."""


class QueueGapError(Exception):
    """The queue does not stand where this batch begins: something pushed before was lost."""


class Publisher(Protocol):
    """The queues."""

    def positions(self, sources: Sequence[Source]) -> Mapping[str, Position | None]:
        """Where each source's queue stands, by the source's name, in one round trip.

        None: this broker cannot say. NOWHERE: nothing was pushed yet.
        """

    def publish(
        self, source: Source, *, after: Position, dispatches: Sequence[Outgoing], silent: Collection[str] = ()
    ) -> None:
        """Put them in the queue. When it returns, everything up to the last one's position is there.

        `silent`: ids of those that only move the position. Raises QueueGapError when the queue does not stand where
        the batch begins; any other error when it cannot say what is in the queue. They must be of one life.
        """

    def queue_length(self, source: Source) -> int | None:
        """Messages waiting in the source's queue; None: this broker cannot say."""

    def close(self) -> None:
        """Close what is open; the next call opens it again."""

    def discard_torn_writes(self) -> bool:
        """The queue lost its end: see to it that nothing of that comes back by itself. False: it does not let us."""
