"""What a worker checks when it starts: its broker and its sources. Problems are logged before any tick."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

from celery import Celery, signals
from kombu.transport.redis import Channel as RedisChannel
from redis import Redis

from common.config import Settings, SettingsError, get_settings
from common.database.errors import ConfigurationError
from common.database.mongo_client import MongoStore
from common.database.mssql_client import MSSQLClient
from common.logging import get_logger
from relay.broker.redis_publisher import check_rights, refuse_cluster
from relay.broker.settings import check_celery_agrees, read_broker
from relay.error_policy import Service, as_configuration_error, is_transient
from relay.exits import EXIT_CONFIGURATION, refuse_to_start
from relay.operations.diagnosis import why_away
from relay.operations.ending import ending_of
from relay.sources.check import check_sources
from relay.sources.registry import all_sources


def check_when_a_worker_starts(app: Celery) -> None:
    """From now on each of this app's workers logs, before it forks, a line for every problem and warning.

    It starts all the same: the other sources are to be relayed, and a problem can be fixed while it runs. It ends when
    the broker is not that of relay's settings, one that relay cannot use, or one that does not let it in; so does a
    beat. One that is already at work goes on, and says so (`relay/worker/log_filter.py`).
    """

    @signals.worker_init.connect(weak=False)
    def check(sender: Any, **_: Any) -> None:
        if sender.app is app:
            _check_broker(app)
            _log_problems()

    @signals.beat_init.connect(weak=False)
    def check_beat(sender: Any, **_: Any) -> None:
        if sender.app is app:
            _check_broker(app)


def _check_broker(app: Celery) -> None:
    try:
        check_celery_agrees(app, read_broker(get_settings()))
        _check_access(app)
    except (SettingsError, ConfigurationError) as error:
        refuse_to_start(error)


def _check_access(app: Celery) -> None:
    """Raise ConfigurationError when the broker does not let relay in, or is none: Celery would end with a traceback,
    or wait for ever. One that is away is waited for: Celery says so.
    """
    try:
        # Closed before the worker forks.
        with app.connection_for_write() as connection:
            channel = connection.default_channel
            if isinstance(channel, RedisChannel):
                client = Redis(connection_pool=channel.pool)
                refuse_cluster(client)
                check_rights(client, channel.global_keyprefix)
    except Exception as error:
        # guard: broker-refuses-at-the-start
        if not is_transient(error):
            raise as_configuration_error(error, "broker") or error from error
        if problem := why_away(Service.BROKER, get_settings()):
            raise ConfigurationError(problem) from error


def _log_problems() -> None:
    settings = get_settings()
    with _looked_at(Service.SQL_SERVER):
        _check_sources(settings)
    with _looked_at(Service.MONGODB), closing(MongoStore(settings)) as mongo:
        mongo.clock.now()


def _check_sources(settings: Settings) -> None:
    log = get_logger("relay")
    # The worker's processes are forked from this one, and must not inherit a connection.
    with closing(MSSQLClient(settings)) as mssql:
        findings = check_sources(mssql, all_sources(), log_kept=settings.log_kept)
    for line in findings.problems:
        log.error("configuration", task="start", remedy=line)
    for line in findings.warnings:
        log.warning("configuration", task="start", remedy=line)


@contextmanager
def _looked_at(service: Service) -> Iterator[None]:
    """Log what is wrong with the service. A worker starts all the same, and goes on by itself once it is fixed."""
    log = get_logger("relay")
    try:
        yield
    except Exception as error:
        ending = ending_of(error)
        if ending is None:
            raise
        if ending.code == EXIT_CONFIGURATION:
            for line in ending.lines:
                log.error("configuration", task="start", remedy=line)
        else:
            # With its address: a name that is misspelt looks like an outage.
            log.warning("not_checked", task="start", service=service.value, error=" ".join(ending.lines))
