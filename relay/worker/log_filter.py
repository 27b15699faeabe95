"""Celery's own log lines, kept as quiet as relay's: a broker that is away is logged once, and in one line."""

from __future__ import annotations

import logging
from collections.abc import Sequence

from amqp.exceptions import ChannelError
from celery.platforms import LockFailed
from kombu.exceptions import OperationalError
from redis.exceptions import ResponseError

from common.logging import get_logger
from relay.error_policy import as_configuration_error, is_transient
from relay.worker.incidents import Incidents

REQUESTS = "celery.worker.request"
"""Logs, with a traceback, that a tick could not be acknowledged because the connection was lost."""
ONLY_FOR_DEBUGGING = ("celery.worker.strategy", "celery.app.trace", REQUESTS)
"""They log two lines for every tick, beside relay's own."""
LOST = "celery.worker.consumer.consumer"
"""Logs, with a traceback, that the broker was lost, and at each try that it cannot be reached."""
REFUSALS = (ResponseError, ChannelError, OperationalError)
"""What the broker answered: relay's consumer says it (`relay/worker/consumer.py`), and the connection was not lost."""
WORKER = "celery.worker"
"""Logs, with a traceback, what ended the worker."""
STEPS = "celery.bootsteps"
"""Logs, with a traceback, that a lost connection could not be closed."""
UPKEEP = ("kombu.transport.redis", "kombu.asynchronous.timer")
"""Log, with a traceback and every few seconds, that Redis refuses what kombu does beside taking messages."""
WARNINGS = "py.warnings"
"""What the module `warnings` says, which Celery has logged."""
NEXT_VERSION = "CPendingDeprecationWarning"
"""Announces Celery's next major version, at every connection that is lost."""


def quieten() -> None:
    """Leave out of this process's log what comes too often."""
    for name in ONLY_FOR_DEBUGGING:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger(LOST).addFilter(_BrokerAway())
    logging.getLogger(STEPS).addFilter(_without_traceback)
    logging.getLogger(REQUESTS).addFilter(_without_acknowledgements_traceback)
    logging.getLogger(WORKER).addFilter(_without_the_systems_traceback)
    refused = _UpkeepRefused()
    for name in UPKEEP:
        logging.getLogger(name).addFilter(refused)
    # Not a filter of `warnings`: Celery sets its own after this.
    logging.getLogger(WARNINGS).addFilter(_is_of_this_version)


class _BrokerAway(logging.Filter):
    def __init__(self) -> None:
        super().__init__()
        self._incidents = Incidents()

    def filter(self, record: logging.LogRecord) -> bool:
        errors = [value for value in record.args or () if isinstance(value, BaseException)]
        if record.levelno == logging.WARNING:
            # guard: refusals-said-once
            if any(isinstance(error, REFUSALS) for error in errors):
                return False
            self._incidents.end("broker")
            return _without_traceback(record)
        if "Cannot connect" in str(record.msg):
            return self._is_news(errors)
        return True

    def _is_news(self, errors: Sequence[BaseException]) -> bool:
        """Whether Celery's line shall be seen. One with a known remedy is logged as relay logs those."""
        if refused := as_configuration_error(errors[0], "broker") if errors else None:
            # guard: refused-while-at-work
            if self._incidents.begin("broker", str(refused)):
                get_logger("relay").error("configuration", task="consume", remedy=str(refused))
            return False
        return self._incidents.begin("broker", "away") is not None


class _UpkeepRefused(logging.Filter):
    """Lets through what is no refusal, and says one with a known remedy as relay does. One that passes by itself is
    said by whoever waits for messages, or sends them."""

    def __init__(self) -> None:
        super().__init__()
        self._incidents = Incidents()

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return True
        refused = as_configuration_error(error, "broker")
        # guard: upkeep-refused
        if refused and self._incidents.begin("upkeep", str(refused)):
            get_logger("relay").error("configuration", task="upkeep", remedy=str(refused))
        return refused is None and not is_transient(error)


def _is_of_this_version(record: logging.LogRecord) -> bool:
    # guard: next-version-is-no-news
    return NEXT_VERSION not in record.getMessage()


def _without_acknowledgements_traceback(record: logging.LogRecord) -> bool:
    return _without_traceback(record) if "Couldn't ack" in str(record.msg) else True


def _without_the_systems_traceback(record: logging.LogRecord) -> bool:
    """A pid file that cannot be written, a full disk, a /dev/shm that is read-only: where it was met says no more."""
    error = record.exc_info[1] if record.exc_info else None
    # guard: the-systems-errors
    return _without_traceback(record) if isinstance(error, OSError | LockFailed) else True


def _without_traceback(record: logging.LogRecord) -> bool:
    record.exc_info = record.exc_text = None
    return True
