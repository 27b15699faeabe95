"""Celery's own log lines, kept as quiet as relay's: a broker that is away is logged once, and in one line."""

from __future__ import annotations

import logging
import warnings

from celery.exceptions import CPendingDeprecationWarning

from relay.worker.incidents import Incidents

REQUESTS = "celery.worker.request"
"""Logs, with a traceback, that a tick could not be acknowledged because the connection was lost."""
ONLY_FOR_DEBUGGING = ("celery.worker.strategy", "celery.app.trace", REQUESTS)
"""They log two lines for every tick, beside relay's own."""
LOST = "celery.worker.consumer.consumer"
"""Logs, with a traceback, that the broker was lost, and at each try that it cannot be reached."""
STEPS = "celery.bootsteps"
"""Logs, with a traceback, that a lost connection could not be closed."""


def quieten() -> None:
    """Leave out of this process's log what comes too often."""
    for name in ONLY_FOR_DEBUGGING:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger(LOST).addFilter(_BrokerAway())
    logging.getLogger(STEPS).addFilter(_without_traceback)
    logging.getLogger(REQUESTS).addFilter(_without_acknowledgements_traceback)
    # Announces Celery's next major version at every connection that is lost.
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
