"""How the end of a task is logged: what is wrong once, with its remedy, and that it is over."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from common.database.errors import ConfigurationError
from relay.faults import describe_error, is_passing, service_of
from relay.outages import Outage, Outages
from relay.work import Log


@contextmanager
def told_once(log: Log, outages: Outages, task: str, **fields: str) -> Iterator[None]:
    """Run a task's work. What passes by itself, and what a person must mend, is logged and left to the next tick.

    Any other error is a defect: it is raised every time.
    """
    what = ":".join([task, *fields.values()])
    try:
        yield
    except ConfigurationError as error:
        # Known by its text: another mistake is told at once.
        if outage := outages.begin(what, str(error)):
            for line in str(error).splitlines():
                log.error("configuration", task=task, remedy=line, **fields, **_duration(outage))
    except Exception as error:
        if not is_passing(error):
            raise
        # Known by the service: the texts differ from try to try.
        if outage := outages.begin(what, service_of(error)):
            log.warning(
                "left_to_the_next_tick",
                task=task,
                service=service_of(error),
                error=describe_error(error),
                **fields,
                **_duration(outage),
            )
    else:
        if outage := outages.end(what):
            log.info("recovered", task=task, **fields, **_duration(outage))


def _duration(outage: Outage) -> dict[str, float]:
    """Nothing where it has only just begun."""
    return {} if outage.is_new else {"after_seconds": round(outage.seconds, 1)}
