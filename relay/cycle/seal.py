"""Seal: one window is read in a snapshot, prepared in the journal, and sealed by advancing the watermark."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from common.database.ports import Snapshot
from common.database.records import Dispatch, Fence, OpenWindow, Resume, Seal, TableState, WindowHeader
from relay.cycle.context import CycleContext
from relay.cycle.continuity import accepts_fence, makes_new_ids, why_baseline
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
    header = _header(context, state.fence, reason)
    rows, resent = _reading(context, snapshot, reason)
    context.progress.at(Step.FIRST_ROW)
    prepared = prepare_window(context, header, rows, resent, ceiling=version if is_careful else None)
    if prepared is None:
        return None
    snapshot.end()
    # guard: count-before-seal
    if context.ports.journal.count(header.id, partial(context.progress.at, Step.COUNT)) != prepared.count:
        raise Stop(StopReason.JOURNAL_INCOMPLETE)
    context.progress.moved()
    seal = _seal_of(context, state, header, prepared, reason)
    # guard: fence-before-seal
    if not snapshot.set_fence(_fence_of(context, seal), expected=state.fence):
        raise Stop(StopReason.FENCE_TAKEN)
    context.seal(seal)
    # Not before: a reading that fails at every tick would say it every time.
    _log_baseline(context, reason)
    return SealedWindow(
        window=seal.window, version=version, baseline=reason, rejected=prepared.rejected, dispatches=prepared.kept
    )


def _reading(context: CycleContext, snapshot: Snapshot, reason: Reason | None) -> tuple[Rows, Resent]:
    """The rows of the window, and those that are sent again beside them; a baseline holds every pending row already."""
    if reason is not None or context.checkpoint.version is None:
        return snapshot.pending(), iter(())
    resent = context.resend(snapshot, context.checkpoint) if context.resend else iter(())
    return snapshot.changes(context.checkpoint.version), resent


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


def _seal_of(
    context: CycleContext, state: TableState, header: WindowHeader, prepared: Prepared, reason: Reason | None
) -> Seal:
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
        baseline=reason,
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
        ),
    )


def _log_baseline(context: CycleContext, reason: Reason | None) -> None:
    if reason is not None:
        log = context.ports.log.info if reason is Reason.FIRST_RUN else context.ports.log.warning
        log("baseline", source=context.source.name, reason=reason.value)
