"""Seal: one window is read in a snapshot, prepared in the journal, and sealed by advancing the watermark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import chain

from common.database.ports import Snapshot
from common.database.records import Baseline, Dispatch, Fence, OpenWindow, Resume, Seal, TableState, WindowHeader
from relay.cycle.baseline import Piece
from relay.cycle.context import CycleContext
from relay.cycle.continuity import accepts_fence, makes_new_ids, why_baseline, why_under_way
from relay.cycle.epochs import settle
from relay.cycle.outcomes import SourceBusyError, Stop, StopReason
from relay.cycle.prepare import Prepared, Resent, Rows, prepare_window
from relay.cycle.progress import Step
from relay.cycle.reasons import Reason
from relay.sources.readable import check_state

ATTEMPTS = 8
"""Readings of one window before the cycle gives up and leaves it to the next one (tests/protocol)."""
REREADS = 4
"""Of those, readings thrown away because a version above the snapshot's own appeared."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SealedWindow:
    """A sealed window: from here on nothing of it can be lost."""

    window: OpenWindow
    version: int
    baseline: Reason | None
    """Why a baseline, or a piece of one, was read; None: only changes were."""
    rejected: int
    dispatches: Sequence[Dispatch]
    """What it holds, in order, where that fits in memory; empty otherwise: the journal has it."""


def seal_window(context: CycleContext) -> SealedWindow:
    """Read, prepare and seal one window; until it returns, everything can be thrown away.

    Raises Stop when lease, fence or checkpoint turn out to be somebody else's, ConfigurationError when the table
    cannot be read, SourceBusyError when no reading was consistent.
    """
    for attempt in range(ATTEMPTS):
        context.check_lease()
        # guard: discard
        _discard(context)
        context.progress.at(Step.OPEN)
        with context.ports.changes.snapshot(context.source, patience_seconds=context.reading_seconds) as snapshot:
            check_state(context.source, snapshot.state)
            # guard: fence-looked-at
            if not accepts_fence(snapshot.state.fence, context.checkpoint, context.lease.generation):
                settle(context, snapshot)
                continue
            sealed = _read_and_seal(context, snapshot, is_careful=attempt < REREADS)
            if sealed is not None:
                return sealed
    raise SourceBusyError(
        f"source {context.source.name}: {ATTEMPTS} readings in a row were not consistent; the next cycle tries again"
    )


def _discard(context: CycleContext) -> None:
    """What dead attempts prepared and never sealed."""
    window = context.checkpoint.open_window
    context.ports.journal.discard(
        context.source,
        generation=context.lease.generation,
        open_window=window.id if window else None,
        progress=partial(context.progress.at, Step.DISCARD),
    )


