"""What a scan would send now: reads, and changes nothing anywhere."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from common.database.ports import ChangeSource, Checkpoints, Snapshot
from common.database.records import ChangedRow, Checkpoint
from relay.cycle.admission import check_admission, check_nobody_else_is_at_work
from relay.cycle.continuity import next_baseline, why_under_way
from relay.cycle.options import LOOK_SECONDS, CycleOptions
from relay.cycle.reasons import Reason
from relay.sources.readable import check_state
from relay.sources.source import Source

SHOWN = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Preview:
    """What the next cycle over a source would find."""

    source: str
    baseline: Reason | None
    """Why all pending rows would be read, or are being read; None: only the changes."""
    rows: int
    first: Sequence[ChangedRow]
    """The first few of them."""
    waiting: int
    """Rows of an open window, sealed but not yet drained."""


def preview(source: Source, changes: ChangeSource, checkpoints: Checkpoints, options: CycleOptions) -> Preview:
    """Read what the next cycle would read. In a baseline, rows that were sent before count as well.

    Raises ConfigurationError, with the remedy, when the table cannot be read, or a cycle would leave the source alone.
    """
    checkpoint = checkpoints.load([source.id]).get(source.id, Checkpoint())
    # guard: preview-waits
    with changes.snapshot(source, patience_seconds=LOOK_SECONDS) as snapshot:
        check_state(source, snapshot.state)
        check_admission(source, checkpoint)
        check_nobody_else_is_at_work(source, snapshot.state.fence, checkpoint, fresh_seconds=options.fresh_seconds)
        reason = next_baseline(source, checkpoint, snapshot.state)
        rows, first = 0, list[ChangedRow]()
        for batch in _batches(snapshot, checkpoint, reason, options):
            rows += len(batch)
            first += batch[: SHOWN - len(first)]
    window = checkpoint.open_window
    return Preview(
        source=source.name,
        baseline=reason or why_under_way(checkpoint),
        rows=rows,
        first=first,
        waiting=window.count if window else 0,
    )


def _batches(
    snapshot: Snapshot, checkpoint: Checkpoint, reason: Reason | None, options: CycleOptions
) -> Iterator[Sequence[ChangedRow]]:
    """In a baseline: all of it that is left, not only its next piece."""
    if reason is Reason.FIRST_RUN and options.first_run_now:
        return iter(())
    if reason is not None:
        return snapshot.pending()
    baseline = checkpoint.baseline
    changes = snapshot.changes(checkpoint.version or 0, baseline)
    return changes if baseline is None else chain(changes, snapshot.pending(baseline))
