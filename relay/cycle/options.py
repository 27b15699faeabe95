"""What can be set about a cycle."""

from __future__ import annotations

from dataclasses import dataclass

RENEW_FENCE_SECONDS = 30.0
"""A working relay renews a fence that is older than this: one that is five minutes old counts as given up."""
LOOK_SECONDS = 600.0
"""How long the first row of a look may take, which changes nothing: nobody waits for it, and it holds no lease."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CycleOptions:
    """What can be set about a cycle."""

    batch_size: int = 1000
    """Rows."""
    baseline_rows: int = 50_000
    """Rows of a piece of a baseline."""
    queue_limit: int = 100_000
    """Messages."""
    first_run_now: bool = False
    """The very first run begins with a watermark instead of a baseline."""
    host: str = ""
    """Name of this machine: shown to others, never compared."""
    fresh_seconds: float = 300.0
    """A fence of another Mongo that is younger belongs to a relay that is at work."""
    epochs_within_seconds: float = 600.0
    """An epoch that would be the fourth within this time stops the source."""
    log_kept_seconds: float = 30 * 86_400.0
    """How long the journal keeps what was dispatched."""
    stall_seconds: float = 60.0
    """A cycle in which nothing moves for so long is given up; the first row may take longer."""
    most_kept: int = 20_000
    """Dispatches of a window that are kept in memory, a kilobyte each; a larger window is drained from the journal."""
    most_kept_characters: int = 20_000_000
    """Characters of their arguments; where they are more, the window is drained from the journal too."""
