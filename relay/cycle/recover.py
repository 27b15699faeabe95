"""Recovery: the queue's position against the journal, and what the queue lost pushed again."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

from common.database.records import Dispatch, Position, TaskStatus
from relay.cycle.context import Work
from relay.cycle.outcomes import Reason
from relay.cycle.ownership import check_owner
from relay.cycle.ports import Key, QueueGapError
from relay.cycle.window_chain import Chain

REPAIRS = 4
"""Repairs that may fail before neither queue nor journal is trusted (tests/protocol)."""


def reconcile_position(work: Work) -> None:
    """Notice a Mongo that is new or went back in time, and mend a queue that lost what it had.

    Ends with the queue where the journal says, or with the life abandoned.
    """
    position = work.position()
    if work.checkpoint.cycle_number is None:
        work.check_lease()
        work.count_on_from(position)
    if position is None:
        return
    if _is_ahead(work, position):
        work.check_lease()
        work.abandon_life(Reason.QUEUE_AHEAD, position=position)
    elif work.checkpoint.life:
        _mend(work)


def _is_ahead(work: Work, position: Position) -> bool:
    life, last = work.checkpoint.life, work.checkpoint.last
    if life is None or position.life != life:
        return False
    return last is None or last.life != life or position.place > last.place


def _mend(work: Work) -> None:
    for _ in range(REPAIRS):
        repair(work)
        if _stands_where_it_should(work):
            return
    work.check_lease()
    work.abandon_life(Reason.QUEUE_BEHIND)


def _stands_where_it_should(work: Work) -> bool:
    cycle = work.checkpoint.open_cycle
    expected = cycle.after if cycle else work.checkpoint.last
    position = work.position()
    if expected is None or position is None or expected.life != work.checkpoint.life:
        return True
    return position.life == expected.life and position.place >= expected.place


def repair(work: Work) -> None:
    """Push again what sealed windows hold beyond the queue's position, up to the first one still PREPARED.

    A message goes out only where the row is still pending and no later dispatch of the same row follows; the others
    only move the position. A gap that opens meanwhile ends it: the caller looks at the position again.
    """
    position = work.position()
    if position is None:
        return
    newest = _newest_still_pending(work, position)
    if newest is None:
        work.check_lease()
        work.abandon_life(Reason.JOURNAL_MISSES_A_WINDOW)
        return
    is_first = True
    for batch in _batches(work, position):
        if is_first and not check_owner(work):
            return
        work.check_lease()
        if is_first:
            _discard_torn_writes(work)
            is_first = False
        silent = {dispatch.id for dispatch in batch if newest.get(dispatch.key) != dispatch.position}
        try:
            work.ports.publisher.publish(work.source, after=position, dispatches=batch, silent=silent)
        except QueueGapError:
            return
        position = batch[-1].position
        _report(work, looked_at=len(batch), pushed=len(batch) - len(silent))


def _discard_torn_writes(work: Work) -> None:
    if not work.ports.publisher.discard_torn_writes():
        work.ports.log.warning(
            "torn_writes_kept",
            source=work.source.name,
            remedy="run BGREWRITEAOF before Redis is started again, or allow relay to run INFO and BGREWRITEAOF",
        )


def _newest_still_pending(work: Work, position: Position) -> dict[Key, Position] | None:
    """Of each row that still waits for its worker, the position of its last dispatch. None: a window that lies beyond
    the queue's position, or the end of one, is gone from the journal."""
    newest: dict[Key, Position] = {}
    chain = Chain(work.checkpoint.life, position, may_begin_late=_has_forgotten(work))
    for batch in _batches(work, position):
        if not chain.holds(batch):
            return None
        waiting = [d.key for d in batch if d.status is TaskStatus.PENDING]
        pending = work.ports.changes.still_pending(work.source, waiting) if waiting else set()
        for dispatch in batch:
            newest.pop(dispatch.key, None)
            if dispatch.key in pending and dispatch.status is TaskStatus.PENDING:
                newest[dispatch.key] = dispatch.position
    return newest


def _has_forgotten(work: Work) -> bool:
    """Whether the journal may have let windows of this life expire."""
    began, kept = work.checkpoint.life_began_at, work.options.log_kept_seconds
    return began is None or (datetime.now(UTC) - began).total_seconds() >= kept


def _batches(work: Work, position: Position) -> Iterator[Sequence[Dispatch]]:
    journal, limit = work.ports.journal, work.options.batch_size
    while batch := journal.pushed_beyond(work.source, work.checkpoint, position, limit):
        yield batch
        position = batch[-1].position


def _report(work: Work, *, looked_at: int, pushed: int) -> None:
    work.repaired += pushed
    work.ports.log.warning("queue_repaired", source=work.source.name, looked_at=looked_at, pushed_again=pushed)
