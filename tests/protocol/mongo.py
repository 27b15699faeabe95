"""Mongo with one checkpoint and the task log, as the model knows it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import NamedTuple

from tests.protocol.database import Key, Place


class Position(NamedTuple):
    """Where a dispatch stands in the order of its source."""

    life: str | None
    number: int
    seq: int

    @property
    def place(self) -> Place:
        """What is compared within one life."""
        return self.number, self.seq


NOWHERE = Position(life=None, number=0, seq=-1)


class Status(StrEnum):
    """Where a dispatch stands in the task log."""

    PREPARED = "PREPARED"
    PENDING = "PENDING"
    SUCCESS = "SUCCESS"
    REJECTED = "REJECTED"


DispatchId = tuple[str, int, str, int, Key]
"""Life, base, "v" and the row's version, or "b" and the baseline's number, and the key."""


@dataclass(kw_only=True, slots=True)
class Document:
    """One dispatch in the task log. Only its status changes."""

    id: DispatchId
    key: Key
    life: str
    cycle: int
    generation: int
    status: Status
    read_at: int
    number: int
    seq: int
    base: int
    definition: int
    follows: Place | None
    """Where the last dispatch before its window stands; None: there is none in this life."""

    @property
    def place(self) -> Place:
        """Its place within its life."""
        return self.number, self.seq

    @property
    def position(self) -> Position:
        """Its place in the order of the source."""
        return Position(self.life, self.number, self.seq)


@dataclass(frozen=True, kw_only=True, slots=True)
class OpenCycle:
    """A sealed window that is not yet drained."""

    id: int
    life: str
    after: Position | None
    count: int


@dataclass(kw_only=True, slots=True)
class Checkpoint:
    """What Mongo remembers of the source, the lease included."""

    version: int | None = None
    generation: int = 0
    owner: object | None = None
    open_cycle: OpenCycle | None = None
    number: int | None = None
    last: Position | None = None
    life: str | None = None
    sealed_generation: int = 0
    base: int = 0
    """Number of the baseline that the ids of this part of the life descend from."""
    stretch: int = 0
    definition: int | None = None
    superseded: frozenset[int] = frozenset()
    """Definitions that others have taken the place of."""
    lives: tuple[int, ...] = ()
    """When the first windows of the last lives were sealed."""
    is_stopped: bool = False
    """Lives began too often: a person has to look at it."""
    adopts_life: str | None = None
    """The life of another Mongo that is about to go on in this one."""
    has_ended_a_life: bool = False
    skips: bool = False
    """The life's first window takes no row (only without the guard that keeps `now`)."""


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
        """Whether the document belongs to the open cycle."""
        open_cycle = self.checkpoint.open_cycle
        return open_cycle is not None and document.cycle == open_cycle.id

    def in_order(self, wanted: Callable[[Document], bool]) -> list[Document]:
        """The documents that have a place and are wanted, in order."""
        found = [doc for doc in self.documents.values() if doc.status is not Status.REJECTED and wanted(doc)]
        return sorted(found, key=lambda document: document.place)
