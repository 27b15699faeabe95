"""A worker outlives the loss of its connection while ticks wait in it."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import pytest
from celery import Celery, signals
from kombu import Connection, Queue
from kombu.transport.redis import QoS

from common.config import Settings
from relay.celery_app import app as relay_app
from relay.celery_app import configuration
from tests.support.redis_process import RedisProcess, running_redis

pytestmark = pytest.mark.services


class Worker(NamedTuple):
    """As far as the signal's receivers look at it."""

    app: Celery


@pytest.fixture
def redis_server(tmp_path: Path) -> Iterator[RedisProcess]:
    with running_redis(tmp_path / "redis-of-its-own") as server:
        yield server


@pytest.fixture
def fetching_app(settings: Settings, redis_server: RedisProcess) -> Iterator[Celery]:
    """An app on a Redis that the test may kill; what a worker's start changes for the whole process is set back."""
    app = Celery("fetching", set_as_current=False)
    app.conf.update(
        configuration(settings.model_copy(update={"REDIS_HOST": "127.0.0.1", "REDIS_PORT": redis_server.port}))
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(QoS, "restore_at_shutdown", True)
        patch.setattr("relay.start_check._log_mistakes", lambda: None)
        yield app


def _start_a_worker_of(app: Celery) -> None:
    for _, answer in signals.worker_init.send(sender=Worker(app=app)):
        assert answer is None


def _outlives_the_loss_of_its_connection(app: Celery, server: RedisProcess) -> bool:
    """What Celery's consumer does after an error of its connection: `on_connection_error_after_connected`."""
    with app.connection_for_write() as writer:
        writer.SimpleQueue("ticks").put("a tick")
    connection = app.connection_for_read()
    connection.Consumer([Queue("ticks")], callbacks=[lambda _body, _message: None]).consume()
    connection.drain_events(timeout=5)
    with suppress(TimeoutError):
        # It waits for the next one when the connection ends.
        connection.drain_events(timeout=0.1)
    return _outlives(connection, server)


def _outlives(connection: Connection, server: RedisProcess) -> bool:
    server.kill()
    # As where its socket is gone already: kombu then leaves the channel open, and closes it without a transport.
    connection.transport.cycle.close = _bad_descriptor
    with suppress(Exception):
        connection.collect()
    try:
        connection.close()
    except AttributeError:
        return False
    return True


def _bad_descriptor() -> None:
    raise OSError(errno.EBADF, os.strerror(errno.EBADF))


def test_a_worker_outlives_the_loss_of_its_connection(fetching_app: Celery, redis_server: RedisProcess) -> None:
    _start_a_worker_of(relay_app)
    assert _outlives_the_loss_of_its_connection(fetching_app, redis_server)


def test_the_workers_of_other_apps_are_as_kombu_has_them(fetching_app: Celery, redis_server: RedisProcess) -> None:
    _start_a_worker_of(fetching_app)
    assert not _outlives_the_loss_of_its_connection(fetching_app, redis_server)
