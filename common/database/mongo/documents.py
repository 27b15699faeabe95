"""Records to Mongo's documents and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from common.database.records import (
    Baseline,
    Checkpoint,
    Dispatch,
    Offset,
    OpenWindow,
    Pushed,
    TaskStatus,
    WindowHeader,
)

Document = dict[str, Any]
_STATUSES = {status.value: status for status in TaskStatus}


def offset_document(offset: Offset | None) -> Document | None:
    """`{epoch, window, seq}`, or None."""
    if offset is None:
        return None
    return {"epoch": offset.epoch, "window": offset.window, "seq": offset.seq}


def offset_of(document: Mapping[str, Any] | None) -> Offset | None:
    """The reverse of offset_document."""
    return None if document is None else Offset(**document)


def open_window_document(window: OpenWindow) -> Document:
    """`{id, epoch, number, after, count}`."""
    return {
        "id": window.id,
        "epoch": window.epoch,
        "number": window.number,
        "after": offset_document(window.after),
        "count": window.count,
    }


def open_window_of(document: Mapping[str, Any] | None) -> OpenWindow | None:
    """The reverse of open_window_document."""
    if document is None:
        return None
    return OpenWindow(
        id=document["id"],
        epoch=document["epoch"],
        number=document["number"],
        after=offset_of(document["after"]),
        count=document["count"],
    )


def baseline_document(baseline: Baseline | None) -> Document | None:
    """`{after, until, rows}`, or None."""
    if baseline is None:
        return None
    return {"after": baseline.after, "until": baseline.until, "rows": baseline.rows}


def baseline_of(document: Mapping[str, Any] | None) -> Baseline | None:
    """The reverse of baseline_document."""
    if document is None:
        return None
    until = document["until"]
    return Baseline(
        after=tuple(document["after"]), until=None if until is None else tuple(until), rows=document["rows"]
    )


def checkpoint_of(document: Mapping[str, Any]) -> Checkpoint:
    """The checkpoint in a document of `checkpoints`; what is not there is unknown."""
    lease = document.get("lease") or {}
    return Checkpoint(
        version=document.get("version"),
        epoch=document.get("epoch"),
        sealed_generation=document.get("sealed_generation") or 0,
        store=document.get("store") or "",
        open_window=open_window_of(document.get("open_window")),
        window_number=document.get("window_number"),
        last_offset=offset_of(document.get("last_offset")),
        begin_version=document.get("begin_version"),
        object_id=document.get("object_id"),
        side_table=document.get("side_table"),
        definition=document.get("definition"),
        defined_by=document.get("defined_by"),
        defined_at=document.get("defined_at"),
        superseded=tuple(document.get("superseded") or ()),
        base=document.get("base") or 0,
        baseline=baseline_of(document.get("baseline")),
        epoch_reason=document.get("epoch_reason"),
        epoch_follows=document.get("epoch_follows") or 0,
        epoch_began_at=document.get("epoch_began_at"),
        epoch_starts=tuple(document.get("epoch_starts") or ()),
        stopped_at=document.get("stopped_at"),
        adopts_epoch=document.get("adopts_epoch"),
        last_window=document.get("last_window"),
        last_baseline=document.get("last_baseline"),
        skipped_to=document.get("skipped_to"),
        began_at=document.get("began_at"),
        stalls=document.get("stalls") or 0,
        generation=lease.get("generation") or 0,
        is_leased=lease.get("owner") is not None,
        lingers=document.get("lingers"),
    )


def row_document(key: tuple[Any, ...]) -> Document:
    """A row's key as one value. MongoDB indexes an array by its elements, and the first of a key's may be that of a
    whole shop."""
    return {"key": key}


def dispatch_document(dispatch: Dispatch) -> Document:
    """A document of `task_logs`, without the times, which the journal sets.

    `change` says row and version once more, as one value: MongoDB indexes an array by its elements, and the first of
    a key's may be that of a whole shop.
    """
    window, key = dispatch.window, dispatch.key
    rejected = {} if dispatch.reason is None else {"reason": dispatch.reason}
    return {
        "_id": dispatch.id,
        "celery_task_id": dispatch.id,
        "business_id": dispatch.business_id,
        "queue": window.queue,
        "priority": window.priority,
        "status": dispatch.status.value,
        "source": window.source,
        "task": window.task,
        "args": dispatch.args,
        "key": key,
        "change_version": dispatch.change_version,
        "row": row_document(key),
        "epoch": window.epoch,
        "window_id": window.id,
        "window": window.number,
        "base": window.base,
        "follows": window.follows,
        "seq": dispatch.seq,
        "generation": window.generation,
        "attempt": dispatch.attempt,
        "repeats": dispatch.repeats,
        "error": dispatch.error,
        **rejected,
        "dispatched_at": None,
        "expires_at": None,
    }


def window_of(document: Mapping[str, Any]) -> WindowHeader:
    """The window in a dispatch's document."""
    return WindowHeader(
        source=document["source"],
        task=document["task"],
        queue=document["queue"],
        priority=document["priority"],
        epoch=document["epoch"],
        id=document["window_id"],
        number=document["window"],
        generation=document["generation"],
        base=document["base"],
        follows=None if document["follows"] is None else (document["follows"][0], document["follows"][1]),
    )


PUSHED_FIELDS = [
    "args",
    "seq",
    "key",
    "status",
    "source",
    "task",
    "queue",
    "priority",
    "epoch",
    "window_id",
    "window",
    "generation",
    "base",
    "follows",
]
"""Of a document, what `pushed_of` reads beside `_id`."""


def pushed_of(document: Mapping[str, Any]) -> Pushed:
    """What it takes to push a dispatch again."""
    return Pushed(
        id=document["_id"],
        window=window_of(document),
        args=document["args"],
        seq=document["seq"],
        key=tuple(document["key"]),
        status=_STATUSES[document["status"]],
    )
