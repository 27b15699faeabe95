"""What a worker checks when it starts: its broker and its sources. Problems are logged before any tick."""

from __future__ import annotations

from typing import Any

from amqp.exceptions import AMQPError
from celery import Celery, signals
from kombu.exceptions import OperationalError
from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy.exc import DBAPIError

from common.config import SettingsError, get_settings
from common.database.errors import ConfigurationError
from common.database.mssql_client import MSSQLClient
from common.logging import get_logger
from relay.broker import rabbitmq_errors
from relay.broker.redis_publisher import refuse_cluster
from relay.broker.settings import check_celery_agrees, read_broker
from relay.error_policy import describe_error
from relay.exits import refuse_to_start
from relay.sources.check import check_sources
from relay.sources.registry import all_sources


def check_when_a_worker_starts(app: Celery) -> None:
    """From now on each of this app's workers logs, before it forks, a line for every problem and warning.

    It starts all the same: the other sources are to be relayed, and a problem can be fixed while it runs. It ends when
    the broker is not that of relay's settings, or one that relay cannot use; so does a beat.
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
        broker = read_broker(get_settings())
        check_celery_agrees(app, broker)
        if broker.is_redis:
            _refuse_cluster(app)
        else:
            _check_rabbitmq_lets_in(app)
    except (SettingsError, ConfigurationError) as error:
        refuse_to_start(error)


def _refuse_cluster(app: Celery) -> None:
    try:
        # Closed before the worker forks.
        with app.connection_for_write() as connection:
            refuse_cluster(Redis(connection_pool=connection.default_channel.pool))
    except (RedisError, OperationalError):
        # Away: Celery waits for it, and says so.
        return


def _check_rabbitmq_lets_in(app: Celery) -> None:
    """Raise ConfigurationError when it does not: Celery would end with a traceback."""
    try:
        with app.connection_for_write() as connection:
            connection.default_channel  # noqa: B018 - connects
    except (AMQPError, OperationalError) as error:
        # Away: Celery waits for it, and says so.
        if remedy := rabbitmq_errors.remedy(error):
            raise ConfigurationError(f"RabbitMQ: {remedy}") from error


def _log_problems() -> None:
    log = get_logger("relay")
    settings = get_settings()
    mssql = MSSQLClient(settings)
    try:
        findings = check_sources(mssql, all_sources(), log_kept=settings.log_kept)
        for line in findings.problems:
            log.error("configuration", task="start", remedy=line)
        for line in findings.warnings:
            log.warning("configuration", task="start", remedy=line)
    except DBAPIError as error:
        log.warning("not_checked", task="start", error=describe_error(error))
    finally:
        # The worker's processes are forked from this one, and must not inherit a connection.
        mssql.close()
