"""What the pharmacies wrote, and what of it has to be in the queues."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from examples.pharmacy.documents import PENDING

RowKey = tuple[str, str, str]
"""(kind, shop, local id)."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Push:
    """A message in a queue."""

    key: RowKey
    task_id: str
    definition: int = 0
    """The number of the source's definition under which it was made."""


@dataclass
class Entry:
    """One row: how often it became pending, and what it is now."""

    episodes: int = 1
    """How many pushes it asks for."""
    may_repeat: int = 0
    """How many more a restore, another definition, or tracking that was switched off and on allows."""
    wanted_as: int = 0
    """The number of the definition under which it has to be pushed, as long as it waits."""
    status: str = PENDING
    is_deleted: bool = False


@dataclass(frozen=True, kw_only=True, slots=True)
class Verdict:
    """What became of it all."""

    rows: int
    wanted: int
    """Pushes that the rows ask for."""
    pushes: int
    """Messages in the queues, and those that a worker service took before Redis lost them."""
    lost: list[RowKey]
    duplicates: list[RowKey]
    repeated: int
    """Pushes of rows that waited in a restored database, under a definition that was changed, or when their table's
    tracking was switched off and on."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing was lost, and nothing sent twice but what is allowed."""
        return not self.lost and not self.duplicates


@dataclass
class Ledger:
    """Every row that was written, as the database must know it."""

    entries: dict[RowKey, Entry] = field(default_factory=dict)

    def inserted(self, key: RowKey) -> None:
        """A new row, pending."""
        self.entries[key] = Entry()

    def became_pending(self, key: RowKey) -> None:
        """A row that was done was opened again."""
        entry = self.entries[key]
        entry.episodes += 1
        entry.status = PENDING

    def redefined(self, number: int) -> None:
        """The sources have another definition: what waits is wanted under it, whether it had been sent or not."""
        for entry in self.entries.values():
            if entry.status == PENDING and not entry.is_deleted:
                entry.may_repeat += 1
                entry.wanted_as = number

    def retracked(self, kind: str) -> None:
        """A table's tracking was switched off and on: what waits may be sent again, whether it had been sent or not."""
        for key, entry in self.entries.items():
            if key[0] == kind and entry.status == PENDING and not entry.is_deleted:
                entry.may_repeat += 1

    def waiting(self, kind: str) -> int:
        """Rows of this kind that are pending, in their queues or not."""
        return sum(
            key[0] == kind and entry.status == PENDING and not entry.is_deleted for key, entry in self.entries.items()
        )

    def copy(self) -> Ledger:
        """As it is now: what a backup of the database holds."""
        return copy.deepcopy(self)

    def put_back(self, backup: Ledger) -> None:
        """The database was restored. What was written since has never happened, as far as it is concerned.

        A row that waits in it is sent again, whether it had been sent or not; one that was asked for since may have
        been sent as well.
        """
        for key, entry in backup.entries.items():
            asked_since = self.entries[key].episodes - entry.episodes
            entry.may_repeat = self.entries[key].may_repeat + asked_since + (entry.status == PENDING)
        self.entries = backup.entries

    def verdict(self, pushed: Mapping[RowKey, Sequence[Push]]) -> Verdict:
        """Held against what was pushed for each row."""
        lost, duplicates, repeated = [], [], 0
        for key, entry in self.entries.items():
            pushes = pushed.get(key, ())
            ids = [push.task_id for push in pushes]
            newest = max((push.definition for push in pushes), default=0)
            is_older = entry.status == PENDING and newest < entry.wanted_as
            if (len(set(ids)) < entry.episodes or is_older) and not entry.is_deleted:
                lost.append(key)
            more = max(0, len(ids) - entry.episodes)
            if more > entry.may_repeat or len(set(ids)) + entry.may_repeat < len(ids):
                duplicates.append(key)
            else:
                repeated += more
        return Verdict(
            rows=len(self.entries),
            wanted=sum(entry.episodes for entry in self.entries.values()),
            pushes=sum(map(len, pushed.values())),
            lost=lost,
            duplicates=duplicates,
            repeated=repeated,
        )
