"""The idle check: for all sources together, before any lease, in one round trip to each service."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from common.database.records import Checkpoint, Mark, Position, TableState
from relay.cycle.continuity import why_baseline
from relay.cycle.outcomes import RENEW_MARK_SECONDS
from relay.cycle.ports import ChangeSource, Checkpoints, Publisher
from relay.sources.source import Source


def sources_with_work(
    sources: Sequence[Source],
    changes: ChangeSource,
    checkpoints: Checkpoints,
    publisher: Publisher,
    renew_mark: Callable[[Source, str], None],
) -> Sequence[Source]:
    """Those for which something is to be done, or to be looked at: nothing but the others may be left alone.

    `renew_mark`: called for each mark of this Mongo's that has grown old, with the id of that Mongo, so that a relay
    with another one sees that somebody is at work.
    """
    states = changes.states(sources)
    known = checkpoints.load([source.id for source in sources])
    positions = publisher.positions(sources)
    with_work = []
    for source in sources:
        state, checkpoint = states.get(source.name), known.get(source.id, Checkpoint())
        if not _is_idle(source, state, checkpoint, positions[source.name]):
            with_work.append(source)
        if state is not None and state.updateable and _is_to_be_renewed(state.mark, checkpoint):
            renew_mark(source, checkpoint.store)
    return with_work


def _is_to_be_renewed(mark: Mark | None, checkpoint: Checkpoint) -> bool:
    return mark is not None and mark.store == checkpoint.store and mark.age_seconds >= RENEW_MARK_SECONDS


def _is_idle(source: Source, state: TableState | None, checkpoint: Checkpoint, position: Position | None) -> bool:
    """Watermark, mark and position are the expected ones, and nothing is open."""
    if state is None or checkpoint.version is None or checkpoint.version != state.current_version:
        return False
    if checkpoint.open_cycle is not None or not state.updateable or why_baseline(source, checkpoint, state):
        return False
    mark = state.mark
    sealed = (checkpoint.life, checkpoint.version, checkpoint.sealed_generation, checkpoint.store)
    if mark is None or (mark.life, mark.version, mark.generation, mark.store) != sealed:
        return False
    return position is None or _is_expected(position, checkpoint)


def _is_expected(position: Position, checkpoint: Checkpoint) -> bool:
    if checkpoint.last is None:
        return position.life != checkpoint.life
    return position == checkpoint.last
