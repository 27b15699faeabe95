"""One window: read in a snapshot, prepared in the journal, sealed by advancing the watermark."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from common.database.records import (
    ChangedRow,
    Dispatch,
    Logged,
    Mark,
    OpenCycle,
    Resume,
    Seal,
    TableState,
    Takeover,
    TaskStatus,
    Window,
)
from relay.cycle.context import Work
from relay.cycle.continuity import accepts_mark, makes_new_ids, why_baseline
from relay.cycle.dispatch import prepare_row
from relay.cycle.epochs import settle
from relay.cycle.outcomes import Reason, SourceBusyError, Stop
from relay.cycle.ports import Snapshot
from relay.sources.readable import check_state

ATTEMPTS = 8
"""Readings of one window before the cycle gives up and leaves it to the next one (tests/protocol)."""
REREADS = 3
"""Of those, readings thrown away because a version above the snapshot's own appeared."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sealed:
    """A sealed window."""

    cycle: OpenCycle
    version: int
    baseline: Reason | None
    rejected: int
    dispatches: Sequence[Dispatch]
    """What it holds, in order, where that fits in memory; empty otherwise: the journal has it."""


class _ReadAgain(Exception):  # noqa: N818 - a signal between the functions of this module
    """Throw this reading away and begin another."""


def seal_window(work: Work) -> Sealed:
    """Read, prepare and seal one window; until it returns, everything can be thrown away.

    Raises Stop when lease, mark or watermark turn out to be somebody else's, ConfigurationError when the table
    cannot be read, SourceBusyError when no reading was consistent.
    """
    for attempt in range(ATTEMPTS):
        work.check_lease()
        _discard(work)
        with work.ports.changes.snapshot(work.source) as snapshot:
            check_state(work.source, snapshot.state)
            if not accepts_mark(snapshot.state.mark, work.checkpoint, work.lease.generation):
                settle(work, snapshot)
                continue
            try:
                return _seal(work, snapshot, careful=attempt <= REREADS)
            except _ReadAgain:
                continue
    raise SourceBusyError(
        f"source {work.source.name}: {ATTEMPTS} readings in a row were not consistent; the next cycle tries again"
    )


def _discard(work: Work) -> None:
    cycle = work.checkpoint.open_cycle
    work.ports.journal.discard(work.source, generation=work.lease.generation, open_cycle=cycle.id if cycle else None)


def _seal(work: Work, snapshot: Snapshot, *, careful: bool) -> Sealed:
    state, checkpoint = snapshot.state, work.checkpoint
    next_version = state.current_version
    if next_version is None or checkpoint.life is None:
        raise AssertionError("checked before: tracking is on, and the mark bears our life")
    reason = why_baseline(work.source, checkpoint, state)
    window = _window(work, checkpoint.life, state.mark, reason)
    _announce(work, reason)
    prepared = _Preparation(work=work, window=window, ceiling=next_version if careful else None)
    prepared.take(_rows(work, snapshot, reason))
    if work.again is not None and reason is None:
        # A baseline holds every pending row already.
        prepared.take_again(work.again(snapshot, checkpoint))
    snapshot.end()
    if work.ports.journal.count(window.cycle) != prepared.count:
        raise Stop("the journal does not hold what was prepared")
    work.progress()
    seal = _seal_of(work, state, prepared, reason)
    if not snapshot.set_mark(_mark_of(work, seal), expected=state.mark):
        raise Stop("the mark is somebody else's by now")
    work.seal(seal)
    return Sealed(
        cycle=seal.cycle,
        version=next_version,
        baseline=reason,
        rejected=prepared.rejected,
        dispatches=prepared.kept,
    )


def _window(work: Work, life: str, mark: Mark | None, reason: Reason | None) -> Window:
    """Its number is one that no window has: the mark remembers those of a Mongo that went back in time."""
    number = max(work.number, mark.resume.number if mark and mark.resume else 0) + 1
    last = work.checkpoint.last
    return Window(
        source=work.source.id,
        task=work.source.task,
        queue=work.source.queue,
        priority=work.source.priority,
        cycle=work.ports.new_name(),
        life=life,
        number=number,
        generation=work.lease.generation,
        base=number if makes_new_ids(reason) else work.checkpoint.base,
        follows=last.place if last else None,
    )


