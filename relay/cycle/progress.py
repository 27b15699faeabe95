"""What a cycle is doing, how far it is, and when it last moved: told by the work, looked at by its heartbeat."""

from __future__ import annotations

import time
from collections.abc import Callable
from enum import StrEnum

MOST_DOUBLINGS = 10
"""Patience with a reading grows no further: to seventeen hours, where it begins with a minute."""


class Step(StrEnum):
    """What takes time in a cycle: a code, for the log."""

    RECOVER = "recover"
    REPAIR_LOOK = "repair_look"
    """Which rows of the windows that the queue lost are still pending."""
    REPAIR = "repair"
    DISCARD = "discard"
    OPEN = "open"
    """A snapshot is opened: the table is described, and its state asked for."""
    FIRST_ROW = "first_row"
    """The rows were asked for, and none has come yet."""
    READ = "read"
    """Rows are read, and written into the journal."""
    COUNT = "count"
    DRAIN = "drain"
    EXPIRE = "expire"


READINGS = frozenset({Step.OPEN, Step.FIRST_ROW, Step.READ, Step.REPAIR_LOOK})
"""Steps that wait for what SQL Server reads."""


def reading_patience(stall_seconds: float, stalls: int) -> float:
    """Seconds that a reading may take without a move, after so many that were given up at the same watermark.

    SQL Server looks for all rows and sorts them before it sends one, and a statement that is cut off begins anew: with
    the same patience every try would end at the same place, for ever. So it does with a table that is slow to be
    described, with keys that are slow to be looked up, and with rows to be sent again, which are asked for in the
    middle of a window.
    """
    # guard: patience-doubles
    return float(stall_seconds * 2 ** min(stalls, MOST_DOUBLINGS))


class Progress:
    """Written by the threads that work, read by the one that beats. Every write is one assignment."""

    def __init__(
        self,
        *,
        patience_seconds: float,
        reading_seconds: float | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`patience_seconds`: without a move for so long the work counts as stalled; `reading_seconds`: while SQL
        Server reads, where that is another time."""
        self._usual = patience_seconds
        self._reading = patience_seconds if reading_seconds is None else reading_seconds
        self._clock = clock
        self._moved = clock()
        self.step = Step.RECOVER
        self.done = 0
        """Rows or documents in this step."""
        self.stalled_at: Step | None = None
        """Where the heartbeat gave the work up; None: it did not."""
        self.is_for_nothing = False
        """The lease is somebody else's by now."""

    def moved(self) -> None:
        """Something has moved."""
        self._moved = self._clock()

    def at(self, step: Step, more: int = 0) -> None:
        """Something has moved in this step: so many rows or documents more."""
        if step is not self.step:
            self.step, self.done = step, 0
        self.done += more
        self.moved()

    @property
    def patience_seconds(self) -> float:
        """How long this step may go on without a move."""
        # guard: patience-with-readings
        return self._reading if self.step in READINGS else self._usual

    @property
    def idle_seconds(self) -> float:
        """Since something moved."""
        return self._clock() - self._moved

    @property
    def is_stalled(self) -> bool:
        """Whether nothing has moved for longer than patience holds."""
        return self.idle_seconds > self.patience_seconds
