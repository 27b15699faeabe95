"""Mongo with one checkpoint and the task log, as the model knows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from tests.protocol.database import Key, Place


class Offset(NamedTuple):
    """Where a dispatch stands in the order of its source."""

    epoch: str | None
    window: int
    seq: int

    @property
    def place(self) -> Place:
        """What is compared within one epoch."""
        return self.window, self.seq


NOWHERE = Offset(epoch=None, window=0, seq=-1)


class Status(StrEnum):
    """Where a dispatch stands in the task log."""

    PREPARED = "PREPARED"
    PENDING = "PENDING"
    SUCCESS = "SUCCESS"
    REJECTED = "REJECTED"


DispatchId = tuple[str, int, str, int, Key]
"""Epoch, base, "v" and the row's version, or "b" and the baseline's number, and the key."""


@dataclass(kw_only=True, slots=True)
class Document:
    """One dispatch in the task log. Only its status changes."""

    id: DispatchId
    key: Key
    epoch: str
    window_id: int
    generation: int
    status: Status
    read_at: int
    window: int
    seq: int
    base: int
    definition: int
    follows: Place | None
    """Where the last dispatch before its window stands; None: there is none in this epoch."""

    @property
    def place(self) -> Place:
        """Its place within its epoch."""
        return self.window, self.seq

    @property
    def offset(self) -> Offset:
        """Its place in the order of the source."""
        return Offset(self.epoch, self.window, self.seq)


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenWindow:
    """A sealed window that is not yet drained."""

    id: int
    epoch: str
    after: Offset | None
    count: int


@dataclass(frozen=True, kw_only=True, slots=True)
class Baseline:
    """One that is under way: what lies between the two keys has not been looked at yet."""

    after: Key
    """The last key that a piece has read."""
    until: Key
    """The highest key when it began."""

    def has_dealt_with(self, key: Key) -> bool:
        """Whether the key's row was read up to the watermark, or was not there when the baseline began."""
        return key <= self.after or key > self.until


@dataclass(kw_only=True, slots=True)
class Checkpoint:
    """What Mongo remembers of the source, the lease included."""

    version: int | None = None
    generation: int = 0
    owner: object | None = None
    open_window: OpenWindow | None = None
    window_number: int | None = None
    last_offset: Offset | None = None
    epoch: str | None = None
    sealed_generation: int = 0
    base: int = 0
    """Number of the baseline that the ids of this part of the epoch descend from."""
    baseline: Baseline | None = None
    """None: all rows are dealt with up to the watermark."""
    stretch: int = 0
    definition: int | None = None
    superseded: frozenset[int] = frozenset()
    """Definitions that others have taken the place of."""
    epoch_starts: tuple[int, ...] = ()
    """When the first windows of the last epochs were sealed."""
    is_stopped: bool = False
    """Epochs began too often: a person has to look at it."""
    adopts_epoch: str | None = None
    """The epoch of another Mongo that is about to go on in this one."""
    has_ended_an_epoch: bool = False
    skips: bool = False
    """The epoch's first window takes no row (only without the guard that keeps `now`)."""


@dataclass(kw_only=True)
class Mongo:
    """One checkpoint and the task log."""

    store: int
    """Its id; random in truth."""
    checkpoint: Checkpoint = field(default_factory=Checkpoint)
    documents: dict[DispatchId, Document] = field(default_factory=dict)

    def forget(self, store: int) -> None:
        """A Mongo that was lost and set up anew, under this id."""
        self.store = store
        self.checkpoint = Checkpoint()
        self.documents = {}

    def backup(self) -> Mongo:
        """A copy of everything but the lease's owner."""
        checkpoint = replace(self.checkpoint, owner=None)
        documents = {key: replace(doc) for key, doc in self.documents.items()}
        return Mongo(store=self.store, checkpoint=checkpoint, documents=documents)

    def restore(self, backup: Mongo) -> None:
        """Go back in time."""
        past = backup.backup()
        self.store, self.checkpoint, self.documents = past.store, past.checkpoint, past.documents

    def is_open(self, document: Document) -> bool:
        """Whether the document belongs to the open window."""
        open_window = self.checkpoint.open_window
        return open_window is not None and document.window_id == open_window.id

    def in_order(self, wanted: Callable[[Document], bool]) -> list[Document]:
        """The documents that have a place and are wanted, in order."""
        found = [doc for doc in self.documents.values() if doc.status is not Status.REJECTED and wanted(doc)]
        return sorted(found, key=lambda document: document.place)
