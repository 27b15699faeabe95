"""The cycle's own values: what it may find, why it begins anew, and what it reports."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

RENEW_MARK_SECONDS = 30.0
"""A mark that is older is renewed by who is at work: one that is five minutes old counts as given up."""


class Reason(StrEnum):
    """Why a source is read as a baseline. All but the first are worth a warning."""

    FIRST_RUN = "first run"
    RETENTION_PASSED = "the watermark is older than what change tracking keeps"
    TRUNCATED = "the table was truncated"
    TRACKING_SWITCHED = "the table's change tracking was switched off and on"
    TRACKING_RESTARTED = "the table was truncated, or its tracking was switched off and on"
    """Which of both only a login with CONTROL of the database can see."""
    TABLE_RECREATED = "the table was dropped and created anew"
    DEFINITION_CHANGED = "the source's definition changed"
    VERSION_WENT_BACK = "the database's version is below the watermark"
    MARK_MISSING = "the database holds no mark (it was restored to a copy from before the first run)"
    MARK_OLDER = "the database's mark is older than the last seal (the database was restored to an older copy)"
    MARK_NEWER = "the database's mark is newer than the last seal that Mongo knows (Mongo went back in time)"
    CHECKPOINT_LOST = "Mongo holds no checkpoint, but the database holds a mark (Mongo was lost)"
    QUEUE_AHEAD = "the queue is ahead of Mongo (Mongo went back in time)"
    QUEUE_BEHIND = "the queue lost more than the journal can mend"
    JOURNAL_HOLES = "the journal does not hold what was sealed"
    JOURNAL_MISSES_A_WINDOW = "the queue lost what the journal has lost, too"
    OTHER_MONGO = "the database's mark is another MongoDB's, whose relay has not been at work for a while"
    CONTINUED = "the source was adopted, and the queue's position vouches for what was sent before"
    ADOPTED = "the source was adopted, and nothing vouches for what was sent before"
    JOURNAL_AHEAD = "the journal holds dispatches of a later generation (Mongo went back in time)"


class Outcome(StrEnum):
    """How a cycle ended."""

    DONE = "done"
    HELD = "somebody else holds the lease"
    STOPPED = "the lease, the watermark or the mark was no longer ours"
    QUEUE_FULL = "the queue is full; the journal keeps the rest"


@dataclass(frozen=True, kw_only=True, slots=True)
class CycleReport:
    """What one cycle did."""

    source: str
    outcome: Outcome
    baseline: Reason | None = None
    """Why a baseline was read; None when changes were."""
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


@dataclass(frozen=True, kw_only=True, slots=True)
class CycleOptions:
    """What can be set about a cycle."""

    batch_size: int = 1000
    queue_limit: int = 100_000
    first_run_now: bool = False
    """The very first run begins with a watermark instead of a baseline."""
    host: str = ""
    """Name of this machine: told to others, never compared."""
    fresh_seconds: float = 300.0
    """A mark of another Mongo that is younger belongs to a relay that is at work."""
    lives_within_seconds: float = 600.0
    """A life that would be the fourth within this time stops the source."""
    log_kept_seconds: float = 30 * 86_400.0
    """How long the journal keeps what was dispatched."""
    most_kept: int = 20_000
    """Dispatches of a window that are kept in memory, a kilobyte each; a larger window is drained from the journal."""


class Stop(Exception):  # noqa: N818 - not an error: the next cycle sees to it
    """Lease, watermark or mark is not what this relay read: end quietly."""


class SourceBusyError(Exception):
    """The window could not be read consistently, several times in a row. The next cycle tries again."""
