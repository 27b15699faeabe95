"""A baseline is read in pieces, in the order of keys: each window takes the next one, and the watermark moves with it.

What changes meanwhile is read by its window when its key lies where the baseline has been, or beyond the highest key
that there was when it began. The rows in between are left to the pieces (tests/protocol).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from common.database.ports import Snapshot
from common.database.records import Baseline, ChangedRow, Key
from relay.cycle.dispatch import comes_back, logged_key


class Piece:
    """The next rows of a baseline; remembers what has passed."""

    def __init__(self, snapshot: Snapshot, before: Baseline | None, limit: int | None) -> None:
        """`before`: the baseline before this piece; None: it begins. `limit`: rows of a piece; None: all of it."""
        self._snapshot = snapshot
        self._before = before
        self._limit = limit
        self._rows = 0
        self._last: Key = ()

    def rows(self) -> Iterator[Sequence[ChangedRow]]:
        """In batches."""
        for batch in self._snapshot.pending(self._before, self._limit):
            self._rows += len(batch)
            self._last = batch[-1].key
            yield batch

    @property
    def is_last(self) -> bool:
        """Whether nothing is left behind it; by what was read, whatever of it was dispatched before."""
        # guard: baseline-ends
        return self._limit is None or self._rows < self._limit

    @property
    def can_be_continued(self) -> bool:
        """Whether a later cycle can begin behind its last row."""
        # guard: piece-ends-at-a-key
        return self.is_last or comes_back(self._last)

    def left(self) -> Baseline | None:
        """What is left of the baseline behind it; None: nothing. Asks the snapshot."""
        if self.is_last:
            return None
        until = self._before.until if self._before else self._highest_key()
        rows = self._rows + (self._before.rows if self._before else 0)
        return Baseline(after=logged_key(self._last), until=until, rows=rows)

    def _highest_key(self) -> Key | None:
        highest = self._snapshot.last_key()
        return logged_key(highest) if highest is not None and comes_back(highest) else None
