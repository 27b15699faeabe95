"""The values that the database clients take and return."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum, auto
from typing import Any

from common.database.names import full_name


@dataclass(frozen=True, kw_only=True, slots=True)
class TrackedTable:
    """A table in SQL Server whose pending rows are wanted."""

    name: str
    """What it is called in watermarks, fences and logs."""
    schema: str = "dbo"
    table: str
    args: tuple[str, ...]
    """Columns whose values are read with a row; the first is the business id."""
    key: tuple[str, ...] | None = None
    """Columns that the primary key is expected to have; None: whatever the catalog says."""
    status_column: str = "status"
    pending_value: str | int = "PENDING_SYNC"
    watch: tuple[str, ...] | None = None
    """Columns of which an UPDATE must name one for a row to be taken; None: status and args."""
    database: str = "default"

    @property
    def watched(self) -> tuple[str, ...]:
        """The columns that are watched, each once."""
        return tuple(dict.fromkeys(self.watch or (self.status_column, *self.args)))

    @property
    def full_name(self) -> str:
        """As it can be typed, in brackets where it must: `dbo.SalesInvoices`."""
        return full_name(self.schema, self.table)


@dataclass(frozen=True, kw_only=True, slots=True)
class ChangedRow:
    """A pending row, as change tracking or a baseline gave it."""

    version: int | None
    """Change version; None where change tracking does not know it (a baseline of rows older than tracking)."""
    key: tuple[Any, ...]
    args: tuple[Any, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Resume:
    """What a fence tells a Mongo that does not know its epoch: enough to go on from it."""

    number: int
    """Of the window sealed last."""
    last: tuple[int, int] | None
    """(window, seq) of the last dispatch up to there; None: nothing was dispatched in this epoch."""
    base: int
    begin_version: int | None
    object_id: int | None
    side_table: int | None
    definition: str
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
    """Name of the machine whose relay wrote it: told, never compared."""
    age_seconds: float = field(default=0.0, compare=False)
    """Since it was written, or renewed by a relay that is at work; by SQL Server's clock, when it was read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TableState:
    """What SQL Server says of a tracked table at one moment."""

    current_version: int | None
    """None: change tracking is off for the database."""
    object_id: int | None
    """None: there is no such table, or no right to see it."""
    min_valid: int | None
    """None: not tracked, or no VIEW CHANGE TRACKING."""
    begin_version: int | None
    side_table: int | None
    """Object id of the internal table that holds its changes; None: no right to see it."""
    updateable: bool
    fence: Fence | None


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
    """Number of the cycle sealed last; None: Mongo has never seen this source."""
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
    """Definitions in whose place another one came."""
    base: int = 0
    """Number of the baseline from which the ids descend: all that were read since it were read as the same rows."""
    epoch_reason: str | None = None
    """Why this epoch began, or why the last one ended."""
    epoch_began_at: datetime | None = field(default=None, compare=False)
    epoch_starts: tuple[datetime, ...] = field(default=(), compare=False)
    """When the first windows of the last epochs were sealed, the newest last; three at most."""
    stopped_at: datetime | None = field(default=None, compare=False)
    """Since when the source waits for a person, because epochs began too often."""
    adopts_epoch: str | None = None
    """The epoch of another Mongo that is about to go on in this one."""
    last_window: Mapping[str, Any] | None = None
    last_baseline: Mapping[str, Any] | None = None
    """`{reason, version, at}` of the last baseline."""
    skipped_to: int | None = None
    """Rows up to this version were left alone by a first run with RELAY_FIRST_RUN=now."""
    began_at: datetime | None = field(default=None, compare=False)
    """When Mongo first saw this source."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Lease:
    """The right to work on a source, until somebody else has taken it."""

    source: str
    owner: str
    generation: int
    checkpoint: Checkpoint = field(default_factory=Checkpoint, compare=False, repr=False)
    """What Mongo remembered of the source when the lease was taken, in the same statement."""


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
    """Whether the definition is another than the checkpoint's."""
    superseded: tuple[str, ...] = ()
    """All those in whose place another one came, with the one that this one supersedes."""
    epoch_starts: tuple[datetime, ...] = ()
    """When the first windows of the last epochs were sealed, as the checkpoint knows it."""
    baseline: str | None = None
    """Why the window was a baseline; None: it was read from the changes."""


@dataclass(frozen=True, kw_only=True, slots=True)
class EpochStart:
    """What is written into the checkpoint when an epoch begins, or when that of another Mongo goes on."""

    epoch: str
    reason: str
    number: int
    """Of the window sealed last, by whichever epoch."""
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
            "sealed_generation": generation,
            "window_number": self.number,
            "last_offset": None,
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


class TaskStatus(StrEnum):
    """Where a dispatch stands in the task log."""

    PREPARED = "PREPARED"
    """In the journal, not yet in the queue."""
    PENDING = "PENDING"
    """In the queue."""
    PROCESSING = "PROCESSING"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"
    REJECTED = "REJECTED"
    """Cannot be sent; why is in `reason` and `error`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class WindowHeader:
    """What all dispatches of one window have in common."""

    source: str
    """`database.source`."""
    task: str
    queue: str
    priority: int = 0
    epoch: str
    id: str
    """Random."""
    number: int
    """Counts the windows of a source, through all epochs."""
    generation: int
    base: int = 0
    """Number of the baseline that the ids of its dispatches descend from."""
    follows: tuple[int, int] | None = None
    """(window, seq) of the last dispatch before it; None: there is none in this epoch."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Outgoing:
    """What the queue needs of a dispatch: its message, and its place."""

    id: str
    """Celery task id, and `_id` in the log."""
    window: WindowHeader
    args: str
    """The JSON text that goes into the message."""
    seq: int | None
    """Place in the window; None for a rejected row, which has none."""

    @property
    def offset(self) -> Offset:
        """Where it stands in the source's order. A rejected row has no place: ValueError."""
        if self.seq is None:
            raise ValueError(f"dispatch {self.id} was rejected and has no offset")
        return Offset(epoch=self.window.epoch, window=self.window.number, seq=self.seq)


@dataclass(frozen=True, kw_only=True, slots=True)
class Dispatch(Outgoing):
    """One row handed to its queue once: a document of the task log."""

    business_id: str | None
    key: tuple[Any, ...]
    change_version: int | None
    status: TaskStatus = TaskStatus.PREPARED
    reason: str | None = None
    """Code of what is wrong with a rejected row."""
    error: str | None = None
    """For people: what is wrong, and the remedy; or what a worker service reported."""
    attempt: int = 1
    """2 and more: sent again by hand."""
    repeats: str | None = None
    """Id of the dispatch that this one repeats."""
    created_at: datetime | None = field(default=None, compare=False)


@dataclass(frozen=True, kw_only=True, slots=True)
class LastDispatch:
    """The latest dispatch of a row, as the task log knows it."""

    id: str
    key: tuple[Any, ...]
    status: TaskStatus
    attempt: int
    age_seconds: float
    """Since it went into the queue, or, where it has not, since it was prepared."""


class Takeover(Enum):
    """What became of a dispatch whose id the journal already held."""

    REPLACED = auto()
    """The old one was never published: ours stands in its place."""
    DISPATCHED_BEFORE = auto()
    """The old one stays: this change was dispatched."""
    LATER_GENERATION = auto()
    """The old one is of a later generation than ours."""
