"""What may go wrong in a history, and which guards of the protocol are taken out to see what they are for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Fault(StrEnum):
    """What can happen to a store at any time."""

    LOSS = "loss"
    RESTORE = "restore"
    WIPE = "wipe"
    ROLLBACK = "rollback"
    HOLE = "hole"
    LIVE = "live"
    NO_RETRY = "noretry"


class Guard(StrEnum):
    """A guard of the protocol, under the name that takes it out."""

    TAKEOVER = "no-takeover"
    OWN_TAKEOVER = "no-own-takeover"
    DISCARD = "no-discard"
    COUNT = "no-count"
    SEAL_CAS = "no-seal-cas"
    POSITION = "no-position"
    CHAIN = "no-chain"
    REPAIR = "no-repair"
    AHEAD = "no-ahead"
    MARK = "no-mark"
    MARK_CAS = "mark-blind"
    UNCAPPED = "cap"


FAULTS = {
    Fault.LOSS: "Redis loses the end of its history",
    Fault.RESTORE: "the database is restored to an older copy",
    Fault.WIPE: "Mongo forgets everything",
    Fault.ROLLBACK: "Mongo goes back in time",
    Fault.HOLE: "Mongo loses the journal and keeps the checkpoint",
    Fault.LIVE: "CHANGE_TRACKING_CURRENT_VERSION() is not bound to the snapshot",
    Fault.NO_RETRY: "a version above the snapshot's own does not lead to another reading",
}

GUARDS = {
    Guard.TAKEOVER: 'every id that is there already is taken for "dispatched before"',
    Guard.OWN_TAKEOVER: "only older generations are taken over, not one's own earlier attempt",
    Guard.DISCARD: "prepared rows of dead attempts are kept",
    Guard.COUNT: "sealed, and drained, without counting what the journal holds",
    Guard.SEAL_CAS: "the seal does not compare lease and watermark",
    Guard.POSITION: "Redis does not remember what was pushed",
    Guard.CHAIN: "Redis does not check that a batch follows the one before",
    Guard.REPAIR: "a position behind the journal is not mended",
    Guard.AHEAD: "a position ahead of Mongo is not noticed",
    Guard.MARK: "the mark in SQL Server is not looked at",
    Guard.MARK_CAS: "the mark is written without comparing",
    Guard.UNCAPPED: "rows above the snapshot's version are left for the next cycle",
}
"""What the relay does, or does not do, with the guard taken out."""

MAY_REPEAT = frozenset({Fault.RESTORE, Fault.WIPE, Fault.ROLLBACK, Fault.HOLE})
"""After these a new life begins, whose baseline sends again what was waiting. Nothing may be lost even so."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Rules:
    """The rules of a history: the faults that happen in it and the guards that are missing."""

    faults: frozenset[Fault] = frozenset()
    missing: frozenset[Guard] = frozenset()

    @classmethod
    def named(cls, names: Iterable[str]) -> Rules:
        """The rules in these words of the command line. Raises ValueError for a word that is neither."""
        words = set(names)
        unknown = words - set(FAULTS) - set(GUARDS)
        if unknown:
            known = ", ".join(sorted([*FAULTS, *GUARDS]))
            raise ValueError(f"{', '.join(sorted(unknown))}: neither a fault nor a guard; there are: {known}")
        return cls(
            faults=frozenset(fault for fault in FAULTS if fault in words),
            missing=frozenset(guard for guard in GUARDS if guard in words),
        )

    def allow(self, fault: Fault) -> bool:
        """Whether the fault may happen."""
        return fault in self.faults

    def have(self, guard: Guard) -> bool:
        """Whether the guard is in its place."""
        return guard not in self.missing

    def __str__(self) -> str:
        return " ".join(sorted([*self.faults, *self.missing])) or "design"
