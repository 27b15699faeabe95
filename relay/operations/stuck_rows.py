"""Reconciling: rows that are pending, held against what the task log says became of them.

It reads, and changes nothing. A long queue and a lost task look alike from here, so nothing is sent again by itself:
`stuck_rows` finds what a person may have sent again in a cycle of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from common.database.records import ChangedRow, Checkpoint, Logged, TaskStatus
from relay.cycle.dispatch import business_id, logged_key
from relay.cycle.ports import ChangeSource, Checkpoints, History, Snapshot
from relay.sources.readable import check_state
from relay.sources.source import Source

SHOWN = 20
"""Rows of a kind that a report names; all are counted."""


class Verdict(StrEnum):
    """What a pending row turns out to be."""

    WAITING = "waiting for the next cycle, or for a place in the queue"
    IN_QUEUE = "in the queue, or with its worker service"
    STUCK = "dispatched long ago, and still pending"
    REJECTED = "cannot be sent"
    MISSED = "below the watermark, and never dispatched"
    NOT_WANTED = "there before a first run that was told to begin now"
    OLDER_THAN_LOG = "older than what the task log holds"


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A pending row that wants a look."""

    verdict: Verdict
    business_id: str | None
    task_id: str | None = None
    status: TaskStatus | None = None
    """Of its last dispatch."""
    minutes: float | None = None
    """Since that dispatch."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Reconciliation:
    """What was found in one source."""

    source: str
    counts: Counter[Verdict] = field(default_factory=Counter)
    stuck_by_status: Counter[TaskStatus] = field(default_factory=Counter)
    rows: Sequence[Row] = ()
    """The first few that are stuck or were missed."""
    not_judged: str | None = None
    """Why nothing could be said; None: it could."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judge:
    """Knows what a source's pending rows may be."""

    source: Source
    history: History
    watermark: int
    skipped_to: int | None
    oldest_logged: int | None
    """Rows below this version may have been dispatched so long ago that the log has forgotten it; None: it has not."""
    stuck_seconds: float

    def over(self, rows: Sequence[ChangedRow]) -> Iterator[tuple[ChangedRow, Logged | None, Verdict]]:
        """Each row with its last dispatch and what that makes of it."""
        known = self.history.latest(self.source, {business_id(row) for row in rows})
        for row in rows:
            logged = known.get(logged_key(row))
            yield row, logged, self._undispatched(row) if logged is None else self._dispatched(row, logged)

    def _undispatched(self, row: ChangedRow) -> Verdict:
        version = row.version or 0
        if version > self.watermark:
            return Verdict.WAITING
        if self.skipped_to is not None and version <= self.skipped_to:
            return Verdict.NOT_WANTED
        if self.oldest_logged is not None and version < self.oldest_logged:
            return Verdict.OLDER_THAN_LOG
        return Verdict.MISSED

    def _dispatched(self, row: ChangedRow, logged: Logged) -> Verdict:
        if logged.status is TaskStatus.REJECTED:
            return Verdict.REJECTED
        if logged.status is TaskStatus.PREPARED or (row.version or 0) > self.watermark:
            return Verdict.WAITING
        return Verdict.STUCK if logged.age_seconds >= self.stuck_seconds else Verdict.IN_QUEUE


def make_judge(
    source: Source, history: History, checkpoint: Checkpoint, *, stuck: timedelta, log_kept: timedelta
) -> Judge:
    """A judge by what the checkpoint says. Its watermark must have been read before the rows' snapshot is taken."""
    began = checkpoint.began_at
    has_forgotten = began is None or datetime.now(UTC) - began >= log_kept
    return Judge(
        source=source,
        history=history,
        watermark=checkpoint.version or 0,
        skipped_to=checkpoint.skipped_to,
        oldest_logged=history.oldest_version(source) if has_forgotten else None,
        stuck_seconds=stuck.total_seconds(),
    )


def reconcile(
    source: Source,
    changes: ChangeSource,
    checkpoints: Checkpoints,
    history: History,
    *,
    stuck: timedelta,
    log_kept: timedelta,
) -> Reconciliation:
    """Look at all pending rows of a source, in one snapshot.

    Raises ConfigurationError, with the remedy, when the table cannot be read.
    """
    checkpoint = checkpoints.load([source.id]).get(source.id, Checkpoint())
    if checkpoint.version is None:
        return Reconciliation(source=source.name, not_judged="a baseline is due: it reads all pending rows")
    judge = make_judge(source, history, checkpoint, stuck=stuck, log_kept=log_kept)
    with changes.snapshot(source) as snapshot:
        check_state(source, snapshot.state)
        mark = snapshot.state.mark
        if mark is None or (mark.life, mark.store) != (checkpoint.life, checkpoint.store):
            return Reconciliation(source=source.name, not_judged="the next cycle begins a new life, with a baseline")
        return _look(judge, snapshot)


def _look(judge: Judge, snapshot: Snapshot) -> Reconciliation:
    found = Reconciliation(source=judge.source.name)
    rows: list[Row] = []
    for batch in snapshot.pending():
        for row, logged, verdict in judge.over(batch):
            found.counts[verdict] += 1
            if verdict is Verdict.STUCK and logged is not None:
                found.stuck_by_status[logged.status] += 1
            if verdict in (Verdict.STUCK, Verdict.MISSED) and found.counts[verdict] <= SHOWN:
                rows.append(_shown(row, logged, verdict))
    return replace(found, rows=rows)


def _shown(row: ChangedRow, logged: Logged | None, verdict: Verdict) -> Row:
    if logged is None:
        return Row(verdict=verdict, business_id=business_id(row))
    return Row(
        verdict=verdict,
        business_id=business_id(row),
        task_id=logged.id,
        status=logged.status,
        minutes=round(logged.age_seconds / 60, 1),
    )


def stuck_rows(judge: Judge, snapshot: Snapshot) -> Iterator[Sequence[tuple[ChangedRow, Logged | None]]]:
    """The rows that are stuck or were missed, each with the dispatch that is to be repeated."""
    for batch in snapshot.pending():
        wanted = [
            (row, logged) for row, logged, verdict in judge.over(batch) if verdict in (Verdict.STUCK, Verdict.MISSED)
        ]
        if wanted:
            yield wanted
