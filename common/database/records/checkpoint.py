"""What Mongo remembers of a source, and what is written into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from common.database.records.fence import Resume
from common.database.records.offset import Offset
from common.database.records.table import Key

EPOCHS_REMEMBERED = 3
"""Starts of epochs that a checkpoint keeps: this many within a short time stop the source."""


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenWindow:
    """A sealed window that is not yet drained."""

    id: str
    epoch: str
    number: int
    after: Offset | None
    """The last offset before it; None for the first window of an epoch."""
    count: int
    """Documents the journal must hold for it, rejected ones included."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """One that is under way: it reads the pending rows in the order of their keys, a piece a window.

    Keys are as the task log holds them; what lies between the two has not been read yet.
    """

    after: Key
    """The last key that was read."""
    until: Key | None
    """The highest one when it began: rows beyond it have changed since. None: there is no end."""
    rows: int
    """Read so far."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Checkpoint:
    """What Mongo remembers of a source."""

    version: int | None = None
    """The watermark; None: there is none, a baseline is due."""
    epoch: str | None = None
    sealed_generation: int = 0
    store: str = ""
    """Random id of this Mongo."""
    open_window: OpenWindow | None = None
    window_number: int | None = None
    """Number of the window sealed last; None: Mongo has never seen this source."""
    last_offset: Offset | None = None
    """Of the dispatch sealed last."""
    begin_version: int | None = None
    object_id: int | None = None
    side_table: int | None = None
    definition: str | None = None
    defined_by: str | None = None
    """Name of the host whose relay brought the definition."""
    defined_at: datetime | None = field(default=None, compare=False)
    superseded: tuple[str, ...] = ()
    """Definitions that another one has replaced."""
    base: int = 0
    """Baseline whose number goes into every task id since: the same change keeps its id until the next such one."""
    baseline: Baseline | None = None
    """None: all rows are dealt with up to the watermark."""
    epoch_reason: str | None = None
    """Why this epoch began, or why the last one ended."""
    epoch_follows: int = 0
    """Number of the window sealed last before this epoch began, or continued here: those of the epoch have higher
    ones."""
    epoch_began_at: datetime | None = field(default=None, compare=False)
    epoch_starts: tuple[datetime, ...] = field(default=(), compare=False)
    """When the first windows of the last epochs were sealed, the newest last; three at most."""
    stopped_at: datetime | None = field(default=None, compare=False)
    """Since when the source waits for a person, because epochs began too often."""
    adopts_epoch: str | None = None
    """The epoch of another Mongo that is about to continue in this one."""
    last_window: Mapping[str, Any] | None = None
    last_baseline: Mapping[str, Any] | None = None
    """`{reason, version, at}` of the last baseline."""
    skipped_to: int | None = None
    """Rows up to this version were left alone by a first run with RELAY_FIRST_RUN=now."""
    began_at: datetime | None = field(default=None, compare=False)
    """When Mongo first saw this source."""
    stalls: int = 0
    """How many readings at this watermark were given up as too slow: each doubles the patience with the next."""
    generation: int = field(default=0, compare=False)
    """Of the lease: how many cycles have begun."""
    is_leased: bool = field(default=False, compare=False)
    """A cycle is under way, or has died."""
    lingers: str | None = field(default=None, compare=False)
    """The tick that lingers, or did last."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lease:
    """The right to work on a source, until somebody else takes it."""

    source: str
    owner: str
    generation: int
    checkpoint: Checkpoint = field(default_factory=Checkpoint, compare=False, repr=False)
    """What Mongo remembered of the source when the lease was taken, in the same statement."""
    was_left: bool = field(default=False, compare=False)
    """Whoever had it before did not give it back: dead, hanging, or cut off from Mongo."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Seal:
    """What a seal writes into the checkpoint."""

    expected_version: int | None
    expected_epoch: str
    version: int
    generation: int
    window: OpenWindow
    last_offset: Offset | None
    begin_version: int | None
    object_id: int | None
    side_table: int | None
    definition: str
    base: int = 0
    host: str = ""
    brings_definition: bool = False
    """Whether the definition differs from the checkpoint's."""
    superseded: tuple[str, ...] = ()
    """All definitions that another one has replaced, including the one that this seal replaces."""
    epoch_starts: tuple[datetime, ...] = ()
    """When the first windows of the last epochs were sealed, as the checkpoint knows it."""
    stalls: int = 0
    baseline: str | None = None
    """Why a baseline begins with this window; None: none does."""
    left: Baseline | None = None
    """What is left of a baseline; None: nothing."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EpochStart:
    """What is written into the checkpoint when an epoch begins, or when that of another Mongo continues."""

    epoch: str
    reason: str
    number: int
    """Of the window sealed last, in any epoch."""
    version: int | None = None
    """The watermark that it begins with; None: a baseline is due."""
    resume: Resume | None = None
    """With a watermark: what is known of what lies below it."""

    def changes(self, generation: int) -> dict[str, Any]:
        """The fields of the checkpoint that it sets, under this generation of the lease."""
        fields: dict[str, Any] = {
            "version": self.version,
            "epoch": self.epoch,
            "epoch_reason": self.reason,
            "epoch_follows": self.number,
            "sealed_generation": generation,
            "window_number": self.number,
            "last_offset": None,
            "baseline": None,
            "adopts_epoch": None,
        }
        if self.resume is None:
            return fields
        last = self.resume.last
        return fields | {
            "last_offset": last and Offset(epoch=self.epoch, window=last[0], seq=last[1]),
            "base": self.resume.base,
            "begin_version": self.resume.begin_version,
            "object_id": self.resume.object_id,
            "side_table": self.resume.side_table,
            "definition": self.resume.definition,
            "skipped_to": self.version if self.resume.is_first_run else None,
        }
