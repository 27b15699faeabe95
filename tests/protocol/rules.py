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
    EMPTY = "empty"
    CLEANUP = "cleanup"
    RETENTION = "retention"
    SWITCH = "switch"
    RESET = "reset"
    TRUNCATE = "truncate"
    DEFINITION = "definition"
    NOW = "now"
    STRAY = "stray"
    MOVE = "move"
    RESEND = "resend"


class Guard(StrEnum):
    """A guard of the protocol, under the name that takes it out."""

    TAKEOVER = "no-takeover"
    OWN_TAKEOVER = "no-own-takeover"
    DISCARD = "no-discard"
    COUNT = "no-count"
    SEAL_CAS = "no-seal-cas"
    OFFSET = "no-offset"
    CHAIN = "no-chain"
    REPAIR = "no-repair"
    AHEAD = "no-ahead"
    FENCE = "no-fence"
    FENCE_CAS = "fence-blind"
    UNCAPPED = "cap"
    BASE = "no-base"
    SAME_BASE = "new-base"
    STRETCH = "no-stretch"
    MIN_VALID = "no-min-valid"
    DEFINITION = "no-definition"
    SUPERSEDED = "no-superseded"
    NOW_IS_KEPT = "now-moves"
    NOW_FENCE_FIRST = "now-mongo-first"
    OWN_GENERATION = "one-generation"
    FRESH = "no-fresh"
    OWNER = "no-owner"
    NUMBER = "no-number"
    BREAKER = "no-breaker"
    WINDOW_CHAIN = "no-window-chain"
    LOOKED = "no-looked"
    DEALT_WITH = "all-changes"
    LAST_READ = "last-kept"
    ENDS_SHORT = "ends-kept"
    RESTART = "no-restart"
    RESEND_WAITS = "resend-at-once"
    WHOLE = "half-vouches"
    SKIPPED = "no-skipped"


FAULTS = {
    Fault.LOSS: "Redis loses the end of its history",
    Fault.RESTORE: "the database is restored to an older copy",
    Fault.WIPE: "Mongo forgets everything",
    Fault.ROLLBACK: "Mongo goes back in time",
    Fault.HOLE: "Mongo loses the journal and keeps the checkpoint",
    Fault.LIVE: "CHANGE_TRACKING_CURRENT_VERSION() is not bound to the snapshot",
    Fault.NO_RETRY: "a version above the snapshot's own does not lead to another reading",
    Fault.EMPTY: "Redis loses everything",
    Fault.CLEANUP: "change tracking forgets what lies below the watermark",
    Fault.RETENTION: "change tracking forgets anything",
    Fault.SWITCH: "tracking is switched off, rows are written, and on again",
    Fault.RESET: "with switch: versions begin at 0 again",
    Fault.TRUNCATE: "the table is emptied, or made anew",
    Fault.DEFINITION: "processes with other definitions start; two run at a time",
    Fault.NOW: "RELAY_FIRST_RUN=now",
    Fault.STRAY: "a relay with another Mongo is started beside the one that is at work",
    Fault.MOVE: "a person moves to another, empty Mongo: relay adopt",
    Fault.RESEND: "a person has what was missed sent again: relay reconcile --resend",
}

GUARDS = {
    Guard.TAKEOVER: 'every id that is there already is taken for "dispatched before"',
    Guard.OWN_TAKEOVER: "only older generations are taken over, not one's own earlier attempt",
    Guard.DISCARD: "prepared rows of dead attempts are kept",
    Guard.COUNT: "sealed, and drained, without counting what the journal holds",
    Guard.SEAL_CAS: "the seal does not compare lease and watermark",
    Guard.OFFSET: "Redis does not remember what was pushed",
    Guard.CHAIN: "Redis does not check that a batch follows the one before",
    Guard.REPAIR: "what the queue lost is not pushed again",
    Guard.AHEAD: "an offset ahead of Mongo is not noticed",
    Guard.FENCE: "the fence in SQL Server is not looked at",
    Guard.FENCE_CAS: "the fence is written without comparing",
    Guard.UNCAPPED: "rows above the snapshot's version are left for the next cycle",
    Guard.BASE: "ids do not hold the base",
    Guard.SAME_BASE: "a baseline after retention has passed gives known versions other ids",
    Guard.STRETCH: "whether tracking began anew is not looked at",
    Guard.MIN_VALID: "min_valid is not looked at",
    Guard.DEFINITION: "the definition is not looked at",
    Guard.SUPERSEDED: "a definition that was superseded takes over again",
    Guard.NOW_IS_KEPT: "'now' is the first seal, not the version in the fence that begins the epoch",
    Guard.NOW_FENCE_FIRST: "an epoch that begins now is written into Mongo first",
    Guard.OWN_GENERATION: "the first window of an epoch is sealed under the generation that began it",
    Guard.FRESH: "a fence of another Mongo's that is at work is taken for an old one",
    Guard.OWNER: "who pushes over another epoch's offset does not look whose the fence is",
    Guard.NUMBER: "windows are counted by Mongo alone",
    Guard.BREAKER: "epochs begin as often as they like",
    Guard.WINDOW_CHAIN: "repair does not look whether each window follows the one before",
    Guard.LOOKED: "repair goes on with what is noted as pushed since it looked, whatever that follows",
    Guard.DEALT_WITH: "during a baseline all changes are read, also those of keys that it has not reached",
    Guard.LAST_READ: "a piece ends at the last key that was kept, not at the last that was read",
    Guard.ENDS_SHORT: "a baseline ends when few rows were kept, not when few were read",
    Guard.RESTART: "a baseline that has to begin again goes on where it was",
    Guard.RESEND_WAITS: "what was missed is looked for while a baseline is under way",
    Guard.WHOLE: "a fence in the midst of a baseline vouches for all rows",
    Guard.SKIPPED: "who adopts an epoch counts its windows on from the fence, which may have been restored",
}
"""What the relay does, or does not do, with the guard taken out."""

MAY_REPEAT = frozenset({Fault.RESTORE, Fault.WIPE, Fault.ROLLBACK, Fault.HOLE, Fault.RETENTION, Fault.SWITCH})
"""After these a new epoch begins, whose baseline sends again what was waiting. Nothing may be lost even so."""


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
