"""Celery's own log lines, made fit to stand beside relay's: a broker that is away is said once, and in one line."""

from __future__ import annotations

import logging
import warnings

from celery.exceptions import CPendingDeprecationWarning

from relay.worker.incidents import Incidents

REQUESTS = "celery.worker.request"
"""Says, with a traceback, that a tick could not be acknowledged through a lost connection."""
ONLY_FOR_DEBUGGING = ("celery.worker.strategy", "celery.app.trace", REQUESTS)
"""Every tick would be two lines of theirs beside relay's own, and every one that has expired another."""
LOST = "celery.worker.consumer.consumer"
"""Says that the broker was lost, with a traceback, and at each try that it cannot be reached."""
STEPS = "celery.bootsteps"
"""Says, with a traceback, that a lost connection could not be closed."""


def quieten() -> None:
    """Leave out of this process's log what is said too often."""
    for name in ONLY_FOR_DEBUGGING:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger(LOST).addFilter(_BrokerAway())
    logging.getLogger(STEPS).addFilter(_without_traceback)
    logging.getLogger(REQUESTS).addFilter(_without_acknowledgements_traceback)
    # Of Celery's next major version, with every connection that is lost.
    warnings.simplefilter("ignore", CPendingDeprecationWarning)


class _BrokerAway(logging.Filter):
    def __init__(self) -> None:
        super().__init__()
        self._incidents = Incidents()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno == logging.WARNING:
            self._incidents.end("broker")
            return _without_traceback(record)
        if "Cannot connect" in str(record.msg):
            return self._incidents.begin("broker", "away") is not None
        return True


def _without_acknowledgements_traceback(record: logging.LogRecord) -> bool:
    return _without_traceback(record) if "Couldn't ack" in str(record.msg) else True


def _without_traceback(record: logging.LogRecord) -> bool:
    record.exc_info = record.exc_text = None
    return True
