"""Relay's worker outlives what the broker refuses its consumer: no memory, a replica after a failover, a right.

Celery 5.7 by itself ends a worker, with a traceback, at every answer of the broker that is no lost connection
(`Consumer.start`; `broker_channel_error_retry` has it connect again, and again at once). One that has just started ends
here as well, in one line, where a person has to fix something.
"""

from __future__ import annotations

import time
import warnings
from typing import Any

from celery.exceptions import CPendingDeprecationWarning
from celery.worker import consumer
from celery.worker.state import maybe_shutdown
from kombu.exceptions import OperationalError
from typing_extensions import override

from common.logging import get_logger
from relay.error_policy import is_transient
from relay.exits import end_process
from relay.operations.ending import ending_of
from relay.worker.incidents import Incidents
from relay.worker.reporting import log_once, report_recovered

LONGEST_WAIT = 8
"""Seconds between two tries; the first waits are shorter."""


class Consumer(consumer.Consumer):  # type: ignore[misc] # Celery has no types
    """Celery's, which tries again after a refusal, and says once what was refused."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # Some of what kombu calls for Celery is wrapped.
        self._refusals: tuple[type[Exception], ...] = (*self.conninfo.channel_errors, OperationalError)
        self.channel_errors = self._refusals
        self._incidents = Incidents()
        self._was_ready = False
        self._wait = 1

    @override
    def on_ready(self) -> None:
        """It consumes: what was refused before is not any more."""
        super().on_ready()
        self._was_ready, self._wait = True, 1
        report_recovered(get_logger("relay"), self._incidents, "consume")

    @override
    def on_connection_error_before_connected(self, exc: Exception) -> None:
        """A refusal while it connects, as of the commands by which kombu takes its locks."""
        if not isinstance(exc, self._refusals):
            super().on_connection_error_before_connected(exc)
            return
        self._say_what_was_refused(exc)
        self._pause()

    @override
    def on_connection_error_after_connected(self, exc: Exception) -> None:
        """The connection is given up; the next one is made when this returns."""
        was_refused = isinstance(exc, self._refusals)
        if was_refused:
            self._say_what_was_refused(exc)
        with warnings.catch_warnings():
            # It announces Celery's next major version.
            warnings.simplefilter("ignore", CPendingDeprecationWarning)
            super().on_connection_error_after_connected(exc)
        if was_refused:
            self._pause()

    def _say_what_was_refused(self, error: Exception) -> None:
        """Raises SystemExit where that ends the worker, and a defect as it is."""
        if not self._was_ready and not is_transient(error) and (ending := ending_of(error)):
            # guard: refused-before-consuming
            end_process(ending.lines, ending.code)
        with log_once(get_logger("relay"), self._incidents, "consume"):
            raise error

    def _pause(self) -> None:
        for _ in range(self._wait):
            # Raises when the worker was told to end.
            maybe_shutdown()
            time.sleep(1)
        self._wait = min(self._wait * 2, LONGEST_WAIT)
