"""How the end of a task is logged: a problem once, with its remedy, and that it is over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from common.database.errors import ConfigurationError
from relay.cycle.outcomes import CycleReport, Outcome
from relay.cycle.ports import Log
from relay.error_policy import as_configuration_error, describe_error, is_transient, service_of
from relay.operations.stuck_rows import StuckRows, Verdict
from relay.sources.source import Source
from relay.worker.incidents import Incident, Incidents

NUMBERS = re.compile(r"[\w-]*\d[\w-]*")
"""Durations, ports, ids."""


@dataclass(kw_only=True, slots=True)
class Proof:
    """Whether the end of a task without an error says that nothing is wrong any more."""

    holds: bool = True


@contextmanager
def log_once(log: Log, incidents: Incidents, task: str, **fields: str) -> Iterator[Proof]:
    """Run a task's work. Transient errors, and what a person must fix, are logged and left to the next tick.

    Any other error is a defect, and is raised every time.
    """
    what, proof = _name(task, fields), Proof()
    try:
        yield proof
    except Exception as error:
        source = f"source {fields['source']}" if "source" in fields else "all sources"
        refused = error if isinstance(error, ConfigurationError) else as_configuration_error(error, source)
        if refused is not None:
            _report_refused(log, incidents, what, str(refused), task=task, **fields)
        elif is_transient(error):
            _report_away(log, incidents, what, error, task=task, **fields)
        else:
            raise
    else:
        # guard: recovered-only-with-proof
        if proof.holds:
            report_recovered(log, incidents, task, **fields)


def report_recovered(log: Log, incidents: Incidents, task: str, **fields: str) -> None:
    """Nothing is wrong with the task any more: say so, if something was."""
    if incident := incidents.end(_name(task, fields)):
        log.info("recovered", task=task, **fields, **_duration(incident))


def _name(task: str, fields: Mapping[str, str]) -> str:
    return ":".join([task, *fields.values()])


def _report_refused(log: Log, incidents: Incidents, what: str, said: str, **fields: str) -> None:
    if incident := incidents.begin(what, _kind_of(said)):
        for line in said.splitlines():
            log.error("configuration", remedy=line, **fields, **_duration(incident))


def _kind_of(said: str) -> str:
    """A problem is recognised by its text, so another one is logged at once. What differs from try to try is left out:
    a duration, the id of a tick."""
    # guard: numbers-left-out
    return NUMBERS.sub("", said)


def _report_away(log: Log, incidents: Incidents, what: str, error: Exception, **fields: str) -> None:
    # Recognised by the service: the texts differ from try to try.
    service = service_of(error).value
    if incident := incidents.begin(what, service):
        log.warning(
            "left_to_the_next_tick", service=service, error=describe_error(error), **fields, **_duration(incident)
        )


def report_full(log: Log, incidents: Incidents, source: Source, report: CycleReport) -> None:
    """Back-pressure: that a queue is full, and that it has room again."""
    what = f"queue_full:{source.name}"
    if report.outcome is Outcome.QUEUE_FULL:
        if incident := incidents.begin(what, source.queue):
            log.warning(
                "queue_full",
                source=source.name,
                queue=source.queue,
                remedy="see that its worker services run; the journal keeps the rest, relay goes on by itself",
                **_duration(incident),
            )
    elif report.outcome in (Outcome.DONE, Outcome.EPOCH_ENDED) and (incident := incidents.end(what)):
        log.info("queue_has_room", source=source.name, queue=source.queue, **_duration(incident))


def report_stuck(log: Log, found: StuckRows) -> None:
    """What a look for stuck rows found: a warning for rows that wait for long, an error for rows that were missed."""
    missed = [str(row.business_id) for row in found.rows if row.verdict is Verdict.MISSED]
    if found.counts[Verdict.MISSED]:
        log.error(
            "missed",
            source=found.source,
            rows=found.counts[Verdict.MISSED],
            first=", ".join(missed),
            remedy="this must never be: please report it; `relay reconcile --resend` dispatches them",
        )
    if found.counts[Verdict.STUCK]:
        log.warning(
            "stuck",
            source=found.source,
            rows=found.counts[Verdict.STUCK],
            **{status.lower(): count for status, count in sorted(found.stuck_by_status.items())},
            remedy="see that the worker services run; `relay reconcile` lists the rows, --resend sends them again",
        )
    log.debug(
        "stuck_rows_looked_for",
        source=found.source,
        not_judged=found.not_judged and found.not_judged.value,
        rows=found.counts.total(),
    )


def _duration(incident: Incident) -> dict[str, float]:
    """How long it has lasted; nothing when it has just begun."""
    return {} if incident.is_new else {"after_seconds": round(incident.seconds, 1)}


def report_while(log: Log, incidents: Incidents, event: str, *, is_wrong: bool, remedy: str, **fields: float) -> None:
    """Log this event while something is wrong: when it begins, now and then, and that it is over."""
    if is_wrong:
        if incidents.begin(event, event):
            log.warning(event, **fields, remedy=remedy)
    elif incident := incidents.end(event):
        log.info("recovered", what=event, **_duration(incident))
