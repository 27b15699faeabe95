"""What the cycle needs of the world beside the databases, and all of it together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from common.database.ports import ChangeSource, Checkpoints, History, Journal, Leases, Snapshot
from common.database.records import ChangedRow, Checkpoint, LastDispatch, Offset, Outgoing
from relay.cycle.dispatch import RenderArgs
from relay.cycle.prefetch import Prefetch
from relay.sources.source import Source


class QueueGapError(Exception):
    """The queue does not stand where this batch begins: something pushed before was lost."""


Arrived = Callable[[int], None]
"""Told how many dispatches from a batch's beginning are in the queue for certain; every time it is more."""


def nobody(_: int) -> None:
    """Is told, and does nothing."""


class Publisher(Protocol):
    """The queues."""

    def offsets(self, sources: Sequence[Source]) -> Mapping[str, Offset | None]:
        """Where each source's queue stands, by the source's name, in one round trip.

        None: this broker cannot say. NOWHERE: nothing was pushed yet.
        """

    def publish(
        self,
        source: Source,
        *,
        after: Offset,
        dispatches: Sequence[Outgoing],
        skip_message: Collection[str] = (),
        arrived: Arrived = nobody,
    ) -> None:
        """Put them in the queue. When it returns, everything up to the last one's offset is there.

        `skip_message`: ids of those that only move the offset. `arrived` is told meanwhile, and before an error is
        raised, how far it got. Raises QueueGapError when the queue does not stand where the batch begins; any other
        error when it cannot say what of the rest is in the queue. They must be of one epoch.
        """

    def queue_length(self, source: Source) -> int | None:
        """Messages waiting in the source's queue; None: this broker cannot say."""

    def close(self) -> None:
        """Close what is open; the next call opens it again."""

    def discard_torn_writes(self) -> bool:
        """The queue lost its end: make sure that nothing of it comes back later. False: the broker does not let us."""


class Log(Protocol):
    """A structured logger: an event and its fields."""

    def debug(self, event: str, **fields: Any) -> Any:
        """Worth knowing during a search for a problem."""

    def info(self, event: str, **fields: Any) -> Any:
        """Worth knowing."""

    def warning(self, event: str, **fields: Any) -> Any:
        """Worth looking at."""

    def error(self, event: str, **fields: Any) -> Any:
        """A person must see to it."""


class Resend(Protocol):
    """Finds the rows of a snapshot that are to be sent again, in batches, each with what it repeats."""

    def __call__(
        self, snapshot: Snapshot, checkpoint: Checkpoint
    ) -> Iterator[Sequence[tuple[ChangedRow, LastDispatch | None]]]:
        """Rows above the checkpoint's watermark are left to the changes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Ports:
    """The world of the cycle."""

    changes: ChangeSource
    leases: Leases
    checkpoints: Checkpoints
    journal: Journal
    history: History
    publisher: Publisher
    render: RenderArgs
    prefetch: Prefetch
    """Makes the next batch while this one is worked on."""
    new_name: Callable[[], str]
    """A random name, for epochs and windows."""
    log: Log
