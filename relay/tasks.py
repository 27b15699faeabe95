"""Relay's own tasks: thin, they name the work."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any

from common.config import Settings
from common.logging import get_logger
from relay.celery_app import OWN_QUEUE, app
from relay.cycle.outcomes import Outcome
from relay.operations.idle import Seen
from relay.operations.linger import Lingering, Pace, linger
from relay.operations.service import look_for_stuck, scan, see
from relay.sources.registry import all_sources, find_source
from relay.sources.source import Source
from relay.wiring import this_process
from relay.worker.incidents import Incidents
from relay.worker.linger import lingering_ticks
from relay.worker.reporting import log_once, report_full, report_recovered, report_stuck
from relay.worker.schedule import RECONCILE, RENEW_FENCES, SCAN

incidents = Incidents()
"""Made before the worker forks its processes: they share it."""


@app.task(name=SCAN, shared=False, bind=True)
def scan_and_dispatch(self: Any) -> None:
    """Look at all sources at once and hand each that has work to `scan_source`; again and again while rows flow."""
    log = get_logger("relay")
    looked: tuple[Lingering, Sequence[Seen]] | None = None
    with log_once(log, incidents, "scan_and_dispatch"):
        looked = _look(self.request.id or "")
    if looked is None or looked[0].is_over:
        return
    # Apart from the tick's own look, which has proved that the services are there.
    with log_once(log, incidents, "scan_and_dispatch"):
        _linger(*looked)


def _look(tick: str) -> tuple[Lingering, Sequence[Seen]]:
    relay = this_process(app)
    seen = see(relay, all_sources(), _renewing)
    lingering = Lingering(tick, quiet_seconds=relay.settings.RELAY_LINGER_SECONDS)
    for source in lingering.begin(seen):
        _hand_out(source)
    for each in seen:
        # guard: idle-proves-recovery
        if each.is_idle:
            report_recovered(get_logger("relay"), incidents, "scan_source", source=each.source.name)
    return lingering, seen


def _linger(lingering: Lingering, seen: Sequence[Seen]) -> None:
    relay = this_process(app)
    if _may_linger(relay.settings):
        goes_on = lingering_ticks.permission(lingering.tick)
        pace = Pace(step_seconds=relay.settings.RELAY_LINGER_STEP, goes_on=goes_on)
        linger(relay, lingering, seen, _hand_out, pace)


def _may_linger(settings: Settings) -> bool:
    interval, step = settings.RELAY_SCAN_INTERVAL, settings.RELAY_LINGER_STEP
    return lingering_ticks.is_allowed and (interval is None or interval > step)


def _hand_out(source: Source) -> None:
    scan_source.apply_async((source.name,), queue=OWN_QUEUE)


@app.task(name=RENEW_FENCES, shared=False)
def renew_fences() -> None:
    """Renew the fences, where scans are too rare to keep them fresh."""
    with log_once(get_logger("relay"), incidents, "renew_fences"):
        see(this_process(app), all_sources(), _renewing)


def _renewing(source: Source) -> AbstractContextManager[object]:
    return log_once(get_logger("relay"), incidents, "renew_fence", source=source.name)


@app.task(name=RECONCILE, shared=False)
def reconcile() -> None:
    """Report, for each source, the pending rows that wait for long although they were dispatched, or never were."""
    for source in all_sources():
        with log_once(get_logger("relay"), incidents, "reconcile", source=source.name):
            relay = this_process(app)
            report_stuck(relay.ports.log, look_for_stuck(relay, source))


@app.task(name="relay.scan_source", shared=False)
def scan_source(name: str) -> None:
    """Cycles over one source until nothing more waits. A source that is being worked on is left alone."""
    with log_once(get_logger("relay"), incidents, "scan_source", source=name) as proof:
        relay, found = this_process(app), find_source(name)
        report = scan(relay, found)[-1]
        # guard: held-source-proves-nothing
        # A cycle that finds the lease taken has not used the service that was away.
        proof.holds = report.outcome is not Outcome.HELD
        report_full(relay.ports.log, incidents, found, report)
