"""Records to Mongo's documents and back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from common.database.records import Checkpoint, Dispatch, OpenCycle, Position, TaskStatus, Window

Document = dict[str, Any]
_STATUSES = {status.value: status for status in TaskStatus}


def position_document(position: Position | None) -> Document | None:
    """`{life, number, seq}`, or None."""
    if position is None:
        return None
    return {"life": position.life, "number": position.number, "seq": position.seq}


def position_of(document: Mapping[str, Any] | None) -> Position | None:
    """The reverse of position_document."""
    return None if document is None else Position(**document)


def open_cycle_document(cycle: OpenCycle) -> Document:
    """`{id, life, number, after, count}`."""
    return {
        "id": cycle.id,
        "life": cycle.life,
        "number": cycle.number,
        "after": position_document(cycle.after),
        "count": cycle.count,
    }


def open_cycle_of(document: Mapping[str, Any] | None) -> OpenCycle | None:
    """The reverse of open_cycle_document."""
    if document is None:
        return None
    return OpenCycle(
        id=document["id"],
        life=document["life"],
        number=document["number"],
        after=position_of(document["after"]),
        count=document["count"],
    )


def checkpoint_of(document: Mapping[str, Any]) -> Checkpoint:
    """The checkpoint in a document of `checkpoints`; what is not there is unknown."""
    return Checkpoint(
        version=document.get("version"),
        life=document.get("life"),
        sealed_generation=document.get("sealed_generation") or 0,
        store=document.get("store") or "",
        open_cycle=open_cycle_of(document.get("open_cycle")),
        cycle_number=document.get("cycle_number"),
        last=position_of(document.get("last")),
        begin_version=document.get("begin_version"),
        object_id=document.get("object_id"),
        side_table=document.get("side_table"),
        definition=document.get("definition"),
        defined_by=document.get("defined_by"),
        defined_at=document.get("defined_at"),
        superseded=tuple(document.get("superseded") or ()),
        base=document.get("base") or 0,
        life_reason=document.get("life_reason"),
        life_began_at=document.get("life_began_at"),
        lives=tuple(document.get("lives") or ()),
        stopped_at=document.get("stopped_at"),
        adopts_life=document.get("adopts_life"),
        last_cycle=document.get("last_cycle"),
        last_baseline=document.get("last_baseline"),
        skipped_to=document.get("skipped_to"),
        began_at=document.get("began_at"),
    )


def dispatch_document(dispatch: Dispatch) -> Document:
    """A document of `task_logs`, without the times, which the journal sets.

    `change` says row and version once more, as one value: MongoDB indexes an array by its elements, and the first of
    a key's may be that of a whole shop.
    """
    window, key = dispatch.window, dispatch.key
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
        "change": {"key": key, "version": dispatch.change_version},
        "life": window.life,
        "cycle": window.cycle,
        "number": window.number,
        "base": window.base,
        "follows": window.follows,
        "seq": dispatch.seq,
        "generation": window.generation,
        "attempt": dispatch.attempt,
        "repeats": dispatch.repeats,
        "error": dispatch.error,
        "dispatched_at": None,
        "expires_at": None,
    }


def window_of(document: Mapping[str, Any]) -> Window:
    """The window in a dispatch's document."""
    return Window(
        source=document["source"],
        task=document["task"],
        queue=document["queue"],
        priority=document["priority"],
        life=document["life"],
        cycle=document["cycle"],
        number=document["number"],
        generation=document["generation"],
        base=document["base"],
        follows=None if document["follows"] is None else (document["follows"][0], document["follows"][1]),
    )


def dispatch_of(document: Mapping[str, Any]) -> Dispatch:
    """The reverse of dispatch_document."""
    return Dispatch(
        id=document["_id"],
        window=window_of(document),
        args=document["args"],
        seq=document["seq"],
        business_id=document["business_id"],
        key=tuple(document["key"]),
        change_version=document["change_version"],
        status=_STATUSES[document["status"]],
        error=document["error"],
        attempt=document["attempt"],
        repeats=document["repeats"],
        created_at=document.get("created_at"),
    )
