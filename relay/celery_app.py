"""The Celery app: `celery -A relay.celery_app worker --beat`. Configured at its first use; connects to nothing here."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from celery import Celery
from celery.app.log import Logging
from celery.schedules import crontab
from kombu.entity import Queue

from common.config import Settings, SettingsError, get_settings
from common.logs import set_up_logging
from relay.celery_logs import quieten
from relay.embedded_beat import end_with_its_worker
from relay.lost_ticks import leave_lost_ticks_alone
from relay.registry import all_sources
from relay.sources import TaskQueues
from relay.start_check import check_when_a_worker_starts

__all__ = ["OWN_QUEUE", "TaskQueues", "app"]

OWN_QUEUE = "relay"
"""The only queue that relay's workers consume. The others belong to the worker services."""

RECONCILE_SECONDS = 600
"""Between two looks for stuck rows."""
MARK_SECONDS = 60
"""Longest time between two looks at the marks, however rarely is scanned: a mark of five minutes counts as given up."""

BROKER_SECONDS = 5
"""Longest wait for Redis."""
HEALTH_SECONDS = 3
"""A connection to Redis that was not used for so long is checked before it is used again."""


def _configuration() -> dict[str, Any]:
    try:
        return configuration(get_settings())
    except SettingsError as error:
        raise SystemExit(f"relay: {error}") from None


def configuration(settings: Settings) -> dict[str, Any]:
    """Celery's configuration for these settings."""
    broker = settings.broker_url
    return {
        "broker_url": broker,
        "result_backend": broker if broker.startswith("redis") else None,
        "broker_connection_retry_on_startup": True,
        # An outage may take as long as it likes; Celery gives up after the hundredth try.
        "broker_connection_max_retries": None,
        "broker_transport_options": _transport_options(settings),
        "task_serializer": "json",
        "result_serializer": "json",
        "accept_content": ["json"],
        "enable_utc": True,
        "timezone": "UTC",
        "task_ignore_result": True,
        "task_default_queue": OWN_QUEUE,
        "task_queues": [Queue(OWN_QUEUE)],
        "worker_prefetch_multiplier": 1,
        # A stalled source keeps one process busy: with one more than there are sources, the others go on.
        "worker_concurrency": len(all_sources()) + 1,
        "worker_hijack_root_logger": False,
        "beat_schedule": _schedule(settings),
        "beat_scheduler": "relay.scheduler:Scheduler",
        "beat_max_loop_interval": min(settings.RELAY_SCAN_INTERVAL or 5.0, 5.0),
    }


def _transport_options(settings: Settings) -> dict[str, Any]:
    if not settings.broker_url.startswith(("redis", "sentinel")):
        return {}
    # Whoever needs a channel and does not get one is told at once: relay's own retries have jitter, and an end.
    # A worker that waits for ticks on a connection that went silent finds out after two health checks (kombu: 51 s).
    return {
        "socket_timeout": BROKER_SECONDS,
        "socket_connect_timeout": BROKER_SECONDS,
        "health_check_interval": HEALTH_SECONDS,
        "max_retries": 0,
        "master_name": settings.RELAY_SENTINEL_MASTER,
    }


def _schedule(settings: Settings) -> dict[str, Any]:
    """Every full minute, or as often as RELAY_SCAN_INTERVAL says. A tick that was not taken in time expires."""
    interval = settings.RELAY_SCAN_INTERVAL
    rarely = interval is not None and interval > MARK_SECONDS
    return {
        "scan-for-new-data-every-minute": {
            "task": "relay.scan_and_dispatch",
            "schedule": crontab() if interval is None else timedelta(seconds=interval),
            "options": {"queue": OWN_QUEUE, "expires": tick_seconds(settings)},
        },
        "look-for-stuck-rows": {
            "task": "relay.reconcile",
            "schedule": timedelta(seconds=RECONCILE_SECONDS),
            "options": {"queue": OWN_QUEUE, "expires": RECONCILE_SECONDS},
        },
        **({"keep-marks-fresh": _renewal()} if rarely else {}),
    }


def _renewal() -> dict[str, Any]:
    return {
        "task": "relay.keep_marks_fresh",
        "schedule": timedelta(seconds=MARK_SECONDS),
        "options": {"queue": OWN_QUEUE, "expires": MARK_SECONDS},
    }


def tick_seconds(settings: Settings) -> float:
    """How long a tick is worth taking: until the next one, but no less than a second."""
    return max(settings.RELAY_SCAN_INTERVAL or 60.0, 1.0)


class RelayLogging(Logging):  # type: ignore[misc] # Celery has no types
    """Relay's log in the place of Celery's. Celery's signal for this would hold for every app of the process."""

    already_setup: bool = False

    def setup_logging_subsystem(self, *_: Any, **__: Any) -> bool:
        """Set up the log of this process, once. True: Celery has nothing left to do."""
        if not self.already_setup:
            settings = get_settings()
            set_up_logging(settings)
            if settings.RELAY_LOG_LEVEL != "DEBUG":
                quieten()
            self.already_setup = True
        return True


app = Celery("relay", include=["relay.tasks"], log=RelayLogging, set_as_current=False)
app.add_defaults(_configuration)
end_with_its_worker(app)
check_when_a_worker_starts(app)
leave_lost_ticks_alone(app)
