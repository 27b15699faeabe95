"""Recovery: Redis's offset against the journal, and what Redis lost pushed again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from itertools import takewhile

from tests.protocol.context import CycleContext, Steps
from tests.protocol.database import Place
from tests.protocol.epochs import check_owner
from tests.protocol.mongo import NOWHERE, DispatchId, Document, Offset, Status
from tests.protocol.redis import GapError
from tests.protocol.rules import Guard

REPAIRS = 4
"""Repairs that may fail before neither Redis nor the journal is trusted."""
BATCH = 3


def notice_another_mongo(context: CycleContext) -> None:
    """A new Mongo counts on from Redis; one that went back in time begins a new epoch."""
    offset = context.world.redis.offset
    if context.checkpoint.window_number is None:
        context.check_lease()
        context.checkpoint.window_number = offset.window
    if context.world.rules.have(Guard.AHEAD) and _is_ahead(context, offset):
        context.check_lease()
        context.checkpoint.window_number = max(context.checkpoint.window_number, offset.window)
        context.end_epoch()


def _is_ahead(context: CycleContext, offset: Offset) -> bool:
    epoch, last = context.checkpoint.epoch, context.checkpoint.last_offset
    if epoch is None or offset.epoch != epoch:
        return False
    return last is None or last.epoch != epoch or offset.place > last.place


def fill_gaps(context: CycleContext) -> Steps:
    """Repair until Redis stands where the checkpoint says; when it never does, begin a new epoch."""
    if not context.world.rules.have(Guard.REPAIR) or context.checkpoint.epoch is None:
        return
    for _ in range(REPAIRS):
        yield from repair(context)
        if not _is_behind(context):
            return
    context.end_epoch()


def _is_behind(context: CycleContext) -> bool:
    checkpoint, offset = context.checkpoint, context.world.redis.offset
    expected = checkpoint.open_window.after if checkpoint.open_window else checkpoint.last_offset
    if expected is None or expected.epoch != checkpoint.epoch:
        return False
    return offset.epoch != checkpoint.epoch or offset.place < expected.place


def repair(context: CycleContext) -> Steps:
    """Push again what sealed windows hold beyond Redis's offset, up to the first one still PREPARED.

    What is finished, or overtaken by a later dispatch of the same row, only moves the offset.
    """
    redis = context.world.redis
    offset = redis.offset
    yield
    behind = _pushed_beyond(context, offset)
    yield
    if behind:
        check_owner(context)
        if context.checkpoint.epoch is None:
            return
    if context.world.rules.have(Guard.WINDOW_CHAIN) and _misses_a_window(context, offset, behind):
        context.end_epoch()
        return
    # Only where it ends is kept: the journal may be long, and is asked again about every batch.
    last = behind[-1].place if behind else NOWHERE.place
    while batch := _next_batch(context, offset, last):
        # As they are read: what becomes of them meanwhile is not seen.
        waiting = [replace(document) for document in batch]
        yield
        overtaken = _overtaken(context, waiting, last)
        yield
        context.check_lease()
        items = [(each, each.status is Status.PENDING and each.id not in overtaken) for each in waiting]
        try:
            redis.push(waiting[0].epoch, offset, items)
        except GapError:
            return
        offset = waiting[-1].offset
        yield


def _next_batch(context: CycleContext, offset: Offset, last: Place) -> Sequence[Document]:
    beyond = _pushed_beyond(context, offset)
    if context.world.rules.have(Guard.LOOKED):
        beyond = [document for document in beyond if document.place <= last]
    return beyond[:BATCH]


def _overtaken(context: CycleContext, batch: Sequence[Document], last: Place) -> set[DispatchId]:
    """Ids of those whose row has a later dispatch among what this repair comes to."""
    sealed = context.mongo.in_order(partial(_is_sealed, context))
    pushed = [document for document in sealed if document.status is not Status.PREPARED and document.place <= last]
    newest = {document.key: document.place for document in pushed}
    return {document.id for document in batch if newest.get(document.key, document.place) > document.place}


def _pushed_beyond(context: CycleContext, offset: Offset) -> list[Document]:
    in_order = context.mongo.in_order(partial(_is_sealed, context))
    pushed = takewhile(lambda document: document.status is not Status.PREPARED, in_order)
    is_ours = offset.epoch == context.checkpoint.epoch
    return [document for document in pushed if not is_ours or document.place > offset.place]


def _is_sealed(context: CycleContext, document: Document) -> bool:
    checkpoint = context.checkpoint
    if document.epoch != checkpoint.epoch or document.window > (checkpoint.window_number or 0):
        return False
    return document.status is not Status.PREPARED or context.mongo.is_open(document)


def _misses_a_window(context: CycleContext, offset: Offset, behind: Sequence[Document]) -> bool:
    """Whether a window, or the end of one, that lay beyond the offset is gone from the journal."""
    before = offset.place if offset.epoch == context.checkpoint.epoch else None
    for document in behind:
        begins = before is None or document.window != before[0]
        if begins and document.follows != before:
            return True
        before = document.place
    return False
