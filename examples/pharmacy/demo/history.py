"""What the demonstration has counted, moment by moment: for its charts."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

KEPT = 120
"""Moments; older ones are forgotten."""
SMOOTHED = 4
"""Growth is measured over this many moments: dispatches come with each scan, and the picture is drawn more often."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Counts:
    """One source at one moment: sums since the beginning, and what waits in its queue now."""

    inserted: int = 0
    dispatched: int = 0
    processed: int = 0
    queued: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Moment:
    """All sources at one moment."""

    at: float
    """Seconds of a clock that never goes back."""
    counts: Mapping[str, Counts]


class History:
    """The last moments."""

    def __init__(self) -> None:
        self._moments: deque[Moment] = deque(maxlen=KEPT)

    def add(self, moment: Moment) -> None:
        """Note one more."""
        self._moments.append(moment)

    @property
    def latest(self) -> Mapping[str, Counts]:
        """The counts of the last moment; none before the first."""
        return self._moments[-1].counts if self._moments else {}

    def per_second(self, what: str, source: str | None = None) -> Sequence[float]:
        """How fast a sum has grown up to each moment; of all sources together unless one is named."""
        moments = list(self._moments)
        rates = []
        for before, after in zip(moments, moments[SMOOTHED:], strict=False):
            grown = _sum(after, what, source) - _sum(before, what, source)
            rates.append(grown / max(after.at - before.at, 0.001))
        return rates


def _sum(moment: Moment, what: str, source: str | None) -> int:
    return sum(getattr(counts, what) for name, counts in moment.counts.items() if source in (None, name))
