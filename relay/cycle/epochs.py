"""Epochs: one begins where the fence in SQL Server is not ours, or that of another Mongo continues in this one."""

from __future__ import annotations

from dataclasses import replace

from common.database.errors import ConfigurationError
from common.database.ports import Snapshot
from common.database.records import EPOCHS_REMEMBERED, EpochStart, Fence, Offset, Resume, TableState
from relay.cycle.context import CycleContext
from relay.cycle.continuity import why_new_epoch
from relay.cycle.outcomes import Stop, StopReason
from relay.cycle.ownership import leave_it_to_who_is_at_work
from relay.cycle.reasons import SENTENCES, Reason

MOST_EPOCHS = EPOCHS_REMEMBERED
"""Epochs that may begin within a short time. More than this means two relays unaware of each other."""

WINDOWS_SKIPPED = 1_000_000
"""Numbers that an adopted epoch leaves out. The fence may be a restored one: the relay that had the epoch then gave its
windows higher numbers, and what it pushed, or still pushes, must not be taken for ours."""


def settle(context: CycleContext, snapshot: Snapshot) -> None:
    """The fence is not ours: begin an epoch, first in Mongo, then in the fence; or continue that of another Mongo.

    Raises ConfigurationError where only a person can decide, Stop when another relay was quicker.
    """
    state = snapshot.state
    snapshot.end()
    context.check_lease()
    leave_it_to_who_is_at_work(context, state.fence)
    if resume := _vouched_for(context, state.fence):
        _go_on(context, snapshot, state.fence, resume)
        return
    _stop_a_source_that_begins_too_often(context, state.fence)
    if begun := _begins_now(context, state):
        _begin_with_a_watermark(context, snapshot, *begun)
    else:
        _begin_with_a_baseline(context, snapshot)


def _stop_a_source_that_begins_too_often(context: CycleContext, fence: Fence | None) -> None:
    # guard: breaker
    if not context.stop_source(MOST_EPOCHS):
        return
    theirs = f"host {fence.host}, MongoDB {fence.store}, epoch {fence.epoch}" if fence else "no fence"
    raise ConfigurationError(
        f"source {context.source.name}: its state was begun anew {MOST_EPOCHS} times within"
        f" {context.options.epochs_within_seconds / 60:.0f} minutes, and would be again"
        f" ({SENTENCES[why_new_epoch(fence, context.checkpoint)]}). Here: host {context.options.host}, MongoDB"
        f" {context.checkpoint.store}, epoch {context.checkpoint.epoch}; in SQL Server: {theirs}. It is stopped, and"
        f" its rows wait: see that one relay alone works on it, then run: relay adopt {context.source.name}"
    )


# With a baseline


def _begin_with_a_baseline(context: CycleContext, snapshot: Snapshot) -> None:
    fence, lease = snapshot.state.fence, context.lease
    reason = why_new_epoch(fence, context.checkpoint, adopts=context.adopts)
    epoch = context.ports.new_name()
    context.begin_epoch(EpochStart(epoch=epoch, reason=reason, number=context.number))
    new = _first_fence(context, epoch=epoch, generation=lease.generation)
    _set_fence(snapshot, new, expected=fence)
    _log_begun(context, reason, epoch)


def _first_fence(
    context: CycleContext, *, epoch: str, generation: int, version: int = 0, resume: Resume | None = None
) -> Fence:
    return Fence(
        version=version,
        epoch=epoch,
        generation=generation,
        store=context.checkpoint.store,
        resume=resume,
        host=context.options.host,
    )


def _set_fence(snapshot: Snapshot, fence: Fence, *, expected: Fence | None) -> None:
    if not snapshot.set_fence(fence, expected=expected):
        raise Stop(StopReason.FENCE_TAKEN)


def _log_begun(context: CycleContext, reason: Reason, epoch: str) -> None:
    report = context.ports.log.info if reason is Reason.FIRST_RUN else context.ports.log.warning
    report("epoch_begun", source=context.source.name, reason=reason.value, epoch=epoch)


# With a watermark: RELAY_FIRST_RUN=now


def _begins_now(context: CycleContext, state: TableState) -> tuple[int, Resume] | None:
    """The version that the epoch begins at, and what is known of it; None: it begins with a baseline.

    A relay that dies between fence and Mongo leaves a fence that holds the version: what came since is not skipped.
    """
    if not context.options.first_run_now:
        return None
    fence, checkpoint = state.fence, context.checkpoint
    if fence is not None:
        # guard: now-decided-once
        return (fence.version, fence.resume) if fence.resume and fence.resume.is_first_run else None
    has_begun = checkpoint.epoch is not None or checkpoint.epoch_reason is not None
    # guard: first-run-only
    if has_begun or context.has_pushed() or state.current_version is None:
        return None
    return state.current_version, Resume(
        number=context.number,
        last=None,
        base=context.number + 1,
        begin_version=state.begin_version,
        object_id=state.object_id,
        side_table=state.side_table,
        definition=context.source.definition,
        is_first_run=True,
    )


def _begin_with_a_watermark(context: CycleContext, snapshot: Snapshot, version: int, resume: Resume) -> None:
    """First the fence, which holds the version, then Mongo."""
    epoch, lease = context.ports.new_name(), context.lease
    fence = _first_fence(context, epoch=epoch, generation=lease.generation, version=version, resume=resume)
    _set_fence(snapshot, fence, expected=snapshot.state.fence)
    context.begin_epoch(
        EpochStart(epoch=epoch, reason=Reason.FIRST_RUN, number=context.number, version=version, resume=resume)
    )
    _log_begun(context, Reason.FIRST_RUN, epoch)


# Adoption


def _vouched_for(context: CycleContext, fence: Fence | None) -> Resume | None:
    """What the fence says, if the queue's own offset shows that everything sealed up to its version is in the queue.

    None: nobody adopts the source, or nothing vouches for that.
    """
    if fence is None or fence.resume is None or fence.resume.is_first_run:
        return None
    # guard: baseline-is-not-vouched-for
    if fence.resume.is_in_baseline:
        return None
    # guard: half-adopted
    is_half_adopted = fence.store == context.checkpoint.store and fence.epoch == context.checkpoint.adopts_epoch
    if not (context.adopts or is_half_adopted):
        return None
    offset, last = context.offset(), fence.resume.last
    if offset is None:
        return None
    vouches = (
        offset.epoch != fence.epoch
        if last is None
        else offset == Offset(epoch=fence.epoch, window=last[0], seq=last[1])
    )
    # guard: adoption-vouched-for
    return fence.resume if vouches else None


def _go_on(context: CycleContext, snapshot: Snapshot, fence: Fence | None, resume: Resume) -> None:
    """First the fence, which ends the other relay's work, then Mongo. It is announced, in case we die in between."""
    if fence is None:
        raise AssertionError("what the fence tells was asked for")
    context.announce_adoption(fence)
    new = replace(fence, store=context.checkpoint.store, generation=context.lease.generation, host=context.options.host)
    _set_fence(snapshot, new, expected=fence)
    context.begin_epoch(
        EpochStart(
            epoch=fence.epoch,
            reason=Reason.CONTINUED,
            # guard: windows-skipped
            number=max(context.number, resume.number) + WINDOWS_SKIPPED,
            version=fence.version,
            resume=resume,
        )
    )
    context.ports.log.warning("epoch_adopted", source=context.source.name, epoch=fence.epoch, version=fence.version)
