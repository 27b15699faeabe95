"""Drain: a sealed window goes from the journal into the queue."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from common.database.records import NOWHERE, OpenCycle, Outgoing, Position
from relay.cycle.context import Work
from relay.cycle.outcomes import Reason
from relay.cycle.ownership import check_owner
from relay.cycle.ports import QueueGapError
from relay.cycle.recover import repair

GAPS = 5
"""Gaps in the queue that a batch may meet before the journal is taken to be unable to mend it (tests/protocol)."""


def drain(work: Work, cycle: OpenCycle, dispatches: Sequence[Outgoing] = ()) -> bool:
    """Publish what the open cycle holds, in order. False: the queue is full, and the journal keeps the rest.

    `dispatches`: all of it, when this relay has just prepared it; otherwise the journal is read.
    A journal that lost documents, or a queue that cannot be mended, ends the life. Documents expire only from the
    close of their window on, or the journal would have holes when the queue is full for long.
    """
    if not _is_whole(work, cycle):
        return True
    with work.ports.ahead(_in_batches(work, dispatches) if dispatches else _from_journal(work, cycle)) as batches:
        previous: Position | None = None
        expires = cycle.count == 0
        for batch in batches:
            if _queue_is_full(work):
                return False
            if previous is None and not dispatches:
                previous = work.ports.journal.before(batch[0])
            if not _publish(work, cycle, batch, previous):
                return True
            expires = len(batch) == cycle.count
            work.ports.journal.mark_pending(batch, expires=expires)
            work.dispatched += len(batch)
            previous = batch[-1].position
    # Counted again: documents lost since the first count would otherwise be taken for published ones.
    if _is_whole(work, cycle):
        work.check_lease()
        if not expires:
            work.ports.journal.let_expire(cycle, work.progress)
        work.close(cycle)
    return True


def _in_batches(work: Work, dispatches: Sequence[Outgoing]) -> Iterator[Sequence[Outgoing]]:
    size = work.options.batch_size
    for start in range(0, len(dispatches), size):
        yield dispatches[start : start + size]


def _from_journal(work: Work, cycle: OpenCycle) -> Iterator[Sequence[Outgoing]]:
    window, after = work.ports.journal.window(cycle.id), -1
    while window and (batch := work.ports.journal.batch(window, work.options.batch_size, after=after)):
        yield batch
        after = batch[-1].position.seq


def _is_whole(work: Work, cycle: OpenCycle) -> bool:
    """False: documents of the cycle are gone, and the life has ended. Not on one look alone: it is asked again once a
    write has confirmed the lease."""
    if _adds_up(work, cycle):
        return True
    work.check_lease()
    if _adds_up(work, cycle):
        return True
    work.abandon_life(Reason.JOURNAL_HOLES)
    return False


def _adds_up(work: Work, cycle: OpenCycle) -> bool:
    return work.ports.journal.count(cycle.id) == cycle.count


def _queue_is_full(work: Work) -> bool:
    length = work.ports.publisher.queue_length(work.source)
    return length is not None and length >= work.options.queue_limit


def _publish(work: Work, cycle: OpenCycle, batch: Sequence[Outgoing], previous: Position | None) -> bool:
    """False: the queue kept losing its place, and the life has ended."""
    for _ in range(GAPS):
        after = previous or cycle.after
        if after is None:
            after = work.position() or NOWHERE
            if not check_owner(work):
                return False
        work.check_lease()
        try:
            work.ports.publisher.publish(work.source, after=after, dispatches=batch)
        except QueueGapError:
            repair(work)
            if work.checkpoint.life != cycle.life:
                return False
        else:
            return True
    work.check_lease()
    work.abandon_life(Reason.QUEUE_BEHIND)
    return False
