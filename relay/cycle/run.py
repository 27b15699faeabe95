"""The cycle: one pass over one source. Lease, recover, read and prepare, seal, drain.

What may be done in which order was found by playing the protocol at random: tests/protocol. It decides in doubt.
"""

from __future__ import annotations

import time

from relay.cycle.admission import check_admission
from relay.cycle.context import Again, Ports, Work
from relay.cycle.drain import drain
from relay.cycle.heartbeat import Heartbeat
from relay.cycle.outcomes import CycleOptions, CycleReport, Outcome, Reason, Stop
from relay.cycle.ownership import check_owner
from relay.cycle.recover import reconcile_position
from relay.cycle.seal import Sealed, seal_window
from relay.sources.source import Source


def run_cycle(
    source: Source,
    ports: Ports,
    options: CycleOptions,
    heartbeat: Heartbeat,
    again: Again | None = None,
    *,
    adopts: bool = False,
) -> CycleReport:
    """One cycle over one source; `again` finds what is sent again by hand beside what changed.

    `adopts`: a person has said that this relay takes the source over from whoever had it.

    Returns what was done. Raises ConfigurationError, with the remedy, when SQL Server is not set up for the source,
    and the drivers' own errors when a service is away: nothing is half-advanced then, the next cycle goes on.
    """
    started = time.monotonic()
    lease = ports.leases.acquire(source.id)
    if lease is None:
        return CycleReport(source=source.name, outcome=Outcome.HELD)
    try:
        work = Work(
            source=source,
            ports=ports,
            options=options,
            lease=lease,
            checkpoint=lease.checkpoint,
            again=again,
            adopts=adopts,
        )
        with heartbeat.over(lease, on_stall=lambda: ports.changes.cancel(source), renew_mark=work.renew_mark) as beat:
            work.progress = beat.progress
            outcome, sealed = _run(work)
    finally:
        ports.leases.release(lease)
    return _report(work, outcome, sealed, time.monotonic() - started)


def _run(work: Work) -> tuple[Outcome, Sealed | None]:
    sealed: Sealed | None = None
    try:
        _admit(work)
        reconcile_position(work)
        if work.checkpoint.open_cycle and check_owner(work) and not drain(work, work.checkpoint.open_cycle):
            return Outcome.QUEUE_FULL, None
        sealed = seal_window(work)
        work.rejected = sealed.rejected
        drained = drain(work, sealed.cycle, sealed.dispatches)
    except Stop as stop:
        work.ports.log.info("stopped", source=work.source.name, reason=str(stop))
        return Outcome.STOPPED, sealed
    return (Outcome.DONE if drained else Outcome.QUEUE_FULL), sealed


def _admit(work: Work) -> None:
    """Who adopts a source lifts what stops it."""
    if work.adopts:
        work.adopt()
    check_admission(work.source, work.checkpoint)


def _report(work: Work, outcome: Outcome, sealed: Sealed | None, seconds: float) -> CycleReport:
    baseline: Reason | None = sealed.baseline if sealed else None
    report = CycleReport(
        source=work.source.name,
        outcome=outcome,
        baseline=baseline,
        version=sealed.version if sealed else None,
        prepared=sealed.cycle.count if sealed else 0,
        dispatched=work.dispatched,
        rejected=work.rejected,
        repaired=work.repaired,
        seconds=seconds,
    )
    if report.dispatched or report.rejected:
        work.ports.log.info(
            "cycle",
            source=report.source,
            outcome=str(outcome),
            version=report.version,
            dispatched=report.dispatched,
            rejected=report.rejected,
            seconds=round(seconds, 3),
        )
    return report
