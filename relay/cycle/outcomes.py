"""How a cycle ends, and what it reports."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from relay.cycle.reasons import Reason


class Outcome(StrEnum):
    """How a cycle ended: a code, for logs and JSON."""

    DONE = "done"
    HELD = "held"
    """Somebody else holds the lease."""
    STOPPED = "stopped"
    """Lease, checkpoint, fence or journal was not what this relay had read."""
    QUEUE_FULL = "queue_full"
    """The journal keeps the rest."""
    EPOCH_ENDED = "epoch_ended"
    """What was known of the source cannot be trusted any more: all that waits is read as a baseline, by this cycle or
    the next."""


SENTENCES: Mapping[Outcome, str] = MappingProxyType(
    {
        Outcome.DONE: "done",
        Outcome.HELD: "somebody else holds the lease",
        Outcome.STOPPED: "lease, checkpoint, fence or journal was not what this relay had read",
        Outcome.QUEUE_FULL: "the queue is full; the journal keeps the rest",
        Outcome.EPOCH_ENDED: "the epoch has ended: all that waits is read as a baseline",
    }
)
"""What people read."""


class StopReason(StrEnum):
    """What a cycle found changed since it had read it."""

    LEASE_LOST = "lease_lost"
    CHECKPOINT_TAKEN = "checkpoint_taken"
    FENCE_TAKEN = "fence_taken"
    JOURNAL_INCOMPLETE = "journal_incomplete"
    """It does not hold what this cycle has just prepared."""
    JOURNAL_AHEAD = "journal_ahead"
    """It holds dispatches of a later generation."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CycleReport:
    """What one cycle did."""

    source: str
    outcome: Outcome
    baseline: Reason | None = None
    """Why a baseline, or a piece of one, was read; None when only changes were."""
    is_in_baseline: bool = False
    """More pieces of it are to come."""
    version: int | None = None
    """The watermark now; None when nothing was sealed."""
    prepared: int = 0
    """Rows of the window, rejected ones included."""
    dispatched: int = 0
    """Rows put in the queue, those of an earlier window included."""
    rejected: int = 0
    repaired: int = 0
    """Rows pushed again because the queue had lost them."""
    seconds: float = 0.0


class Stop(Exception):  # noqa: N818 - not an error: the next cycle sees to it
    """Lease, checkpoint, fence or journal is not what this relay read: end quietly."""

    def __init__(self, reason: StopReason) -> None:
        super().__init__(reason)
        self.reason = reason


class SourceBusyError(Exception):
    """The window could not be read now. The next cycle tries again."""


class SlowReadingError(SourceBusyError):
    """SQL Server gave nothing in time. The next cycle waits twice as long for it."""
