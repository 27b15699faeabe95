"""The chain of windows in the journal: each says where the one before it ended."""

from __future__ import annotations

from collections.abc import Sequence

from common.database.records import Offset, WindowEnd


class WindowChain:
    """Follows the windows beyond the queue's offset, and notices one that is gone, or whose end is.

    The journal may lose a window that was drained long ago, and the queue then lose everything: without the chain
    repair would push what there is, and all would look well.
    """

    def __init__(self, epoch: str | None, offset: Offset, *, may_begin_late: bool) -> None:
        """`offset`: where the queue stands. `may_begin_late`: the epoch's first windows may have expired."""
        self._before = offset.place if offset.epoch == epoch else None
        self._may_begin_late = may_begin_late and self._before is None

    def holds(self, ends: Sequence[WindowEnd]) -> bool:
        """Whether these windows follow what came before them. They are the next ones that the journal has, in order."""
        return all(self._follows(end) for end in ends)

    def _follows(self, end: WindowEnd) -> bool:
        before, self._before = self._before, end.place
        if before is not None and before[0] == end.number:
            return True
        may_begin_late, self._may_begin_late = self._may_begin_late, False
        # guard: window-chain
        return may_begin_late or end.follows == before
