"""Why a source is read as a baseline, or an epoch begins or ends: codes, and the sentences for people."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Reason(StrEnum):
    """Why a source is read as a baseline, or why an epoch began. Stored and logged; all but the first are a warning."""

    FIRST_RUN = "first_run"
    RETENTION_PASSED = "retention_passed"
    TRUNCATED = "truncated"
    TRACKING_SWITCHED = "tracking_switched"
    TRACKING_RESTARTED = "tracking_restarted"
    """Truncated or switched: which of both only a login with CONTROL of the database can see."""
    TABLE_RECREATED = "table_recreated"
    DEFINITION_CHANGED = "definition_changed"
    VERSION_WENT_BACK = "version_went_back"
    FENCE_MISSING = "fence_missing"
    FENCE_OLDER = "fence_older"
    FENCE_NEWER = "fence_newer"
    CHECKPOINT_LOST = "checkpoint_lost"
    QUEUE_AHEAD = "queue_ahead"
    QUEUE_BEHIND = "queue_behind"
    JOURNAL_HOLES = "journal_holes"
    JOURNAL_MISSES_A_WINDOW = "journal_misses_a_window"
    JOURNAL_AHEAD = "journal_ahead"
    OTHER_MONGO = "other_mongo"
    CONTINUED = "continued"
    ADOPTED = "adopted"
    UNKNOWN = "unknown"
    """What another version of relay has stored."""


SENTENCES: Mapping[Reason, str] = MappingProxyType(
    {
        Reason.FIRST_RUN: "first run",
        Reason.RETENTION_PASSED: "the watermark is older than what change tracking keeps",
        Reason.TRUNCATED: "the table was truncated",
        Reason.TRACKING_SWITCHED: "the table's change tracking was switched off and on",
        Reason.TRACKING_RESTARTED: "the table was truncated, or its tracking was switched off and on",
        Reason.TABLE_RECREATED: "the table was dropped and created anew",
        Reason.DEFINITION_CHANGED: "the source's definition changed",
        Reason.VERSION_WENT_BACK: "the database's version is below the watermark",
        Reason.FENCE_MISSING: "the database holds no fence (it was restored to a copy from before the first run)",
        Reason.FENCE_OLDER: "the database's fence is older than the last seal (the database was restored to an older"
        " copy)",
        Reason.FENCE_NEWER: "the database's fence is newer than the last seal that Mongo knows (Mongo went back in"
        " time)",
        Reason.CHECKPOINT_LOST: "Mongo holds no checkpoint, but the database holds a fence (Mongo was lost)",
        Reason.QUEUE_AHEAD: "the queue is ahead of Mongo (Mongo went back in time)",
        Reason.QUEUE_BEHIND: "the queue lost more than the journal can fill in",
        Reason.JOURNAL_HOLES: "the journal does not hold what was sealed",
        Reason.JOURNAL_MISSES_A_WINDOW: "the queue lost what the journal has lost, too",
        Reason.JOURNAL_AHEAD: "the journal holds dispatches of a later generation (Mongo went back in time)",
        Reason.OTHER_MONGO: "the database's fence is another MongoDB's, whose relay has not been at work for a while",
        Reason.CONTINUED: "the source was adopted, and the queue's offset vouches for what was sent before",
        Reason.ADOPTED: "the source was adopted, and nothing vouches for what was sent before",
        Reason.UNKNOWN: "a reason that this version of relay does not know",
    }
)
"""What people read, also in docs/operations.md."""


def reason_of(code: str) -> Reason:
    """The reason with this code; UNKNOWN where another version of relay has stored one that this one does not have."""
    try:
        return Reason(code)
    except ValueError:
        return Reason.UNKNOWN
