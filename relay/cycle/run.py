"""The cycle: one run over one source. Lease, recover, read and prepare, seal, drain.

What may be done in which order was found by playing the protocol at random: tests/protocol. It decides in doubt.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import MappingProxyType

from common.database.records import Lease
from common.error_text import error_text
from relay.cycle.admission import check_admission
from relay.cycle.context import CycleContext
from relay.cycle.drain import Drained, drain
from relay.cycle.heartbeat import Heartbeat
from relay.cycle.options import CycleOptions
from relay.cycle.outcomes import CycleReport, Outcome, SlowReadingError, Stop, StopReason
from relay.cycle.ownership import check_owner
from relay.cycle.ports import Ports, Resend
from relay.cycle.progress import READINGS, Progress, reading_patience
from relay.cycle.recover import check_offset
from relay.cycle.seal import SealedWindow, seal_window
from relay.sources.source import Source

_OUTCOMES: Mapping[Drained, Outcome] = MappingProxyType(
    {
        Drained.DRAINED: Outcome.DONE,
        Drained.QUEUE_FULL: Outcome.QUEUE_FULL,
        Drained.EPOCH_ENDED: Outcome.EPOCH_ENDED,
    }
)


def run_cycle(
    source: Source,
    ports: Ports,
    options: CycleOptions,
    heartbeat: Heartbeat,
    resend: Resend | None = None,
    *,
    adopts: bool = False,
) -> CycleReport:
    """One cycle over one source; `resend` finds what is sent again by hand beside what changed.

    `adopts`: a person has said that this relay takes the source over from whoever had it.

    Returns what was done. Raises ConfigurationError, with the remedy, when SQL Server is not set up for the source,
    and the drivers' own errors when a service is away: nothing is half-advanced then, the next cycle goes on.
    """
    started = time.monotonic()
    lease = _take_lease(source, ports)
    if lease is None:
        return CycleReport(source=source.name, outcome=Outcome.HELD)
    try:
        context = CycleContext(
            source=source,
            ports=ports,
            options=options,
            lease=lease,
            checkpoint=lease.checkpoint,
            progress=Progress(
                patience_seconds=options.stall_seconds,
                reading_seconds=reading_patience(options.stall_seconds, lease.checkpoint.stalls),
            ),
            resend=resend,
            adopts=adopts,
        )
        with heartbeat.over(lease, context.progress, give_up=context.give_up, renew_fence=context.renew_fence):
            outcome, sealed = _run(context)
    finally:
        ports.leases.release(lease)
    return _report(context, outcome, sealed, time.monotonic() - started)


def _take_lease(source: Source, ports: Ports) -> Lease | None:
    lease = ports.leases.acquire(source.id)
    # guard: left-lease-is-told
    if lease is not None and lease.was_left:
        ports.log.warning(
            "lease_was_left",
            source=source.name,
            remedy="nothing, if a relay was killed or MongoDB away; else look for a process of relay's that hangs",
        )
    return lease


def _run(context: CycleContext) -> tuple[Outcome, SealedWindow | None]:
    sealed: SealedWindow | None = None
    try:
        _admit(context)
        check_offset(context)
        if _recover_window(context) is Drained.QUEUE_FULL:
            return Outcome.QUEUE_FULL, None
        sealed = seal_window(context)
        context.rejected = sealed.rejected
        return _outcome(context, drain(context, sealed.window, sealed.dispatches)), sealed
    except Stop as stop:
        context.ports.log.info("stopped", source=context.source.name, reason=stop.reason.value)
        return Outcome.STOPPED, sealed
    except Exception as error:
        # guard: given-up-for-nothing
        if context.progress.is_for_nothing:
            reason, said = StopReason.LEASE_LOST.value, error_text(error)
            context.ports.log.info("stopped", source=context.source.name, reason=reason, error=said)
            return Outcome.STOPPED, sealed
        if context.progress.stalled_at in READINGS:
            raise SlowReadingError(_too_slow(context)) from error
        raise


def _too_slow(context: CycleContext) -> str:
    waited, step = context.reading_seconds, context.progress.stalled_at
    return (
        f"source {context.source.name}: nothing came within {waited:g} s ({step}), and the reading was given up; the"
        f" next cycle waits {reading_patience(waited, 1):g} s. If this goes on, an index is missing or a server is"
        " overloaded: docs/operations.md, A slow reading"
    )


def _outcome(context: CycleContext, drained: Drained) -> Outcome:
    """A cycle that has ended its epoch says so, also when it has begun the next one and read its baseline."""
    if drained is Drained.DRAINED and context.ended_for is not None:
        return Outcome.EPOCH_ENDED
    return _OUTCOMES[drained]


def _recover_window(context: CycleContext) -> Drained | None:
    """Drain the window that an earlier cycle has sealed; None: there is none, or it is another Mongo's by now."""
    window = context.checkpoint.open_window
    # guard: owner-before-drain
    return drain(context, window) if window and check_owner(context) else None


def _admit(context: CycleContext) -> None:
    """Adopting a source also lifts what stops it."""
    if context.adopts:
        context.adopt()
    check_admission(context.source, context.checkpoint)


def _report(context: CycleContext, outcome: Outcome, sealed: SealedWindow | None, seconds: float) -> CycleReport:
    report = CycleReport(
        source=context.source.name,
        outcome=outcome,
        baseline=sealed.baseline if sealed else None,
        is_in_baseline=context.checkpoint.baseline is not None,
        version=sealed.version if sealed else None,
        prepared=sealed.window.count if sealed else 0,
        dispatched=context.dispatched,
        rejected=context.rejected,
        repaired=context.repaired,
        seconds=seconds,
    )
    if report.dispatched or report.rejected:
        context.ports.log.info(
            "cycle",
            source=report.source,
            outcome=outcome.value,
            version=report.version,
            dispatched=report.dispatched,
            rejected=report.rejected,
            seconds=round(seconds, 3),
        )
    return report
