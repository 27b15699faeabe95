"""Recovery: the queue's offset against the journal, and what the queue lost pushed again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from common.database.records import NOWHERE, Key, Offset, Pushed, TaskStatus
from relay.cycle.context import CycleContext
from relay.cycle.ownership import check_owner
from relay.cycle.ports import QueueGapError
from relay.cycle.progress import Step
from relay.cycle.reasons import Reason
from relay.cycle.window_chain import WindowChain

Place = tuple[int, int]
"""(window, seq)."""
REPAIRS = 4
"""Repairs that may fail before neither queue nor journal is trusted (tests/protocol)."""


def check_offset(context: CycleContext) -> None:
    """Notice a Mongo that is new or went back in time, and fill in a queue that lost what it had.

    Ends with the queue where the journal says, or with the epoch ended.
    """
    offset = context.offset()
    if context.checkpoint.window_number is None:
        context.check_lease()
        context.seed_window_number(offset)
    if offset is None:
        return
    # guard: offset-ahead
    if _is_ahead(context, offset):
        context.check_lease()
        context.end_epoch(Reason.QUEUE_AHEAD, offset=offset)
    elif context.checkpoint.epoch:  # guard: repair
        _fill_gaps(context)


def _is_ahead(context: CycleContext, offset: Offset) -> bool:
    epoch, last = context.checkpoint.epoch, context.checkpoint.last_offset
    if epoch is None or offset.epoch != epoch:
        return False
    return last is None or last.epoch != epoch or offset.place > last.place


def _fill_gaps(context: CycleContext) -> None:
    for _ in range(REPAIRS):
        repair(context)
        if _stands_where_it_should(context):
            return
    context.check_lease()
    # guard: give-up-in-recovery
    context.end_epoch(Reason.QUEUE_BEHIND)


def _stands_where_it_should(context: CycleContext) -> bool:
    window = context.checkpoint.open_window
    expected = window.after if window else context.checkpoint.last_offset
    offset = context.offset()
    if expected is None or offset is None or expected.epoch != context.checkpoint.epoch:
        return True
    return offset.epoch == expected.epoch and offset.place >= expected.place


def repair(context: CycleContext) -> None:
    """Push again what sealed windows hold beyond the queue's offset, up to the first one still PREPARED.

    A message goes out only where the row is still pending and no later dispatch of the same row follows; the others
    only move the offset. A gap that opens meanwhile ends it: the caller looks at the offset again.
    """
    offset = context.offset()
    if offset is None:
        return
    last = _end_of_journal(context, offset)
    if last is None:
        context.check_lease()
        context.end_epoch(Reason.JOURNAL_MISSES_A_WINDOW)
        return
    is_first = True
    for batch in _up_to(last, _batches(context, offset)):
        skipped = _not_wanted(context, batch, last)
        # guard: owner-before-repair
        if is_first and not check_owner(context):
            return
        context.check_lease()
        if is_first:
            # guard: torn-writes
            _discard_torn_writes(context)
            is_first = False
        try:
            context.ports.publisher.publish(
                context.source,
                after=offset,
                dispatches=batch,
                skip_message=skipped,
                arrived=lambda _: context.progress.moved(),
            )
        except QueueGapError:
            return
        offset = batch[-1].offset
        context.progress.at(Step.REPAIR, len(batch))
        _report(context, looked_at=len(batch), pushed=len(batch) - len(skipped))


def _discard_torn_writes(context: CycleContext) -> None:
    if not context.ports.publisher.discard_torn_writes():
        context.ports.log.warning(
            "torn_writes_kept",
            source=context.source.name,
            remedy="run BGREWRITEAOF before Redis is started again, or allow relay to run INFO and BGREWRITEAOF",
        )


def _end_of_journal(context: CycleContext, offset: Offset) -> Place | None:
    """Where that ends which lies beyond the queue's offset; before everything where there is nothing. None: a window
    of it, or the end of one, is gone.

    What a relay that was paused notes as pushed meanwhile lies beyond: nobody has asked what its window follows.
    """
    last = NOWHERE.place
    chain = WindowChain(context.checkpoint.epoch, offset, may_begin_late=_has_forgotten(context))
    while ends := context.ports.journal.ends_beyond(
        context.source, context.checkpoint, offset, context.options.batch_size
    ):
        if not chain.holds(ends):
            return None
        # guard: first-pass-is-progress
        context.progress.at(Step.REPAIR_LOOK, len(ends))
        last = ends[-1].place
        offset = Offset(epoch=context.checkpoint.epoch or "", window=last[0], seq=last[1])
    return last


def _not_wanted(context: CycleContext, batch: Sequence[Pushed], last: Place) -> set[str]:
    """Ids of those whose message nobody waits for. Asked of both databases just before the others are pushed."""
    # guard: repair-asks-log
    waiting = [dispatch for dispatch in batch if dispatch.status is TaskStatus.PENDING]
    context.progress.at(Step.REPAIR_LOOK, len(batch))
    pending = _still_pending(context, [dispatch.key for dispatch in waiting])
    # guard: still-waiting
    wanted = [dispatch for dispatch in waiting if dispatch.key in pending]
    # guard: last-dispatch-only
    overtaken = context.ports.journal.overtaken(wanted, last) if wanted else set[str]()
    return {dispatch.id for dispatch in batch} - {dispatch.id for dispatch in wanted} | overtaken


def _still_pending(context: CycleContext, keys: Sequence[Key]) -> set[Key]:
    if not keys:
        return set()
    return context.ports.changes.still_pending(
        context.source, keys, context.progress.moved, patience_seconds=context.reading_seconds
    )


def _has_forgotten(context: CycleContext) -> bool:
    """Whether the journal may have let windows of this epoch expire."""
    began, kept = context.checkpoint.epoch_began_at, context.options.log_kept_seconds
    return began is None or (datetime.now(UTC) - began).total_seconds() >= kept


def _batches(context: CycleContext, offset: Offset) -> Iterator[Sequence[Pushed]]:
    journal, limit = context.ports.journal, context.options.batch_size
    while batch := journal.pushed_beyond(context.source, context.checkpoint, offset, limit):
        yield batch
        offset = batch[-1].offset


def _up_to(last: Place, batches: Iterator[Sequence[Pushed]]) -> Iterator[Sequence[Pushed]]:
    for batch in batches:
        # guard: repair-ends-where-it-looked
        within = [dispatch for dispatch in batch if dispatch.offset.place <= last]
        if not within:
            return
        yield within


def _report(context: CycleContext, *, looked_at: int, pushed: int) -> None:
    context.repaired += pushed
    context.ports.log.warning("queue_repaired", source=context.source.name, looked_at=looked_at, pushed_again=pushed)
