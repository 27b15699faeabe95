"""Drain: a sealed window goes from the journal into Redis."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import suppress

from tests.protocol.context import CycleContext, Steps, Stop
from tests.protocol.epochs import check_owner
from tests.protocol.mongo import Document, Offset, OpenWindow, Status
from tests.protocol.recover import repair
from tests.protocol.redis import GapError
from tests.protocol.rules import Guard

BATCH = 3
GAPS = 5
"""Gaps that a batch may meet before the journal is taken to be unable to fill them."""
QUEUE_IS_FULL = 0.3
"""How often a patient relay finds the queue full."""
CUT_OFF = 0.05
"""How often a batch loses its connection, whatever of it Redis has done by then."""


class CutOffError(Exception):
    """The connection ended in the midst of a batch."""

    def __init__(self, arrived: Sequence[Document]) -> None:
        super().__init__()
        self.arrived = arrived
        """What Redis has answered for; it may have done more."""


def drain(context: CycleContext, window: OpenWindow) -> Steps:
    """Publish what the open window holds, in order, and close it; or leave it open when the queue is full."""
    while True:
        documents = [doc for doc in context.mongo.documents.values() if doc.window_id == window.id]
        yield
        if context.world.rules.have(Guard.COUNT) and len(documents) != window.count and _is_still_open(context, window):
            context.end_epoch()
            return
        in_order = sorted((doc for doc in documents if doc.status is not Status.REJECTED), key=lambda doc: doc.place)
        batch = [doc for doc in in_order if doc.status is Status.PREPARED][:BATCH]
        if not batch:
            break
        if context.patient and context.chance(QUEUE_IS_FULL):
            return
        before = [doc.offset for doc in in_order if doc.place < batch[0].place]
        try:
            if not (yield from _publish(context, window, batch, before[-1] if before else None)):
                return
        except CutOffError as error:
            yield from _mark_pending(context, window, error.arrived)
            raise Stop from error
        yield from _mark_pending(context, window, batch)
    context.check_lease()
    if _is_still_open(context, window):
        context.checkpoint.open_window = None
    yield


def _is_still_open(context: CycleContext, window: OpenWindow) -> bool:
    open_window = context.checkpoint.open_window
    return open_window is not None and open_window.id == window.id


def _publish(
    context: CycleContext, window: OpenWindow, batch: Sequence[Document], before: Offset | None
) -> Generator[None, None, bool]:
    """False: Redis kept losing its place, and the epoch has ended."""
    redis = context.world.redis
    for _ in range(GAPS):
        after = before or window.after
        if after is None:
            after = redis.offset
            check_owner(context)
            if context.checkpoint.epoch != window.epoch:
                return False
        yield
        context.check_lease()
        try:
            yield from _push(context, window, batch, after)
        except GapError:
            if not context.world.rules.have(Guard.REPAIR):
                raise Stop from None
            yield from repair(context)
            if context.checkpoint.epoch != window.epoch:
                return False
        else:
            yield
            return True
    context.end_epoch()
    return False


def _push(context: CycleContext, window: OpenWindow, batch: Sequence[Document], after: Offset) -> Steps:
    """Several calls, the next one sent before the answer of the one before; the first refusal counts.

    Raises CutOffError with those that were answered, GapError when one of these was refused.
    """
    refused = False
    answered = context.world.random.randrange(len(batch)) if context.chance(CUT_OFF) else None
    for number, document in enumerate(batch):
        if number == answered and not refused:
            if context.chance(0.5):
                # Done, and its answer is lost.
                with suppress(GapError):
                    context.world.redis.push(window.epoch, after, [(document, True)])
            raise CutOffError(batch[:number])
        try:
            context.world.redis.push(window.epoch, after, [(document, True)])
        except GapError:
            refused = True
        after = document.offset
        if context.chance(0.3):
            yield
    if refused:
        raise GapError


def _mark_pending(context: CycleContext, window: OpenWindow, batch: Sequence[Document]) -> Steps:
    """PENDING where still PREPARED: a quick worker may have written SUCCESS."""
    for document in batch:
        known = context.mongo.documents.get(document.id)
        if known is not None and known.status is Status.PREPARED and known.window_id == window.id:
            known.status = Status.PENDING
        if context.chance(0.3):
            yield
