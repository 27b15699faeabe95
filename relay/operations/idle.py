"""The idle check: for all sources together, before any lease, in one round trip to each service."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from common.database.ports import ChangeSource, Checkpoints
from common.database.records import Checkpoint, Offset, TableState
from relay.cycle.continuity import why_baseline
from relay.cycle.options import RENEW_FENCE_SECONDS
from relay.cycle.ports import Publisher
from relay.sources.source import Source


def sources_with_work(
    sources: Sequence[Source],
    changes: ChangeSource,
    checkpoints: Checkpoints,
    publisher: Publisher,
    renew_fence: Callable[[Source, str], None],
) -> Sequence[Source]:
    """Those with something to do or to look at; only the others may be left alone.

    `renew_fence`: called for each fence of this Mongo that has grown old, with the id of this Mongo, so that a relay
    with another one sees that a relay is at work.
    """
    # A source whose table is locked has no state here: its own task finds out, and says so.
    states = changes.states(sources)
    known = checkpoints.load([source.id for source in sources])
    offsets = publisher.offsets(sources)
    with_work = []
    for source in sources:
        state, checkpoint = states.get(source.name), known.get(source.id, Checkpoint())
        if not _is_idle(source, state, checkpoint, offsets[source.name]):
            with_work.append(source)
        # guard: fence-renewed-when-idle
        if _is_to_be_renewed(state, checkpoint):
            renew_fence(source, checkpoint.store)
    return with_work


def _is_to_be_renewed(state: TableState | None, checkpoint: Checkpoint) -> bool:
    if state is None:
        # guard: fence-renewed-when-locked
        # Its cycles end at the locked table, for as long as that lasts.
        return checkpoint.epoch is not None
    # guard: no-renewal-in-read-only
    fence = state.fence if state.updateable else None
    return fence is not None and fence.store == checkpoint.store and fence.age_seconds >= RENEW_FENCE_SECONDS


def _is_idle(source: Source, state: TableState | None, checkpoint: Checkpoint, offset: Offset | None) -> bool:
    """Watermark, fence and offset are the expected ones, and nothing is open."""
    if state is None or checkpoint.version is None or checkpoint.version != state.current_version:
        return False
    # guard: idle-without-baseline
    if checkpoint.baseline is not None:
        return False
    # guard: idle-without-open-window
    if checkpoint.open_window is not None or not state.updateable or why_baseline(source, checkpoint, state):
        return False
    fence = state.fence
    sealed = (checkpoint.epoch, checkpoint.version, checkpoint.sealed_generation, checkpoint.store)
    # guard: idle-with-its-fence
    if fence is None or (fence.epoch, fence.version, fence.generation, fence.store) != sealed:
        return False
    # guard: idle-with-whole-queue
    return offset is None or _is_expected(offset, checkpoint)


def _is_expected(offset: Offset, checkpoint: Checkpoint) -> bool:
    if checkpoint.last_offset is None:
        return offset.epoch != checkpoint.epoch
    return offset == checkpoint.last_offset
