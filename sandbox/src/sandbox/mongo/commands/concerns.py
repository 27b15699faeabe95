"""Read and write concerns: which there are."""

from __future__ import annotations

from typing import Any, Final

from bson import Timestamp

from sandbox.mongo.errors import Code, CommandError, bad_value, type_mismatch

_LEVELS: Final = frozenset({"local", "available", "majority", "linearizable"})


def check_read_concern(concern: Any, *, is_replicated: bool) -> None:
    """Raise CommandError 72 or 14 for one that is not known here."""
    if not concern:
        return
    if type(concern) is not dict:
        raise type_mismatch("readConcern must be an object")
    fields = {"level", "afterClusterTime"} if is_replicated else {"level"}
    if set(concern) - fields or concern.get("level", "local") not in _LEVELS:
        raise CommandError(Code.InvalidOptions, f"This readConcern is not supported here: {concern}")
    if type(concern.get("afterClusterTime")) not in (type(None), Timestamp):
        raise type_mismatch("afterClusterTime must be a timestamp")


def check_write_concern(concern: Any) -> None:
    """Raise CommandError 9, 79, 2 or 14 for one that is not known here.

    What is written is visible to all and in the log before any reply: majority and j ask for no more.
    """
    if not concern:
        return
    if type(concern) is not dict:
        raise type_mismatch("writeConcern must be an object")
    unknown = set(concern) - {"w", "j", "wtimeout"}
    if unknown:
        raise CommandError(Code.FailedToParse, f"unrecognized write concern field: {', '.join(sorted(unknown))}")
    w = concern.get("w", 1)
    if isinstance(w, str) and w != "majority":
        raise CommandError(Code.UnknownReplWriteConcern, f"No write concern mode named '{w}' found")
    if w not in (0, 1, "majority"):
        raise bad_value("cannot use 'w' > 1 when a host is not replicated")
