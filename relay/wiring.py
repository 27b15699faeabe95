"""From settings to wired objects: made at the first use, once a process."""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass, replace
from typing import assert_never

from celery import Celery

from common.config import Settings, get_settings
from common.database.mongo_client import MongoStore
from common.database.mssql_client import MSSQLClient
from common.logging import get_logger
from relay.broker.message import render_args
from relay.broker.rabbitmq_publisher import RabbitMQPublisher
from relay.broker.redis_publisher import RedisPublisher
from relay.broker.settings import Kind, read_broker, use_broker
from relay.collector import spare_the_collector
from relay.cycle.heartbeat import Heartbeat
from relay.cycle.options import CycleOptions
from relay.cycle.ports import Ports, Publisher
from relay.cycle.prefetch import prefetch
from relay.sources.source import Source


@dataclass(frozen=True, kw_only=True, slots=True)
class Relay:
    """Everything that a process needs to run cycles."""

    settings: Settings
    mssql: MSSQLClient
    mongo: MongoStore
    ports: Ports
    options: CycleOptions

    def own(self, source: Source) -> Source:
        """The source with the name of this relay's database: its keys in Mongo and Redis use this name."""
        # guard: database-name
        return replace(source, database=self.settings.database_name)

    def heartbeat(self) -> Heartbeat:
        """A heartbeat for one cycle: it renews every third of the lease."""
        return Heartbeat(
            self.ports.leases,
            self.ports.log,
            interval_seconds=self.settings.heartbeat_seconds,
        )

    def close(self) -> None:
        """Close every connection."""
        self.ports.publisher.close()
        self.mssql.close()
        self.mongo.close()


def build(settings: Settings, app: Celery) -> Relay:
    """Wire a relay for these settings. Connects to nothing but MongoDB, whose indexes are made where missing.

    Raises SettingsError for a broker that relay cannot use.
    """
    publisher = _publisher(settings, app)
    mssql, mongo = MSSQLClient(settings), MongoStore(settings)
    ports = Ports(
        changes=mssql,
        leases=mongo.leases,
        checkpoints=mongo.checkpoints,
        journal=mongo.journal,
        history=mongo.history,
        publisher=publisher,
        render=render_args,
        prefetch=prefetch,
        new_name=lambda: secrets.token_hex(8),
        log=get_logger("relay"),
    )
    options = CycleOptions(
        batch_size=settings.RELAY_BATCH_SIZE,
        baseline_rows=settings.RELAY_BASELINE_ROWS,
        queue_limit=settings.RELAY_QUEUE_LIMIT,
        first_run_now=settings.RELAY_FIRST_RUN == "now",
        host=socket.gethostname(),
        log_kept_seconds=settings.log_kept.total_seconds(),
        stall_seconds=settings.RELAY_STALL_SECONDS,
    )
    return Relay(settings=settings, mssql=mssql, mongo=mongo, ports=ports, options=options)


def _publisher(settings: Settings, app: Celery) -> Publisher:
    broker = read_broker(settings)
    use_broker(app, broker)
    match broker.kind:
        case Kind.REDIS | Kind.SENTINEL:
            return RedisPublisher(app, namespace=settings.MONGO_DB_NAME, signals=settings.RELAY_PUBLISH_SIGNALS)
        case Kind.RABBITMQ:
            return RabbitMQPublisher(app)
        case unknown:
            assert_never(unknown)


_built: dict[int, Relay] = {}


def this_process(app: Celery) -> Relay:
    """The relay of this process. A fork gets its own: connections must not be shared."""
    process = os.getpid()
    if process not in _built:
        _built.clear()
        _built[process] = build(get_settings(), app)
        spare_the_collector()
    return _built[process]
