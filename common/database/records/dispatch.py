"""Dispatches: one row handed to its queue once."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from typing import Any

from common.database.records.offset import Offset


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


def characters(dispatch: Outgoing) -> int:
    """Of its arguments: what it weighs in a batch. The rest of it is short."""
    return len(dispatch.args)


@dataclass(frozen=True, kw_only=True, slots=True)
class Pushed(Outgoing):
    """A dispatch of a sealed window that is, or was, in the queue: what it takes to push it again."""

    key: tuple[Any, ...]
    status: TaskStatus


@dataclass(frozen=True, kw_only=True, slots=True)
class Dispatch(Pushed):
    """One row handed to its queue once: a document of the task log."""

    business_id: str | None
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


@dataclass(frozen=True, kw_only=True, slots=True)
class WindowEnd:
    """Where a window ends, as far as it was pushed."""

    number: int
    seq: int
    follows: tuple[int, int] | None
    """(window, seq) of the last dispatch before the window; None: there is none in its epoch."""

    @property
    def place(self) -> tuple[int, int]:
        """(window, seq): what is compared within an epoch."""
        return self.number, self.seq


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
    GONE = auto()
    """There is none any more: it expired, or was discarded, after it had been seen. Ours is to be prepared again."""
