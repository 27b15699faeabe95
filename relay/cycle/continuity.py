"""What a snapshot's state means: begin a new epoch, read a baseline, or read the changes."""

from __future__ import annotations

from common.database.records import Checkpoint, Fence, TableState
from relay.cycle.reasons import Reason, reason_of
from relay.sources.source import Source


def accepts_fence(fence: Fence | None, checkpoint: Checkpoint, generation: int) -> bool:
    """Whether the fence is that of the last seal, or of an attempt that died between its fence and its seal."""
    # guard: own-fence
    if fence is None or fence.epoch != checkpoint.epoch or fence.store != checkpoint.store:
        return False
    # guard: generation-in-fence
    if checkpoint.sealed_generation < fence.generation <= generation:
        return True
    # guard: version-in-fence
    return fence.generation == checkpoint.sealed_generation and fence.version == (checkpoint.version or 0)


def why_new_epoch(fence: Fence | None, checkpoint: Checkpoint, *, adopts: bool = False) -> Reason:
    """Names why a fence was not accepted. `adopts`: a person has said that the source is to be taken over."""
    if adopts:
        return Reason.ADOPTED
    if checkpoint.version is None and checkpoint.epoch_reason not in (None, Reason.FIRST_RUN.value):
        # The last epoch ended, or one began that has sealed nothing: the reason is still the one known then. A first
        # run may leave rows alone; so it has to be one by what is there, not by what is remembered.
        return reason_of(checkpoint.epoch_reason)
    if checkpoint.epoch is None:
        return Reason.FIRST_RUN if fence is None else Reason.CHECKPOINT_LOST
    if fence is None:
        return Reason.FENCE_MISSING
    if fence.store != checkpoint.store:
        return Reason.OTHER_MONGO
    return Reason.FENCE_NEWER if fence.generation > checkpoint.sealed_generation else Reason.FENCE_OLDER


def next_baseline(source: Source, checkpoint: Checkpoint, state: TableState) -> Reason | None:
    """Why a cycle that began now would read a baseline; None when it would read the changes.

    It is not known here under which lease the fence was written. A fence of our epoch is taken for that of a relay that
    died just before its seal, as the next cycle most likely will take it.
    """
    latest = state.fence.generation if state.fence else 0
    if accepts_fence(state.fence, checkpoint, latest):
        return why_baseline(source, checkpoint, state)
    return why_new_epoch(state.fence, checkpoint)


def why_baseline(source: Source, checkpoint: Checkpoint, state: TableState) -> Reason | None:
    """Why the changes since the watermark cannot be read; None when they can."""
    if checkpoint.version is None:
        return reason_of(checkpoint.epoch_reason) if checkpoint.epoch_reason else Reason.FIRST_RUN
    # guard: object-id
    if state.object_id != checkpoint.object_id:
        return Reason.TABLE_RECREATED
    if restarted := _why_restarted(checkpoint, state):
        # Before the retention: tracking that restarted has moved min_valid as well.
        return restarted
    worthless = {
        Reason.RETENTION_PASSED: checkpoint.version < (state.min_valid or 0),  # guard: min-valid
        Reason.VERSION_WENT_BACK: checkpoint.version > (state.current_version or 0),  # guard: watermark-above-version
        Reason.DEFINITION_CHANGED: source.definition != checkpoint.definition,  # guard: definition
    }
    return next((reason for reason, applies in worthless.items() if applies), None)


def why_under_way(checkpoint: Checkpoint) -> Reason | None:
    """Why the baseline began that is under way; None: none is."""
    if checkpoint.baseline is None:
        return None
    return reason_of((checkpoint.last_baseline or {}).get("reason") or "")


def makes_new_ids(reason: Reason | None) -> bool:
    """Whether a baseline dispatches rows again under other ids: it is another definition, or not the table or the
    history that was known. When only retention has passed, a row whose version is still known is the same as before.
    """
    # guard: base-after-retention
    return reason not in (None, Reason.RETENTION_PASSED)


def _why_restarted(checkpoint: Checkpoint, state: TableState) -> Reason | None:
    """Whether tracking restarted: both TRUNCATE and ENABLE reset the begin version, ENABLE makes a new side table."""
    sides = {checkpoint.side_table, state.side_table}
    are_known = None not in sides
    # guard: side-table
    if are_known and len(sides) == 2:
        return Reason.TRACKING_SWITCHED
    # guard: begin-version
    if state.begin_version == checkpoint.begin_version:
        return None
    return Reason.TRUNCATED if are_known else Reason.TRACKING_RESTARTED
