"""The idle check: for all sources together, before any lease, in one round trip to each service."""

from __future__ import annotations

from collections.abc import Sequence

from common.database.records import Checkpoint, Position, TableState
from relay.baseline import why_baseline
from relay.ports import ChangeSource, Checkpoints, Publisher
from relay.sources import Source


def sources_with_work(
    sources: Sequence[Source], changes: ChangeSource, checkpoints: Checkpoints, publisher: Publisher
) -> Sequence[Source]:
    """Those for which something is to be done, or to be looked at: nothing but the others may be left alone."""
    states = changes.states(sources)
    known = checkpoints.load([source.id for source in sources])
    positions = publisher.positions(sources)
    return [
        source
        for source in sources
        if not _is_idle(source, states.get(source.name), known.get(source.id, Checkpoint()), positions[source.name])
    ]


def _is_idle(source: Source, state: TableState | None, checkpoint: Checkpoint, position: Position | None) -> bool:
    """Watermark, mark and position are the expected ones, and nothing is open."""
    if state is None or checkpoint.version is None or checkpoint.version != state.current_version:
        return False
    if checkpoint.open_cycle is not None or not state.updateable or why_baseline(source, checkpoint, state):
        return False
    mark = state.mark
    if mark is None or (mark.life, mark.version, mark.generation) != (
        checkpoint.life,
        checkpoint.version,
        checkpoint.sealed_generation,
    ):
        return False
    return position is None or _is_expected(position, checkpoint)


def _is_expected(position: Position, checkpoint: Checkpoint) -> bool:
    if checkpoint.last is None:
        return position.life != checkpoint.life
    return position == checkpoint.last
