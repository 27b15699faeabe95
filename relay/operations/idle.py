"""The idle check: for all sources together, before any lease, in one round trip to each service."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from common.database.ports import Checkpoints
from common.database.records import Checkpoint, Offset, TableState
from relay.cycle.continuity import why_baseline
from relay.cycle.options import RENEW_FENCE_SECONDS
from relay.cycle.ports import Publisher
from relay.sources.source import Source


@dataclass(frozen=True, kw_only=True, slots=True)
class Seen:
    """What one look saw of a source."""

    source: Source
    state: TableState | None
    """None: somebody keeps its table, or its fence, locked."""
    checkpoint: Checkpoint
    is_idle: bool
    """Watermark, fence and offset are the expected ones, and nothing is open."""
    is_others: bool = False
    """It would be idle, were it not for commits that are known to have changed other tables only."""


def look(
    sources: Sequence[Source],
    states: Callable[[Mapping[str, Checkpoint]], Mapping[str, TableState]],
    checkpoints: Checkpoints,
    publisher: Publisher,
) -> Sequence[Seen]:
    """One look at all of them. `states` gives those of the tables, by the source's name; it is told what is known, by
    the source's name too."""
    loaded = checkpoints.load([source.id for source in sources])
    known = {source.name: loaded.get(source.id, Checkpoint()) for source in sources}
    # Of SQL Server it is asked after the watermarks are read: the version counter is never behind one of them.
    # A source whose table is locked has no state here: its own task finds out, and says so.
    found = states(known)
    offsets = publisher.offsets(sources)
    return [_seen(source, found.get(source.name), known[source.name], offsets[source.name]) for source in sources]


def renew_old_fences(seen: Sequence[Seen], renew_fence: Callable[[Source, str], None]) -> None:
    """Call `renew_fence` for each fence of this Mongo that has grown old, with the id of this Mongo, so that a relay
    with another one sees that a relay is at work."""
    for each in seen:
        # guard: fence-renewed-when-idle
        if _is_to_be_renewed(each.state, each.checkpoint):
            renew_fence(each.source, each.checkpoint.store)


def _seen(source: Source, state: TableState | None, checkpoint: Checkpoint, offset: Offset | None) -> Seen:
    return Seen(
        source=source,
        state=state,
        checkpoint=checkpoint,
        is_idle=_is_idle(source, state, checkpoint, offset),
        is_others=_is_others(source, state, checkpoint, offset),
    )


def _is_others(source: Source, state: TableState | None, checkpoint: Checkpoint, offset: Offset | None) -> bool:
    # guard: own-changes-go-at-once
    if state is None or state.has_changes is not False:
        return False
    # A counter that went back is a restore, and the fence went back with it.
    return _is_idle(source, replace(state, current_version=checkpoint.version), checkpoint, offset)


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
