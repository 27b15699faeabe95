"""The Celery app: `celery -A relay.celery_app worker --beat`. Configured at its first use; connects to nothing here."""

from __future__ import annotations

from functools import cached_property
from typing import Any

from celery import Celery
from celery.app.log import Logging
from celery.loaders.app import AppLoader
from kombu.entity import Queue

from common.config import Settings, SettingsError, forget_celery_brokers, get_settings
from common.error_text import error_text
from common.logging import set_up_logging
from relay.broker.settings import read_broker
from relay.exits import refuse_to_start
from relay.sources.builtin import TaskQueues
from relay.sources.registry import all_sources
from relay.sources.reserved import OWN_QUEUE, check_lists
from relay.standard_streams import open_closed_streams
from relay.worker.embedded_beat import end_with_its_worker
from relay.worker.linger import let_ticks_linger
from relay.worker.log_filter import quieten
from relay.worker.lost_ticks import leave_lost_ticks_alone
from relay.worker.own_queue import consume_own_queue_only
from relay.worker.refused_acks import outlive_refused_acks
from relay.worker.schedule import schedule
from relay.worker.start_check import check_when_a_worker_starts
from relay.worker.watch import watch_over_workers

__all__ = ["OWN_QUEUE", "TaskQueues", "app"]


def _configuration() -> dict[str, Any]:
    try:
        ours = configuration(get_settings())
    except SettingsError as error:
        refuse_to_start(error)
    # They name the same broker as the settings, perhaps with options in the URL that kombu would refuse: from now on
    # only the settings are read.
    forget_celery_brokers()
    return ours


def configuration(settings: Settings) -> dict[str, Any]:
    """Celery's configuration for these settings. Raises SettingsError."""
    broker = read_broker(settings)
    if broker.is_redis:
        check_lists(all_sources(), broker.options)
    return {
        **broker.configuration(),
        "broker_connection_retry_on_startup": True,
        # An outage may take any time; by default Celery gives up after the hundredth try.
        "broker_connection_max_retries": None,
        "task_serializer": "json",
        "accept_content": ["json"],
        "enable_utc": True,
        "timezone": "UTC",
        "task_ignore_result": True,
        "task_default_queue": OWN_QUEUE,
        "task_queues": [Queue(OWN_QUEUE)],
        "worker_prefetch_multiplier": 1,
        # A stalled source keeps one process busy: with one more than there are sources, the others go on.
        "worker_concurrency": len(all_sources()) + 1,
        "worker_consumer": "relay.worker.consumer:Consumer",
        "broker_channel_error_retry": True,  # guard: refused-while-consuming
        "worker_hijack_root_logger": False,
        # Relay's own, and not that of every app on the broker: beat speaks there to all of relay's workers.
        "control_exchange": OWN_QUEUE,
        "beat_schedule": schedule(settings),
        "beat_scheduler": "relay.worker.beat:Scheduler",
        "beat_max_loop_interval": min(settings.RELAY_SCAN_INTERVAL or 5.0, 5.0),
    }


class RelayLogging(Logging):  # type: ignore[misc] # Celery has no types
    """Relay's log instead of Celery's. Celery's signal for this would affect every app of the process."""

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


class RelayCelery(Celery):  # type: ignore[misc] # Celery has no types
    """Celery, with relay's kind of worker."""

    @cached_property
    def Worker(self) -> Any:  # noqa: N802 - Celery's name
        """What `celery worker` starts."""
        return self.subclass_with_self("relay.worker.worker:Worker")


class RelayLoader(AppLoader):  # type: ignore[misc] # Celery has no types
    """Celery's own, whatever CELERY_LOADER says for another service."""

    def read_configuration(self, env: str = "CELERY_CONFIG_MODULE") -> Any:
        """What the module says that this variable names. Ends the process where it cannot be loaded."""
        try:
            return super().read_configuration(env)
        except Exception as error:
            # guard: configuration-module-of-celery
            refuse_to_start(
                f"{env} (or celery --config) names a module that cannot be loaded ({error_text(error)}): relay needs"
                f" none; unset {env} for relay"
            )


# Before anything is opened that could take their place.
open_closed_streams()
app = RelayCelery("relay", include=["relay.tasks"], loader=RelayLoader, log=RelayLogging, set_as_current=False)
# Nobody waits for a result of relay's own tasks. Set here so that another service's CELERY_RESULT_BACKEND is ignored.
app.backend_cls = "disabled"
app.add_defaults(_configuration)
end_with_its_worker(app)
consume_own_queue_only(app)
check_when_a_worker_starts(app)
leave_lost_ticks_alone(app)
outlive_refused_acks(app)
watch_over_workers(app)
let_ticks_linger(app)
