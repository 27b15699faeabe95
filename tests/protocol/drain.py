"""Drain: a sealed window goes from the journal into Redis."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from tests.protocol.life import check_owner
from tests.protocol.mongo import Document, OpenCycle, Position, Status
from tests.protocol.redis import GapError
from tests.protocol.repair import repair
from tests.protocol.rules import Guard
from tests.protocol.work import Steps, Stop, Work

BATCH = 3
GAPS = 5
"""Gaps that a batch may meet before the journal is taken to be unable to mend them."""
QUEUE_IS_FULL = 0.3
"""How often a patient relay finds the queue full."""


def drain(work: Work, cycle: OpenCycle) -> Steps:
    """Publish what the open cycle holds, in order, and close it; or leave it open when the queue is full."""
    while True:
        documents = [doc for doc in work.mongo.documents.values() if doc.cycle == cycle.id]
        yield
        if work.world.rules.have(Guard.COUNT) and len(documents) != cycle.count and _is_still_open(work, cycle):
            work.abandon_life()
            return
        in_order = sorted((doc for doc in documents if doc.status is not Status.REJECTED), key=lambda doc: doc.place)
        batch = [doc for doc in in_order if doc.status is Status.PREPARED][:BATCH]
        if not batch:
            break
        if work.patient and work.chance(QUEUE_IS_FULL):
            return
        before = [doc.position for doc in in_order if doc.place < batch[0].place]
        if not (yield from _publish(work, cycle, batch, before[-1] if before else None)):
            return
        yield from _mark_pending(work, cycle, batch)
    work.check_lease()
    if _is_still_open(work, cycle):
        work.checkpoint.open_cycle = None
    yield


def _is_still_open(work: Work, cycle: OpenCycle) -> bool:
    open_cycle = work.checkpoint.open_cycle
    return open_cycle is not None and open_cycle.id == cycle.id


def _publish(
    work: Work, cycle: OpenCycle, batch: Sequence[Document], before: Position | None
) -> Generator[None, None, bool]:
    """False: Redis kept losing its place, and the life has ended."""
    redis = work.world.redis
    for _ in range(GAPS):
        after = before or cycle.after
        if after is None:
            after = redis.position
            check_owner(work)
            if work.checkpoint.life != cycle.life:
                return False
        yield
        work.check_lease()
        try:
            yield from _push(work, cycle, batch, after)
        except GapError:
            if not work.world.rules.have(Guard.REPAIR):
                raise Stop from None
            yield from repair(work)
            if work.checkpoint.life != cycle.life:
                return False
        else:
            yield
            return True
    work.abandon_life()
    return False


def _push(work: Work, cycle: OpenCycle, batch: Sequence[Document], after: Position) -> Steps:
    """Several calls, the next one sent before the answer of the one before; the first refusal counts."""
    refused = False
    for document in batch:
        try:
            work.world.redis.push(cycle.life, after, [(document, True)])
        except GapError:
            refused = True
        after = document.position
        if work.chance(0.3):
            yield
    if refused:
        raise GapError


def _mark_pending(work: Work, cycle: OpenCycle, batch: Sequence[Document]) -> Steps:
    """PENDING where still PREPARED: a quick worker may have written SUCCESS."""
    for document in batch:
        known = work.mongo.documents.get(document.id)
        if known is not None and known.status is Status.PREPARED and known.cycle == cycle.id:
            known.status = Status.PENDING
        if work.chance(0.3):
            yield
