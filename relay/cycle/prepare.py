"""Prepare: what one reading gives goes into the journal, as the dispatches of one window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain, count

from common.database.records import ChangedRow, Dispatch, LastDispatch, Takeover, TaskStatus, WindowHeader, characters
from relay.cycle.context import CycleContext
from relay.cycle.dispatch import make_dispatch
from relay.cycle.options import CycleOptions
from relay.cycle.outcomes import Stop, StopReason
from relay.cycle.progress import Step
from relay.cycle.reasons import Reason

Rows = Iterator[Sequence[ChangedRow]]
Resent = Iterator[Sequence[tuple[ChangedRow, LastDispatch | None]]]


@dataclass(kw_only=True, slots=True)
class Prepared:
    """What stands in the journal for a window."""

    count: int = 0
    """Documents, rejected ones included."""
    rejected: int = 0
    last: Dispatch | None = None
    """The last one that goes into the queue."""
    kept: list[Dispatch] = field(default_factory=list)
    """All that go into the queue, while they are few and small enough; the journal has them in any case."""
    characters: int = 0
    """Of the arguments of all that go into the queue."""

    def add(self, dispatch: Dispatch, options: CycleOptions) -> None:
        """One more document of the window."""
        self.count += 1
        if dispatch.status is TaskStatus.REJECTED:
            self.rejected += 1
            return
        self.last = dispatch
        self.characters += characters(dispatch)
        is_few = self.count - self.rejected <= options.most_kept
        # guard: kept-is-small
        if is_few and self.characters <= options.most_kept_characters:
            self.kept.append(dispatch)
        else:
            self.kept.clear()


def prepare_window(
    context: CycleContext, header: WindowHeader, rows: Rows, resent: Resent, *, ceiling: int | None
) -> Prepared | None:
    """Write what `rows` gives into the journal, then what is sent again, each while the next batch is being read.

    `ceiling`: a version above this one means that the reading is not consistent. None: such a row is taken; it may be
    repeated but cannot be lost. Returns None for a reading that has to be thrown away. Raises Stop when the journal
    holds what a later relay prepared.
    """
    prepared = Prepared()
    with context.ports.prefetch(_batches(context, header, rows, resent, ceiling)) as batches:
        for dispatches in batches:
            if dispatches is None:
                return None
            context.progress.at(Step.READ)
            _write(context, dispatches, prepared)
            context.progress.at(Step.READ, len(dispatches))
    context.progress.at(Step.READ)
    return prepared


def _batches(
    context: CycleContext, header: WindowHeader, rows: Rows, resent: Resent, ceiling: int | None
) -> Iterator[Sequence[Dispatch] | None]:
    """Runs on the thread that reads: it changes nothing that others see. None, at the end: the reading is not
    consistent, and nothing more is read."""
    seqs = count()
    first_time = ([(row, None) for row in batch] for batch in rows)
    for batch in chain(first_time, resent):
        # guard: reading-again
        runs_ahead = ceiling is not None and any((row.version or 0) > ceiling for row, _ in batch)
        if runs_ahead:
            yield None
            return
        yield [
            make_dispatch(context.source, header, row, next(seqs), context.ports.render, repeats=repeats)
            for row, repeats in batch
        ]


def _write(context: CycleContext, dispatches: Sequence[Dispatch], prepared: Prepared) -> None:
    dispatched_before = _put_into_journal(context, dispatches)
    for dispatch in dispatches:
        if dispatch.id in dispatched_before:
            continue
        prepared.add(dispatch, context.options)
        if dispatch.status is TaskStatus.REJECTED:
            _log_rejected(context, dispatch)


def _put_into_journal(context: CycleContext, dispatches: Sequence[Dispatch]) -> set[str]:
    """Those of the ids that were dispatched before; the others stand there now, in the place of what was never
    published."""
    there_before = set(context.ports.journal.prepare(dispatches))
    if not there_before:
        return set()
    outcomes = _take_over(context, [each for each in dispatches if each.id in there_before])
    # guard: takeover
    dispatched_before = {task_id for task_id, outcome in outcomes.items() if outcome is Takeover.DISPATCHED_BEFORE}
    gone = [each for each in dispatches if outcomes.get(each.id) is Takeover.GONE]
    return dispatched_before | _put_into_journal(context, gone) if gone else dispatched_before


def _take_over(context: CycleContext, dispatches: Sequence[Dispatch]) -> Mapping[str, Takeover]:
    outcomes = context.ports.journal.take_over(dispatches, open_window=None)
    # guard: later-generation
    if Takeover.LATER_GENERATION in outcomes.values():
        # A zombie stops here. If we still hold the lease, MongoDB went back in time.
        context.check_lease()
        context.end_epoch(Reason.JOURNAL_AHEAD)
        raise Stop(StopReason.JOURNAL_AHEAD)
    return outcomes


def _log_rejected(context: CycleContext, dispatch: Dispatch) -> None:
    context.ports.log.warning(
        "rejected",
        source=context.source.name,
        business_id=dispatch.business_id,
        reason=dispatch.reason,
        remedy=dispatch.error,
    )
