"""What is made of the figures of several rounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median

Say = Callable[[str], None]
"""Gets a line for everything that was measured."""


def summary(figures: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Medians of the rounds; the spread is that between the slowest and the fastest."""
    rates = [one["rows"] / one["wall"] for one in figures]
    return {
        "rounds": len(figures),
        "rows": figures[0]["rows"],
        "rows_a_second": median(rates),
        "slowest": min(rates),
        "fastest": max(rates),
        "seconds": median([one["wall"] for one in figures]),
        "cpu_seconds": median([one["cpu"] for one in figures]),
        "cpu_microseconds_a_row": median([1e6 * one["cpu"] / one["rows"] for one in figures]),
        "peak_mb": max(one["peak_mb"] for one in figures),
    }
