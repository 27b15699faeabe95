"""Stuck rows: rows that are pending, compared with what the task log says became of them.

It only reads. A long queue and a lost task look alike from here, so nothing is sent again automatically:
`rows_to_resend` finds what a person may have sent again, in a separate cycle.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import MappingProxyType

from common.database.ports import ChangeSource, Checkpoints, History, Snapshot
from common.database.records import ChangedRow, Checkpoint, LastDispatch, TaskStatus
from relay.cycle.dispatch import business_id, logged_key
from relay.cycle.options import LOOK_SECONDS
from relay.sources.readable import check_state
from relay.sources.source import Source

SHOWN = 20
"""Most rows of each kind that a report names; all are counted."""


class Verdict(StrEnum):
    """What a pending row turns out to be."""

    WAITING = "waiting"
    IN_QUEUE = "in_queue"
    STUCK = "stuck"
    REJECTED = "rejected"
    MISSED = "missed"
    NOT_WANTED = "not_wanted"
    OLDER_THAN_LOG = "older_than_log"


class NotJudged(StrEnum):
    """Why nothing can be said of a source's rows."""

    BASELINE_DUE = "baseline_due"
    BASELINE_UNDER_WAY = "baseline_under_way"
    EPOCH_DUE = "epoch_due"


SENTENCES: Mapping[Verdict | NotJudged, str] = MappingProxyType(
    {
        Verdict.WAITING: "waiting for the next cycle, or for a place in the queue",
        Verdict.IN_QUEUE: "in the queue, or with its worker service",
        Verdict.STUCK: "dispatched long ago, and still pending",
        Verdict.REJECTED: "cannot be sent",
        Verdict.MISSED: "below the watermark, and never dispatched",
        Verdict.NOT_WANTED: "there before a first run that was told to begin now",
        Verdict.OLDER_THAN_LOG: "older than what the task log holds",
        NotJudged.BASELINE_DUE: "a baseline is due: it reads all pending rows",
        NotJudged.BASELINE_UNDER_WAY: "a baseline is under way: it has not reached all rows yet",
        NotJudged.EPOCH_DUE: "the next cycle begins a new epoch, with a baseline",
    }
)
"""What people read."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Row:
    """A pending row that needs attention."""

    verdict: Verdict
    business_id: str | None
    task_id: str | None = None
    status: TaskStatus | None = None
    """Of its last dispatch."""
    minutes: float | None = None
    """Since that dispatch."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StuckRows:
    """What was found in one source."""

    source: str
    counts: Counter[Verdict] = field(default_factory=Counter)
    stuck_by_status: Counter[TaskStatus] = field(default_factory=Counter)
    rows: Sequence[Row] = ()
    """The first few that are stuck or were missed."""
    not_judged: NotJudged | None = None
    """Why nothing could be said; None: it could."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Judge:
    """Decides what became of a source's pending rows."""

    source: Source
    history: History
    watermark: int
    skipped_to: int | None
    oldest_logged: int | None
    """The log may have forgotten dispatches of rows below this version; None: it has forgotten nothing."""
    stuck_seconds: float

    def over(self, rows: Sequence[ChangedRow]) -> Iterator[tuple[ChangedRow, LastDispatch | None, Verdict]]:
        """Each row with its last dispatch and what that makes of it."""
        known = self.history.latest(self.source, {logged_key(row.key): business_id(row) for row in rows})
        for row in rows:
            logged = known.get(logged_key(row.key))
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

    def _dispatched(self, row: ChangedRow, logged: LastDispatch) -> Verdict:
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


def find_stuck_rows(
    source: Source,
    changes: ChangeSource,
    checkpoints: Checkpoints,
    history: History,
    *,
    stuck: timedelta,
    log_kept: timedelta,
) -> StuckRows:
    """Look at all pending rows of a source, in one snapshot.

    Raises ConfigurationError, with the remedy, when the table cannot be read.
    """
    checkpoint = checkpoints.load([source.id]).get(source.id, Checkpoint())
    if checkpoint.version is None:
        return StuckRows(source=source.name, not_judged=NotJudged.BASELINE_DUE)
    # guard: not-judged-in-baseline
    if checkpoint.baseline is not None:
        return StuckRows(source=source.name, not_judged=NotJudged.BASELINE_UNDER_WAY)
    judge = make_judge(source, history, checkpoint, stuck=stuck, log_kept=log_kept)
    with changes.snapshot(source, patience_seconds=LOOK_SECONDS) as snapshot:
        check_state(source, snapshot.state)
        fence = snapshot.state.fence
        if fence is None or (fence.epoch, fence.store) != (checkpoint.epoch, checkpoint.store):
            return StuckRows(source=source.name, not_judged=NotJudged.EPOCH_DUE)
        return _look(judge, snapshot)


def _look(judge: Judge, snapshot: Snapshot) -> StuckRows:
    found = StuckRows(source=judge.source.name)
    rows: list[Row] = []
    for batch in snapshot.pending():
        for row, logged, verdict in judge.over(batch):
            found.counts[verdict] += 1
            if verdict is Verdict.STUCK and logged is not None:
                found.stuck_by_status[logged.status] += 1
            if verdict in (Verdict.STUCK, Verdict.MISSED) and found.counts[verdict] <= SHOWN:
                rows.append(_shown(row, logged, verdict))
    return replace(found, rows=rows)


def _shown(row: ChangedRow, logged: LastDispatch | None, verdict: Verdict) -> Row:
    if logged is None:
        return Row(verdict=verdict, business_id=business_id(row))
    return Row(
        verdict=verdict,
        business_id=business_id(row),
        task_id=logged.id,
        status=logged.status,
        minutes=round(logged.age_seconds / 60, 1),
    )


def rows_to_resend(judge: Judge, snapshot: Snapshot) -> Iterator[Sequence[tuple[ChangedRow, LastDispatch | None]]]:
    """The rows that are stuck or were missed, each with the dispatch that is to be repeated."""
    for batch in snapshot.pending():
        wanted = [
            (row, logged) for row, logged, verdict in judge.over(batch) if verdict in (Verdict.STUCK, Verdict.MISSED)
        ]
        if wanted:
            yield wanted
