"""Drain: a sealed window goes from the journal into the queue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum, auto
from functools import partial

from common.batches import batches
from common.database.records import NOWHERE, Offset, OpenWindow, Outgoing, characters
from relay.cycle.context import CycleContext
from relay.cycle.ownership import check_owner
from relay.cycle.ports import QueueGapError
from relay.cycle.progress import Step
from relay.cycle.reasons import Reason
from relay.cycle.recover import repair

GAPS = 5
"""Gaps in the queue per batch; after this many the journal counts as unable to fill them (tests/protocol)."""


class Drained(Enum):
    """What became of an open window."""

    DRAINED = auto()
    """All of it is in the queue, and the window is closed."""
    QUEUE_FULL = auto()
    """The journal keeps the rest."""
    EPOCH_ENDED = auto()
    """The journal lost documents, or the queue lost more than the journal can fill in."""


def drain(context: CycleContext, window: OpenWindow, dispatches: Sequence[Outgoing] = ()) -> Drained:
    """Publish what the open window holds, in order.

    `dispatches`: all of it, when this relay has just prepared it; otherwise the journal is read. Documents expire only
    from the close of their window on, or the journal would have holes when the queue is full for long.
    """
    if not _is_whole(context, window):
        return Drained.EPOCH_ENDED
    in_memory = batches(dispatches, most=context.options.batch_size, weigh=characters)
    expires = window.count == 0
    with context.ports.prefetch(in_memory if dispatches else _from_journal(context, window)) as ready:
        previous: Offset | None = None
        for batch in ready:
            if _queue_is_full(context):
                return Drained.QUEUE_FULL
            if previous is None and not dispatches:
                # guard: chain-after-crash
                previous = context.ports.journal.before(batch[0])
            # guard: published-before-noted
            if not _publish(context, window, batch, previous):
                return Drained.EPOCH_ENDED
            # guard: expires-when-whole
            expires = len(batch) == window.count
            context.ports.journal.mark_pending(batch, expires=expires)
            context.dispatched += len(batch)
            context.progress.at(Step.DRAIN, len(batch))
            previous = batch[-1].offset
    return _close(context, window, expires=expires)


def _close(context: CycleContext, window: OpenWindow, *, expires: bool) -> Drained:
    """`expires`: its documents may expire already."""
    # guard: count-before-close
    # Counted again: documents lost since the first count would otherwise be taken for published ones.
    if not _is_whole(context, window):
        return Drained.EPOCH_ENDED
    context.check_lease()
    # guard: close-lets-expire
    if not expires:
        context.ports.journal.let_expire(window, partial(context.progress.at, Step.EXPIRE))
    context.close(window)
    return Drained.DRAINED


def _from_journal(context: CycleContext, window: OpenWindow) -> Iterator[Sequence[Outgoing]]:
    header, after = context.ports.journal.header(window.id), -1
    while header and (batch := context.ports.journal.batch(header, context.options.batch_size, after=after)):
        yield batch
        after = batch[-1].offset.seq


def _is_whole(context: CycleContext, window: OpenWindow) -> bool:
    """False: documents of the window are gone, and the epoch has ended. One look is not enough: the count is repeated
    after a write has confirmed the lease."""
    if _adds_up(context, window):
        return True
    context.check_lease()
    # guard: second-look
    if _adds_up(context, window):
        return True
    context.end_epoch(Reason.JOURNAL_HOLES)
    return False


def _adds_up(context: CycleContext, window: OpenWindow) -> bool:
    # guard: window-is-whole
    return context.ports.journal.count(window.id, partial(context.progress.at, Step.COUNT)) == window.count


def _queue_is_full(context: CycleContext) -> bool:
    length = context.ports.publisher.queue_length(context.source)
    # guard: queue-limit
    return length is not None and length >= context.options.queue_limit


def _publish(context: CycleContext, window: OpenWindow, batch: Sequence[Outgoing], previous: Offset | None) -> bool:
    """False: the queue kept losing its place, and the epoch has ended."""
    for _ in range(GAPS):
        after = previous or window.after
        if after is None:
            # guard: epoch-begins-at-offset
            after = context.offset() or NOWHERE
            if not check_owner(context):
                return False
        # guard: lease-before-publish
        context.check_lease()
        try:
            _push(context, batch, after)
        except QueueGapError:
            # guard: gap-is-filled
            repair(context)
            if context.checkpoint.epoch != window.epoch:
                return False
        else:
            return True
    context.check_lease()
    # guard: give-up-in-drain
    context.end_epoch(Reason.QUEUE_BEHIND)
    return False


def _push(context: CycleContext, batch: Sequence[Outgoing], after: Offset) -> None:
    """Publish it. When the rest fails, what is in the queue is marked all the same: the next cycle begins behind it,
    and one that fails at the same place has less to send every time."""
    known = 0

    def arrived(count: int) -> None:
        nonlocal known
        known = count
        context.progress.moved()

    try:
        context.ports.publisher.publish(context.source, after=after, dispatches=batch, arrived=arrived)
    except QueueGapError:
        # What arrived may be lost again: all of it is sent once more.
        raise
    except Exception:
        # guard: marked-when-rest-fails
        if known:
            context.ports.journal.mark_pending(batch[:known])
        raise
