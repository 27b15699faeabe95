"""A worker outlives the loss of its connection while ticks wait in it."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from typing import NamedTuple

import pytest
from celery import Celery, signals
from celery.worker.control import Panel
from kombu.connection import Connection
from kombu.entity import Queue
from kombu.transport.redis import QoS
from sandbox.testing.redis_process import RedisProcess

from common.config import Settings
from relay.celery_app import app as relay_app


class Worker(NamedTuple):
    """As far as the signal's receivers look at it."""

    app: Celery


@pytest.fixture
def settings(settings_with_own_redis: Settings) -> Settings:
    return settings_with_own_redis


@pytest.fixture(autouse=True)
def as_kombu_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a worker's start changes for the whole process is set back."""
    monkeypatch.setattr(QoS, "restore_at_shutdown", True)
    monkeypatch.setitem(Panel.data, "add_consumer", Panel.data["add_consumer"])
    for look in ("start_check._log_problems", "start_check._check_broker", "own_queue._check"):
        monkeypatch.setattr(f"relay.worker.{look}", lambda *_: None)


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


def test_a_worker_outlives_the_loss_of_its_connection(celery_app: Celery, redis_server: RedisProcess) -> None:
    _start_a_worker_of(relay_app)
    assert _outlives_the_loss_of_its_connection(celery_app, redis_server)


def test_the_workers_of_other_apps_are_as_kombu_has_them(celery_app: Celery, redis_server: RedisProcess) -> None:
    _start_a_worker_of(celery_app)
    assert not _outlives_the_loss_of_its_connection(celery_app, redis_server)
