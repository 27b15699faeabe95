"""Recovery: Redis's position against the journal, and what Redis lost pushed again."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile

from tests.protocol.life import check_owner
from tests.protocol.mongo import Document, Position, Status
from tests.protocol.redis import GapError
from tests.protocol.rules import Guard
from tests.protocol.work import Steps, Work

REPAIRS = 4
"""Repairs that may fail before neither Redis nor the journal is trusted."""


def notice_another_mongo(work: Work) -> None:
    """A new Mongo counts on from Redis; one that went back in time begins a new life."""
    position = work.world.redis.position
    if work.checkpoint.number is None:
        work.check_lease()
        work.checkpoint.number = position.number
    if work.world.rules.have(Guard.AHEAD) and _is_ahead(work, position):
        work.check_lease()
        work.checkpoint.number = max(work.checkpoint.number, position.number)
        work.abandon_life()


def _is_ahead(work: Work, position: Position) -> bool:
    life, last = work.checkpoint.life, work.checkpoint.last
    if life is None or position.life != life:
        return False
    return last is None or last.life != life or position.place > last.place


def mend(work: Work) -> Steps:
    """Repair until Redis stands where the checkpoint says; when it never does, begin a new life."""
    if not work.world.rules.have(Guard.REPAIR) or work.checkpoint.life is None:
        return
    for _ in range(REPAIRS):
        yield from repair(work)
        if not _is_behind(work):
            return
    work.abandon_life()


def _is_behind(work: Work) -> bool:
    checkpoint, position = work.checkpoint, work.world.redis.position
    expected = checkpoint.open_cycle.after if checkpoint.open_cycle else checkpoint.last
    if expected is None or expected.life != checkpoint.life:
        return False
    return position.life != checkpoint.life or position.place < expected.place


def repair(work: Work) -> Steps:
    """Push again what sealed windows hold beyond Redis's position, up to the first one still PREPARED.

    What is finished, or overtaken by a later dispatch of the same row, only moves the position.
    """
    redis = work.world.redis
    position = redis.position
    yield
    behind = _pushed_beyond(work, position)
    yield
    if behind:
        check_owner(work)
        if work.checkpoint.life is None:
            return
    if work.world.rules.have(Guard.WINDOW_CHAIN) and _misses_a_window(work, position, behind):
        work.abandon_life()
        return
    newest = {document.key: document for document in behind}
    for document in behind:
        work.check_lease()
        is_wanted = document.status is Status.PENDING and newest[document.key] is document
        try:
            redis.push(document.life, position, [(document, is_wanted)])
        except GapError:
            return
        position = document.position
        yield


def _pushed_beyond(work: Work, position: Position) -> list[Document]:
    mongo, checkpoint = work.mongo, work.checkpoint

    def is_sealed(document: Document) -> bool:
        if document.life != checkpoint.life or document.number > (checkpoint.number or 0):
            return False
        return document.status is not Status.PREPARED or mongo.is_open(document)

    pushed = takewhile(lambda document: document.status is not Status.PREPARED, mongo.in_order(is_sealed))
    return [document for document in pushed if position.life != checkpoint.life or document.place > position.place]


def _misses_a_window(work: Work, position: Position, behind: Sequence[Document]) -> bool:
    """Whether a window, or the end of one, that lay beyond the position is gone from the journal."""
    before = position.place if position.life == work.checkpoint.life else None
    for document in behind:
        begins = before is None or document.number != before[0]
        if begins and document.follows != before:
            return True
        before = document.place
    return False
