"""Small charts of block characters."""

from __future__ import annotations

from collections.abc import Sequence

EIGHTHS = " ▁▂▃▄▅▆▇█"


def sparkline(values: Sequence[float], *, width: int, top: float | None = None) -> str:
    """The last `width` values, each as one character; `top` is the height of a full one, else the largest value."""
    return columns(values, width=width, height=1, top=top)[0]


def columns(values: Sequence[float], *, width: int, height: int, top: float | None = None) -> list[str]:
    """The last `width` values as columns of this height in lines, the topmost line first; the newest is at the right.

    A value above nothing shows at least as the lowest mark.
    """
    shown = list(values)[-width:] if width else []
    full = top or max(shown, default=0.0) or 1.0
    eighths = [_eighths(value / full, height) for value in shown]
    lines = []
    for line in reversed(range(height)):
        marks = (EIGHTHS[min(max(count - line * 8, 0), 8)] for count in eighths)
        lines.append("".join(marks).rjust(width))
    return lines


def _eighths(share: float, height: int) -> int:
    if share <= 0:
        return 0
    return max(1, min(round(share * height * 8), height * 8))
