"""What was pushed of sealed windows, as repair reads it: where the windows end, and what lies in them.

Each query names one stretch of an index, so that none walks past what nobody asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain, islice, takewhile
from typing import Any

from pymongo import DESCENDING

from common.batches import batches
from common.database.mongo.documents import PUSHED_FIELDS, pushed_of, row_document
from common.database.mongo.indexes import BY_PLACE, UNEXPIRING
from common.database.mongo.pieces import Logs
from common.database.records import (
    Checkpoint,
    Offset,
    Pushed,
    TaskStatus,
    TrackedTable,
    WindowEnd,
    characters,
)

PREPARED = TaskStatus.PREPARED.value
END_FIELDS = ["window", "seq", "follows", "status", "window_id"]

Found = Mapping[str, Any]


def pushed_beyond(
    logs: Logs, source: TrackedTable, checkpoint: Checkpoint, offset: Offset, limit: int
) -> Sequence[Pushed]:
    """See the port."""
    found = _up_to_prepared(logs, source, checkpoint, offset, limit, fields=PUSHED_FIELDS)
    return next(batches(map(pushed_of, found), most=limit, weigh=characters), [])


def ends_beyond(
    logs: Logs, source: TrackedTable, checkpoint: Checkpoint, offset: Offset, limit: int
) -> Sequence[WindowEnd]:
    """See the port. Of a window that goes on behind the first `limit` dispatches only the end is looked up."""
    found = list(_up_to_prepared(logs, source, checkpoint, offset, limit, fields=END_FIELDS))
    ends = {each["window"]: each for each in found}
    if len(found) == limit:
        ends[found[-1]["window"]] = _end_of_window(logs, source, found[-1])
    return [_end_of(each) for each in ends.values()]


def overtaken(logs: Logs, dispatches: Sequence[Pushed], last: tuple[int, int]) -> set[str]:
    """See the port."""
    first = dispatches[0].window
    if first.number >= last[0]:
        return set()
    query = {
        "source": first.source,
        "row": {"$in": [row_document(key) for key in {each.key for each in dispatches}]},
        "epoch": first.epoch,
        "window": {"$gt": first.number, "$lte": last[0]},
        "seq": {"$ne": None},  # guard: overtaken-by-what-is-sent
        "status": {"$ne": PREPARED},  # guard: overtaken-by-what-was-sealed
    }
    newest: dict[tuple[Any, ...], tuple[int, int]] = {}
    with logs.find(query, {"key": 1, "window": 1, "seq": 1}) as found:
        for each in found:
            key, place = tuple(each["key"]), (each["window"], each["seq"])
            # guard: overtaken-up-to-the-end
            if place <= last:
                newest[key] = max(place, newest.get(key, place))
    return {each.id for each in dispatches if newest.get(each.key, each.offset.place) > each.offset.place}


def prepared_beyond(source: str, window: int, window_id: str, seq: int) -> Mapping[str, Any]:
    """Of the window with this number and id, what is still PREPARED beyond this place; to be sorted by UNEXPIRING."""
    return {
        "source": source,
        "status": PREPARED,
        "window": window,
        "seq": {"$gt": seq},
        "expires_at": None,
        "window_id": window_id,
    }


def _up_to_prepared(
    logs: Logs, source: TrackedTable, checkpoint: Checkpoint, offset: Offset, limit: int, *, fields: Sequence[str]
) -> Iterator[Found]:
    """The first dispatches of sealed windows beyond the offset, up to one that is still PREPARED."""
    sealed = _sealed(source, checkpoint)
    found = (_found(logs, {**stretch, **sealed}, fields, limit) for stretch in _beyond(checkpoint, offset))
    # guard: repair-stops-at-prepared
    pushed = takewhile(lambda each: each["status"] != PREPARED, chain.from_iterable(found))
    return islice(pushed, limit)


def _found(logs: Logs, query: Found, fields: Sequence[str], limit: int) -> Iterator[Found]:
    with logs.find(query, fields, sort=BY_PLACE, limit=limit, batch_size=limit) as found:
        yield from found


def _beyond(checkpoint: Checkpoint, offset: Offset) -> Sequence[Mapping[str, Any]]:
    """The rest of the offset's window, then the windows after it: one query for both could be answered by a walk."""
    last = checkpoint.window_number or 0
    if offset.epoch != checkpoint.epoch:
        # Without a lower end the index would be walked past all that earlier epochs have left.
        # guard: repair-begins-with-epoch
        before = checkpoint.epoch_follows
        return [{"window": {"$gt": before, "$lte": last}, "seq": {"$gte": 0}}]
    rest_of_its_window = {"window": offset.window, "seq": {"$gt": offset.seq}}
    later_windows = {"window": {"$gt": offset.window, "$lte": last}, "seq": {"$gte": 0}}
    return [rest_of_its_window, later_windows] if offset.window <= last else []


def _sealed(source: TrackedTable, checkpoint: Checkpoint) -> Mapping[str, Any]:
    of_epoch = {"source": source.id, "epoch": checkpoint.epoch}
    pushed = {"status": {"$ne": PREPARED}}
    if checkpoint.open_window is None:
        return {**of_epoch, **pushed}
    return {**of_epoch, "$or": [pushed, {"window_id": checkpoint.open_window.id}]}


def _end_of_window(logs: Logs, source: TrackedTable, within: Found) -> Found:
    """The window's last dispatch before the first one that is still PREPARED. `within`: one before that."""
    prepared = prepared_beyond(source.id, within["window"], within["window_id"], within["seq"])
    stop = logs.find_one(prepared, {"seq": 1}, sort=UNEXPIRING)
    # guard: window-ends-before-prepared
    beyond = {} if stop is None else {"$lt": stop["seq"]}
    places = {"window_id": within["window_id"], "seq": {"$gte": within["seq"], **beyond}}
    end = logs.find_one(places, END_FIELDS, sort=[("window_id", DESCENDING), ("seq", DESCENDING)])
    return within if end is None else end


def _end_of(found: Found) -> WindowEnd:
    follows = found["follows"]
    return WindowEnd(
        number=found["window"], seq=found["seq"], follows=None if follows is None else (follows[0], follows[1])
    )
