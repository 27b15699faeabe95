"""Recovery: Redis's offset against the journal, and what Redis lost pushed again."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from tests.protocol.context import CycleContext, Steps
from tests.protocol.epochs import check_owner
from tests.protocol.mongo import Document, Offset, Status
from tests.protocol.redis import GapError
from tests.protocol.rules import Guard

REPAIRS = 4
"""Repairs that may fail before neither Redis nor the journal is trusted."""


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
    newest = {document.key: document.place for document in behind}
    # Read once more: the journal may be long.
    while again := _pushed_beyond(context, offset):
        document = again[0]
        if context.world.rules.have(Guard.LOOKED) and (not behind or document.place > behind[-1].place):
            return
        context.check_lease()
        is_wanted = document.status is Status.PENDING and newest.get(document.key) == document.place
        try:
            redis.push(document.epoch, offset, [(document, is_wanted)])
        except GapError:
            return
        offset = document.offset
        yield


def _pushed_beyond(context: CycleContext, offset: Offset) -> list[Document]:
    mongo, checkpoint = context.mongo, context.checkpoint

    def is_sealed(document: Document) -> bool:
        if document.epoch != checkpoint.epoch or document.window > (checkpoint.window_number or 0):
            return False
        return document.status is not Status.PREPARED or mongo.is_open(document)

    pushed = takewhile(lambda document: document.status is not Status.PREPARED, mongo.in_order(is_sealed))
    return [document for document in pushed if offset.epoch != checkpoint.epoch or document.place > offset.place]


def _misses_a_window(context: CycleContext, offset: Offset, behind: Sequence[Document]) -> bool:
    """Whether a window, or the end of one, that lay beyond the offset is gone from the journal."""
    before = offset.place if offset.epoch == context.checkpoint.epoch else None
    for document in behind:
        begins = before is None or document.window != before[0]
        if begins and document.follows != before:
            return True
        before = document.place
    return False
