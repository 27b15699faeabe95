"""What a cycle is doing, how far it is, and when it last moved: told by the work, looked at by its heartbeat."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum

MOST_DOUBLINGS = 10
"""Patience for the first row grows no further: to seventeen hours, where it begins with a minute."""


class Step(StrEnum):
    """What takes time in a cycle: a code, for the log."""

    RECOVER = "recover"
    REPAIR_LOOK = "repair_look"
    """Which rows of the windows that the queue lost are still pending."""
    REPAIR = "repair"
    DISCARD = "discard"
    FIRST_ROW = "first_row"
    """The rows were asked for, and none has come yet."""
    READ = "read"
    """Rows are read, and written into the journal."""
    COUNT = "count"
    DRAIN = "drain"
    EXPIRE = "expire"


def first_row_patience(stall_seconds: float, stalls: int) -> float:
    """Seconds to wait for the first row after so many give-ups at the same watermark.

    SQL Server looks for all rows and sorts them before it sends one, and a statement that is cut off begins anew: with
    the same patience every try would end at the same place, for ever.
    """
    # guard: patience-doubles
    return float(stall_seconds * 2 ** min(stalls, MOST_DOUBLINGS))


class Progress:
    """Written by the threads that work, read by the one that beats. Every write is one assignment."""

    def __init__(self, *, patience_seconds: float, clock: Callable[[], float] = time.monotonic) -> None:
        """`patience_seconds`: without a move for so long the work counts as stalled."""
        self._usual = patience_seconds
        self._clock = clock
        self._moved = clock()
        self.patience_seconds = patience_seconds
        self.step = Step.RECOVER
        self.done = 0
        """Rows or documents in this step."""
        self.stalled_at: Step | None = None
        """Where the heartbeat gave the work up; None: it did not."""

    def moved(self) -> None:
        """Something has moved."""
        self._moved = self._clock()
        self.patience_seconds = self._usual

    def at(self, step: Step, more: int = 0) -> None:
        """Something has moved in this step: so many rows or documents more."""
        if step is not self.step:
            self.step, self.done = step, 0
        self.done += more
        self.moved()

    def wait_for_first_row(self, patience_seconds: float) -> None:
        """Until something moves, this patience holds."""
        self.at(Step.FIRST_ROW)
        self.patience_seconds = patience_seconds

    @property
    def idle_seconds(self) -> float:
        """Since something moved."""
        return self._clock() - self._moved

    @property
    def is_stalled(self) -> bool:
        """Whether nothing has moved for longer than patience holds."""
        return self.idle_seconds > self.patience_seconds