def _seal_of(work: Work, state: TableState, prepared: _Preparation, reason: Reason | None) -> Seal:
    window, checkpoint = prepared.window, work.checkpoint
    cycle = OpenCycle(
        id=window.cycle, life=window.life, number=window.number, after=checkpoint.last, count=prepared.count
    )
    return Seal(
        expected_version=checkpoint.version,
        expected_life=window.life,
        version=state.current_version or 0,
        generation=window.generation,
        cycle=cycle,
        last=prepared.last.position if prepared.last else checkpoint.last,
        begin_version=state.begin_version,
        object_id=state.object_id,
        side_table=state.side_table,
        definition=work.source.definition,
        base=window.base,
        host=work.options.host,
        brings_definition=checkpoint.definition != work.source.definition,
        superseded=_superseded(work),
        lives=checkpoint.lives,
        baseline=reason,
    )


def _superseded(work: Work) -> tuple[str, ...]:
    """The definitions in whose place another one came, once this window is sealed."""
    known = work.checkpoint
    if known.definition is None or known.definition in (work.source.definition, *known.superseded):
        return known.superseded
    return (*known.superseded, known.definition)


def _mark_of(work: Work, seal: Seal) -> Mark:
    """The seal as the mark tells it, also to a Mongo that will never know of it."""
    return Mark(
        version=seal.version,
        life=seal.expected_life,
        generation=seal.generation,
        store=work.checkpoint.store,
        host=seal.host,
        resume=Resume(
            number=seal.cycle.number,
            last=seal.last.place if seal.last else None,
            base=seal.base,
            begin_version=seal.begin_version,
            object_id=seal.object_id,
            side_table=seal.side_table,
            definition=seal.definition,
        ),
    )


def _announce(work: Work, reason: Reason | None) -> None:
    if reason is Reason.FIRST_RUN:
        work.ports.log.info("baseline", source=work.source.name, reason=str(reason))
    elif reason is not None:
        work.ports.log.warning("baseline", source=work.source.name, reason=str(reason))


def _rows(work: Work, snapshot: Snapshot, reason: Reason | None) -> Iterator[Sequence[ChangedRow]]:
    if reason is None and work.checkpoint.version is not None:
        return snapshot.changes(work.checkpoint.version)
    return snapshot.pending()


@dataclass(kw_only=True, slots=True)
class _Preparation:
    """Rows on their way into the journal."""

    work: Work
    window: Window
    ceiling: int | None
    """A version above this one means: read again. None: take it, it may repeat but cannot be lost."""
    count: int = 0
    rejected: int = 0
    last: Dispatch | None = None
    seq: int = 0
    kept: list[Dispatch] = field(default_factory=list)
    """All that are to be published, while they are few enough."""

    def take(self, batches: Iterator[Sequence[ChangedRow]]) -> None:
        with self.work.ports.ahead(self._made_ready(batches)) as ready:
            for dispatches in ready:
                self._write(dispatches)
                self.work.progress()

    def _made_ready(self, batches: Iterator[Sequence[ChangedRow]]) -> Iterator[Sequence[Dispatch]]:
        for rows in batches:
            if self.ceiling is not None and any((row.version or 0) > self.ceiling for row in rows):
                raise _ReadAgain
            yield [self._prepare(row) for row in rows]

    def take_again(self, batches: Iterator[Sequence[tuple[ChangedRow, Logged | None]]]) -> None:
        for rows in batches:
            self._write([self._prepare(row, repeats) for row, repeats in rows])
            self.work.progress()

    def _prepare(self, row: ChangedRow, repeats: Logged | None = None) -> Dispatch:
        dispatch = prepare_row(self.work.source, self.window, row, self.seq, self.work.ports.render, repeats=repeats)
        self.seq += 1
        return dispatch

    def _write(self, dispatches: Sequence[Dispatch]) -> None:
        there_before = set(self.work.ports.journal.prepare(dispatches))
        for dispatch in dispatches:
            if dispatch.id not in there_before or self._take_over(dispatch):
                self._count(dispatch)

    def _count(self, dispatch: Dispatch) -> None:
        self.count += 1
        if dispatch.status is TaskStatus.REJECTED:
            self.rejected += 1
            self.work.ports.log.warning(
                "rejected", source=self.work.source.name, business_id=dispatch.business_id, reason=dispatch.error
            )
            return
        self.last = dispatch
        if self.count - self.rejected <= self.work.options.most_kept:
            self.kept.append(dispatch)
        else:
            self.kept.clear()

    def _take_over(self, dispatch: Dispatch) -> bool:
        """Whether the dispatch stands in the journal now, in the place of one that was never published."""
        outcome = self.work.ports.journal.take_over(dispatch, open_cycle=None)
        if outcome is Takeover.LATER_GENERATION:
            # A zombie stops here; who still holds the lease knows that Mongo went back in time.
            self.work.check_lease()
            self.work.abandon_life(Reason.JOURNAL_AHEAD)
            raise Stop("the journal holds dispatches of a later generation")
        return outcome is Takeover.REPLACED
