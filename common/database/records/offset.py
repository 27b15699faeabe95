"""Where a dispatch stands in its source's order."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, slots=True, order=True)
class Offset:
    """Where a dispatch stands: compared within one epoch by (window, seq)."""

    epoch: str
    window: int
    """Number of the window."""
    seq: int

    @property
    def place(self) -> tuple[int, int]:
        """(window, seq): what is compared within an epoch."""
        return self.window, self.seq


NOWHERE = Offset(epoch="", window=0, seq=-1)
"""The offset of a queue into which nothing was pushed yet."""
