"""Relay's own tasks: thin, they name the work and log how it ended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from common.database.errors import ConfigurationError
from common.logs import get_logger
from relay.bootstrap import this_process
from relay.celery_app import OWN_QUEUE, app, tick_seconds
from relay.faults import describe_error, is_passing
from relay.registry import all_sources, find_source
from relay.scan import find_work, scan


@app.task(name="relay.scan_and_dispatch", shared=False)
def scan_and_dispatch() -> None:
    """Look at all sources at once and hand each that has work to `scan_source`."""
    with _logged("scan_and_dispatch"):
        relay = this_process(app)
        for source in find_work(relay, all_sources()):
            scan_source.apply_async((source.name,), queue=OWN_QUEUE, expires=tick_seconds(relay.settings))


@app.task(name="relay.scan_source", shared=False)
def scan_source(name: str) -> None:
    """Cycles over one source until nothing more waits. A source that is being worked on is left alone."""
    with _logged("scan_source", source=name):
        scan(this_process(app), find_source(name))


@contextmanager
def _logged(what: str, **fields: str) -> Iterator[None]:
    """Log an error once. What passes by itself, and what a person must mend, is left to the next tick."""
    log = get_logger("relay")
    try:
        yield
    except ConfigurationError as error:
        for line in str(error).splitlines():
            log.error("configuration", task=what, remedy=line, **fields)
    except Exception as error:
        if not is_passing(error):
            raise
        log.warning("left_to_the_next_tick", task=what, error=describe_error(error), **fields)
