"""The work of one cycle under one lease: what its steps share."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Protocol

from common.database.records import (
    NOWHERE,
    Beginning,
    ChangedRow,
    Checkpoint,
    Lease,
    Logged,
    Mark,
    OpenCycle,
    Position,
    Seal,
)
from relay.cycle.dispatch import RenderArgs
from relay.cycle.outcomes import CycleOptions, Reason, Stop
from relay.cycle.ports import ChangeSource, Checkpoints, History, Journal, Leases, Publisher, Snapshot
from relay.cycle.prefetch import Ahead
from relay.sources.source import Source


class Log(Protocol):
    """A structured logger: an event and its fields."""

    def debug(self, event: str, **fields: Any) -> Any:
        """Worth knowing when one looks for something."""

    def info(self, event: str, **fields: Any) -> Any:
        """Worth knowing."""

    def warning(self, event: str, **fields: Any) -> Any:
        """Worth looking at."""

    def error(self, event: str, **fields: Any) -> Any:
        """A person must see to it."""


class Again(Protocol):
    """Finds the rows of a snapshot that are to be sent again, in batches, each with what it repeats."""

    def __call__(
        self, snapshot: Snapshot, checkpoint: Checkpoint
    ) -> Iterator[Sequence[tuple[ChangedRow, Logged | None]]]:
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
    ahead: Ahead
    """Makes the next batch while this one is worked on."""
    new_name: Callable[[], str]
    """A random name, for lives and cycles."""
    log: Log


@dataclass(kw_only=True, slots=True)
class Work:
    """One source, one lease, and the checkpoint as this cycle knows it.

    The only thing in the cycle that changes: every write to Mongo's checkpoint goes through it, so that the copy
    here and the one there say the same.
    """

    source: Source
    ports: Ports
    options: CycleOptions
    lease: Lease
    checkpoint: Checkpoint
    again: Again | None = None
    """Finds what is sent again by hand in this window, beside what changed."""
    adopts: bool = False
    """A person has said that this relay takes the source over."""
    abandoned_for: str | None = None
    """Why the last life ended; known until the next one has begun."""
    progress: Callable[[], None] = field(default=lambda: None)
    """Called whenever something has moved: the lease's heartbeat stops without it."""
    dispatched: int = 0
    rejected: int = 0
    repaired: int = 0

    def check_lease(self) -> None:
        """Raises Stop when Mongo no longer names this owner."""
        self.progress()
        if not self.ports.leases.renew(self.lease):
            raise Stop("the lease is somebody else's by now")

    def position(self) -> Position | None:
        """Where the queue stands; None when the broker cannot say."""
        return self.ports.publisher.positions([self.source])[self.source.name]

    def has_pushed(self) -> bool:
        """Whether the queue says that something was pushed for this source, by whatever life."""
        return self.position() not in (None, NOWHERE)

    def adopt(self) -> None:
        """Lift what stops the source until a person has looked at it."""
        rest = tuple(each for each in self.checkpoint.superseded if each != self.source.definition)
        self._insist(self.ports.checkpoints.adopt(self.lease, superseded=rest))
        self.checkpoint = replace(self.checkpoint, stopped_at=None, lives=(), superseded=rest)

    def stop_source(self, lives: int) -> bool:
        """Stop the source where so many lives began within a short time. False: they did not."""
        within = timedelta(seconds=self.options.lives_within_seconds)
        return self.ports.checkpoints.stop_source(self.lease, lives=lives, within=within)

    def announce_adoption(self, mark: Mark) -> None:
        """That the mark's life is about to go on here, under a later generation than the mark's."""
        generation = max(self.lease.generation, mark.generation) + 1
        self._insist(self.ports.checkpoints.announce_adoption(self.lease, life=mark.life, generation=generation))
        self.lease = replace(self.lease, generation=generation)

    def count_on_from(self, position: Position | None) -> None:
        """A Mongo without a checkpoint counts its cycles on from the queue's position."""
        number = position.number if position else 0
        self._insist(self.ports.checkpoints.count_on_from(self.lease, number))
        self.checkpoint = replace(self.checkpoint, cycle_number=number)

    def abandon_life(self, reason: Reason, *, position: Position | None = None) -> None:
        """What is known of this source is not trusted any more: a new life, with a baseline."""
        number = max(self.number, position.number if position else 0)
        self._insist(self.ports.checkpoints.abandon_life(self.lease, number=number, reason=reason))
        self.abandoned_for = reason
        self.checkpoint = replace(
            self.checkpoint,
            version=None,
            life=None,
            last=None,
            open_cycle=None,
            cycle_number=number,
            life_reason=reason,
        )
        self.ports.log.warning("life_abandoned", source=self.source.name, reason=str(reason))

    def begin_life(self, beginning: Beginning) -> None:
        """A life begins, or goes on from another Mongo's. Its first window is of a generation of its own, so that no
        two marks bear the same one."""
        self._insist(self.ports.checkpoints.begin_life(self.lease, beginning))
        self.checkpoint = replace(self.checkpoint, **beginning.changes(self.lease.generation))
        self.lease = replace(self.lease, generation=self.lease.generation + 1)

    def seal(self, seal: Seal) -> None:
        """Advance the watermark and open the cycle, in one atomic write: from here nothing can be lost."""
        self._insist(self.ports.checkpoints.seal(self.lease, seal))
        self.checkpoint = replace(
            self.checkpoint,
            version=seal.version,
            sealed_generation=seal.generation,
            open_cycle=seal.cycle,
            cycle_number=seal.cycle.number,
            last=seal.last,
            base=seal.base,
            definition=seal.definition,
        )

    def close(self, cycle: OpenCycle) -> None:
        """The open cycle is drained."""
        summary = {"dispatched": self.dispatched, "rejected": self.rejected, "repaired": self.repaired}
        self._insist(self.ports.checkpoints.close(self.lease, cycle, summary))
        self.checkpoint = replace(self.checkpoint, open_cycle=None)

    def renew_mark(self) -> None:
        """Say in SQL Server that a relay with this Mongo is at work. From another thread."""
        self.ports.changes.renew_mark(self.source, self.checkpoint.store)

    @property
    def number(self) -> int:
        """Number of the cycle sealed last."""
        return self.checkpoint.cycle_number or 0

    @staticmethod
    def _insist(written: bool) -> None:
        if not written:
            raise Stop("the checkpoint is somebody else's by now")
