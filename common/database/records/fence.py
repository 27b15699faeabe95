"""The fence in SQL Server: which epoch, generation and version were sealed last, and who is at work."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, kw_only=True, slots=True)
class Resume:
    """What a fence says to a Mongo that does not know its epoch: enough to go on from it."""

    number: int
    """Of the window sealed last."""
    last: tuple[int, int] | None
    """(window, seq) of the last dispatch up to there; None: nothing was dispatched in this epoch."""
    base: int
    begin_version: int | None
    object_id: int | None
    side_table: int | None
    definition: str
    is_in_baseline: bool = False
    """Not all rows are dealt with up to the fence's version."""
    is_first_run: bool = False
    """The epoch began at the fence's version, and nothing was sealed since: RELAY_FIRST_RUN=now."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Fence:
    """The row in SQL Server that says which epoch, generation and version were sealed last, and who is at work."""

    version: int
    epoch: str
    generation: int
    store: str = ""
    """Random id of the Mongo that knows of it."""
    resume: Resume | None = field(default=None, compare=False)
    host: str = field(default="", compare=False)
    """Name of the machine whose relay wrote it: shown, never compared."""
    age_seconds: float = field(default=0.0, compare=False)
    """Since it was written, or renewed by a relay that is at work; by SQL Server's clock, when it was read."""
