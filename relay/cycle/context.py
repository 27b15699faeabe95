"""One cycle over one source under one lease: what its steps share."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta

from common.database.records import (
    NOWHERE,
    Checkpoint,
    EpochStart,
    Fence,
    Lease,
    Offset,
    OpenWindow,
    Seal,
)
from relay.cycle.options import CycleOptions
from relay.cycle.outcomes import Stop, StopReason
from relay.cycle.ports import Ports, Resend
from relay.cycle.progress import READINGS, Progress, reading_patience
from relay.cycle.reasons import Reason
from relay.sources.source import Source


@dataclass(kw_only=True, slots=True)
class CycleContext:
    """One source, one lease, and the checkpoint as this cycle knows it.

    The only thing in the cycle that changes: every write to Mongo's checkpoint goes through it, so that the copy
    here and the one there say the same.
    """

    source: Source
    ports: Ports
    options: CycleOptions
    lease: Lease
    checkpoint: Checkpoint
    progress: Progress
    """Tell it whenever something has moved: without that the lease's heartbeat stops."""
    resend: Resend | None = None
    """Finds what is sent again by hand in this window, beside what changed."""
    adopts: bool = False
    """A person has said that this relay takes the source over."""
    reads_to_the_end: bool = False
    """A baseline is not read in pieces: one ended at a key that a later cycle could not begin behind."""
    ended_for: Reason | None = None
    """Why this cycle has ended its epoch; None: it has not."""
    dispatched: int = 0
    rejected: int = 0
    repaired: int = 0

    def check_lease(self) -> None:
        """Raises Stop when Mongo no longer names this owner."""
        self.progress.moved()
        # guard: lease
        if not self.ports.leases.renew(self.lease):
            raise Stop(StopReason.LEASE_LOST)

    def offset(self) -> Offset | None:
        """Where the queue stands; None when the broker cannot say."""
        return self.ports.publisher.offsets([self.source])[self.source.name]

    def has_pushed(self) -> bool:
        """Whether the queue says that something was pushed for this source, in any epoch."""
        return self.offset() not in (None, NOWHERE)

    def adopt(self) -> None:
        """Lift what stops the source until a person has looked at it."""
        rest = tuple(each for each in self.checkpoint.superseded if each != self.source.definition)
        self._insist(self.ports.checkpoints.adopt(self.lease, superseded=rest))
        self.checkpoint = replace(self.checkpoint, stopped_at=None, epoch_starts=(), superseded=rest)

    def stop_source(self, epochs: int) -> bool:
        """Stop the source if at least `epochs` epochs began within a short time. False: fewer did."""
        within = timedelta(seconds=self.options.epochs_within_seconds)
        return self.ports.checkpoints.stop_source(self.lease, epochs=epochs, within=within)

    def announce_adoption(self, fence: Fence) -> None:
        """Note that the fence's epoch is about to continue here, under a later generation than the fence's."""
        generation = max(self.lease.generation, fence.generation) + 1
        self._insist(self.ports.checkpoints.announce_adoption(self.lease, epoch=fence.epoch, generation=generation))
        self.lease = replace(self.lease, generation=generation)

    def seed_window_number(self, offset: Offset | None) -> None:
        """A Mongo without a checkpoint counts its windows on from the queue's offset."""
        number = offset.window if offset else 0
        self._insist(self.ports.checkpoints.seed_window_number(self.lease, number))
        self.checkpoint = replace(self.checkpoint, window_number=number)

    def end_epoch(self, reason: Reason, *, offset: Offset | None = None) -> None:
        """What is known of this source is not trusted any more: a new epoch, with a baseline."""
        number = max(self.number, offset.window if offset else 0)
        self._insist(self.ports.checkpoints.end_epoch(self.lease, number=number, reason=reason))
        self.ended_for = reason
        self.checkpoint = replace(
            self.checkpoint,
            version=None,
            epoch=None,
            last_offset=None,
            open_window=None,
            baseline=None,
            window_number=number,
            epoch_reason=reason,
        )
        self.ports.log.warning("epoch_ended", source=self.source.name, reason=reason.value)

    def begin_epoch(self, beginning: EpochStart) -> None:
        """An epoch begins, or continues from another Mongo's. Its first window gets a new generation, so that no two
        fences have the same one."""
        self._insist(self.ports.checkpoints.begin_epoch(self.lease, beginning))
        self.checkpoint = replace(self.checkpoint, **beginning.changes(self.lease.generation))
        # guard: generation-for-first-window
        self.lease = replace(self.lease, generation=self.lease.generation + 1)

    def seal(self, seal: Seal) -> None:
        """Advance the watermark and open the window, in one atomic write: from here nothing can be lost."""
        self._insist(self.ports.checkpoints.seal(self.lease, seal))
        self.checkpoint = replace(
            self.checkpoint,
            version=seal.version,
            sealed_generation=seal.generation,
            open_window=seal.window,
            window_number=seal.window.number,
            last_offset=seal.last_offset,
            base=seal.base,
            baseline=seal.left,
            definition=seal.definition,
            stalls=seal.stalls,
        )

    def close(self, window: OpenWindow) -> None:
        """The open window is drained."""
        summary = {"dispatched": self.dispatched, "rejected": self.rejected, "repaired": self.repaired}
        self._insist(self.ports.checkpoints.close(self.lease, window, summary))
        self.checkpoint = replace(self.checkpoint, open_window=None)

    @property
    def reading_seconds(self) -> float:
        """How long SQL Server may read at this watermark without giving anything."""
        return reading_patience(self.options.stall_seconds, self.checkpoint.stalls)

    def give_up(self) -> None:
        """Nothing moves any more, or the lease is somebody else's: cancel what SQL Server works on. A reading that was
        too slow is noted, while the lease is still ours: the next cycle has twice the patience. From another thread."""
        try:
            # guard: stall-is-noted
            if self.progress.stalled_at in READINGS:
                self.ports.checkpoints.note_stalls(self.lease, self.checkpoint.version, self.checkpoint.stalls + 1)
        finally:
            self.ports.changes.cancel(self.source)

    def renew_fence(self) -> None:
        """Say in SQL Server that a relay with this Mongo is at work. From another thread."""
        self.ports.changes.renew_fence(self.source, self.checkpoint.store)

    @property
    def number(self) -> int:
        """Number of the window sealed last."""
        return self.checkpoint.window_number or 0

    @staticmethod
    def _insist(written: bool) -> None:
        # guard: refused-writes
        if not written:
            raise Stop(StopReason.CHECKPOINT_TAKEN)