def _read_and_seal(context: CycleContext, snapshot: Snapshot, *, is_careful: bool) -> SealedWindow | None:
    """None: this reading has to be thrown away."""
    state = snapshot.state
    version = state.current_version
    if version is None:
        raise AssertionError("checked before: change tracking is on")
    reason = why_baseline(context.source, context.checkpoint, state)
    before = context.checkpoint
    header = _header(context, state.fence, reason)
    reading = _reading(context, snapshot, reason)
    context.progress.at(Step.FIRST_ROW)
    prepared = prepare_window(context, header, reading.rows, reading.resent, ceiling=version if is_careful else None)
    if prepared is None or not _can_be_continued(context, reading.piece):
        return None
    left = reading.piece.left() if reading.piece else None
    snapshot.end()
    # guard: count-before-seal
    if context.ports.journal.count(header.id, partial(context.progress.at, Step.COUNT)) != prepared.count:
        raise Stop(StopReason.JOURNAL_INCOMPLETE)
    context.progress.moved()
    seal = replace(_seal_of(context, state, header, prepared), baseline=reason, left=left)
    # guard: fence-before-seal
    if not snapshot.set_fence(_fence_of(context, seal), expected=state.fence):
        raise Stop(StopReason.FENCE_TAKEN)
    context.seal(seal)
    # Not before: a reading that fails at every tick would say it every time.
    _log_baseline(context, reason, before.baseline)
    return SealedWindow(
        window=seal.window,
        version=version,
        baseline=reason or why_under_way(before),
        rejected=prepared.rejected,
        dispatches=prepared.kept,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class _Reading:
    """What a window takes, all of it as one snapshot shows it."""

    rows: Rows
    resent: Resent = field(default_factory=lambda: iter(()))
    """What is sent again beside it."""
    piece: Piece | None = None
    """The last of the rows, where they are a piece of a baseline."""


def _reading(context: CycleContext, snapshot: Snapshot, reason: Reason | None) -> _Reading:
    """A baseline begins; or goes on, behind the changes of the rows that it has dealt with; or there are only changes.

    Nothing is looked for that is to be sent again while a baseline is under way: it would take rows that the baseline
    has not reached yet for missed ones.
    """
    version, under_way = context.checkpoint.version, context.checkpoint.baseline
    limit = None if context.reads_to_the_end else context.options.baseline_rows
    # guard: baseline-begins-again
    if reason is not None or version is None:
        piece = Piece(snapshot, None, limit)
        return _Reading(rows=piece.rows(), piece=piece)
    changes = snapshot.changes(version, under_way)
    if under_way is not None:
        piece = Piece(snapshot, under_way, limit)
        return _Reading(rows=chain(changes, piece.rows()), piece=piece)
    resent = context.resend(snapshot, context.checkpoint) if context.resend else iter(())
    return _Reading(rows=changes, resent=resent)


def _can_be_continued(context: CycleContext, piece: Piece | None) -> bool:
    """False: the reading is thrown away, and the next one reads the baseline to its end."""
    if piece is None or piece.can_be_continued:
        return True
    context.reads_to_the_end = True
    return False


def _header(context: CycleContext, fence: Fence | None, reason: Reason | None) -> WindowHeader:
    """Its number is one that no window has had: the fence remembers the last one, even if Mongo went back in time."""
    checkpoint = context.checkpoint
    if checkpoint.epoch is None:
        raise AssertionError("checked before: the fence bears our epoch")
    # guard: window-number
    number = max(context.number, fence.resume.number if fence and fence.resume else 0) + 1
    return WindowHeader(
        source=context.source.id,
        task=context.source.task,
        queue=context.source.queue,
        priority=context.source.priority,
        id=context.ports.new_name(),
        epoch=checkpoint.epoch,
        number=number,
        generation=context.lease.generation,
        base=number if makes_new_ids(reason) else checkpoint.base,
        follows=checkpoint.last_offset.place if checkpoint.last_offset else None,
    )


def _seal_of(context: CycleContext, state: TableState, header: WindowHeader, prepared: Prepared) -> Seal:
    checkpoint = context.checkpoint
    return Seal(
        expected_version=checkpoint.version,
        expected_epoch=header.epoch,
        version=state.current_version or 0,
        generation=header.generation,
        window=OpenWindow(
            id=header.id,
            epoch=header.epoch,
            number=header.number,
            after=checkpoint.last_offset,
            count=prepared.count,
        ),
        last_offset=prepared.last.offset if prepared.last else checkpoint.last_offset,
        begin_version=state.begin_version,
        object_id=state.object_id,
        side_table=state.side_table,
        definition=context.source.definition,
        base=header.base,
        host=context.options.host,
        brings_definition=checkpoint.definition != context.source.definition,
        superseded=_superseded(context),
        epoch_starts=checkpoint.epoch_starts,
        stalls=max(checkpoint.stalls - 1, 0),
    )


def _superseded(context: CycleContext) -> tuple[str, ...]:
    """The definitions that another one has replaced, once this window is sealed."""
    known = context.checkpoint
    if known.definition is None or known.definition in (context.source.definition, *known.superseded):
        return known.superseded
    return (*known.superseded, known.definition)


def _fence_of(context: CycleContext, seal: Seal) -> Fence:
    """The seal as the fence holds it, also for a Mongo that never saw the seal."""
    return Fence(
        version=seal.version,
        epoch=seal.expected_epoch,
        generation=seal.generation,
        store=context.checkpoint.store,
        host=seal.host,
        resume=Resume(
            number=seal.window.number,
            last=seal.last_offset.place if seal.last_offset else None,
            base=seal.base,
            begin_version=seal.begin_version,
            object_id=seal.object_id,
            side_table=seal.side_table,
            definition=seal.definition,
            is_in_baseline=seal.left is not None,
        ),
    )


def _log_baseline(context: CycleContext, reason: Reason | None, was: Baseline | None) -> None:
    source, log, left = context.source.name, context.ports.log, context.checkpoint.baseline
    if reason is not None:
        (log.info if reason is Reason.FIRST_RUN else log.warning)("baseline", source=source, reason=reason.value)
    if left is not None:
        log.info("baseline_under_way", source=source, rows=left.rows)
    elif was is not None:
        log.info("baseline_done", source=source)
