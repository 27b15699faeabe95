"""Where each source stands: read, and nothing changed anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from common.database.errors import ConfigurationError
from common.database.ports import ChangeSource, Checkpoints, History
from common.database.records import Checkpoint, TableState, TaskStatus
from relay.cycle.admission import check_admission, check_nobody_else_is_at_work
from relay.cycle.continuity import next_baseline
from relay.cycle.ports import Publisher
from relay.cycle.reasons import Reason
from relay.sources.readable import check_state
from relay.sources.source import Source


@dataclass(frozen=True, kw_only=True, slots=True)
class AtWork:
    """Whose relay wrote or renewed the fence last."""

    host: str
    seconds: float
    """Since then."""


@dataclass(frozen=True, kw_only=True, slots=True)
class SourceStatus:
    """One source, now."""

    source: str
    queue: str
    watermark: int | None
    """None: nothing was sealed in this epoch."""
    behind: int | None
    """Versions between the watermark and the database's; a version is a transaction, whatever it changed."""
    sealed: int
    """Dispatches in the journal, on their way into the queue."""
    queue_length: int | None
    """None: this broker does not say."""
    queue_is_full: bool
    rejected: int
    """Rows that could not be sent, as long as the task log keeps them."""
    next_baseline: Reason | None
    """Why the next cycle will read a baseline; None: it will read the changes."""
    last_baseline: Mapping[str, Any] | None
    """`{reason, version, at}` of the last one: when it began."""
    baseline_rows: int | None
    """Rows that the baseline has read that is under way; None: none is."""
    last_window: Mapping[str, Any] | None
    at_work: AtWork | None
    """None: there is no fence."""
    is_ours: bool
    """Whether the fence is this MongoDB's."""
    problem: str | None
    """What a person must fix, with the remedy, before the source goes on."""


def statuses(
    sources: Sequence[Source],
    changes: ChangeSource,
    checkpoints: Checkpoints,
    history: History,
    publisher: Publisher,
    *,
    queue_limit: int,
    fresh_seconds: float,
) -> Sequence[SourceStatus]:
    """The status of each source. Raises the drivers' errors when a service is away."""
    states = changes.states(sources)
    known = checkpoints.load([source.id for source in sources])
    return [
        _status(
            source,
            states.get(source.name),
            known.get(source.id, Checkpoint()),
            counts=history.counts(source, [TaskStatus.PREPARED, TaskStatus.REJECTED]),
            length=publisher.queue_length(source),
            limit=queue_limit,
            fresh_seconds=fresh_seconds,
        )
        for source in sources
    ]


def _status(
    source: Source,
    state: TableState | None,
    checkpoint: Checkpoint,
    *,
    counts: Mapping[TaskStatus, int],
    length: int | None,
    limit: int,
    fresh_seconds: float,
) -> SourceStatus:
    problem = _problem(source, state, checkpoint, fresh_seconds)
    version, current = checkpoint.version, state.current_version if state else None
    fence = state.fence if state else None
    return SourceStatus(
        source=source.name,
        queue=source.queue,
        watermark=version,
        behind=None if version is None or current is None else current - version,
        sealed=counts[TaskStatus.PREPARED] if checkpoint.open_window else 0,
        queue_length=length,
        queue_is_full=length is not None and length >= limit,
        rejected=counts[TaskStatus.REJECTED],
        next_baseline=None if problem or state is None else next_baseline(source, checkpoint, state),
        last_baseline=checkpoint.last_baseline,
        baseline_rows=checkpoint.baseline.rows if checkpoint.baseline else None,
        last_window=checkpoint.last_window,
        at_work=AtWork(host=fence.host, seconds=fence.age_seconds) if fence else None,
        is_ours=fence is None or fence.store == checkpoint.store,
        problem=problem,
    )


def _problem(source: Source, state: TableState | None, checkpoint: Checkpoint, fresh_seconds: float) -> str | None:
    """Why a cycle that began now would refuse; None: it would not."""
    try:
        fence = check_state(source, state).fence
        check_admission(source, checkpoint)
        # guard: status-knows-owner
        check_nobody_else_is_at_work(source, fence, checkpoint, fresh_seconds=fresh_seconds)
    except ConfigurationError as error:
        return str(error)
    return None
