from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from celery import Celery
from sandbox import services
from sandbox.processes import stop_all

from common.config import Settings
from relay.broker.redis_publisher import RedisPublisher
from relay.celery_app import configuration

Closing = Callable[[RedisPublisher], RedisPublisher]


@pytest.fixture
def queue() -> str:
    """A name that no other test has used."""
    return f"queue-{secrets.token_hex(6)}"


@pytest.fixture
def closing_at_the_end() -> Iterator[Closing]:
    """Closes what it was given, and gives it back."""
    with ExitStack() as stack:
        yield lambda publisher: stack.enter_context(closing(publisher))


@pytest.fixture
def small_redis(settings: Settings, tmp_path: Path) -> Iterator[Celery]:
    """An app on a Redis of its own, whose memory the test may limit."""
    place = services.Place(folder=tmp_path, environment=os.environ, durable=False)
    redis, port = services.start_redis(place, port=None)
    app = Celery("small", set_as_current=False)
    app.conf.update(configuration(settings.model_copy(update={"REDIS_HOST": services.HOST, "REDIS_PORT": port})))
    try:
        yield app
    finally:
        app.close()
        stop_all([redis])


@pytest.fixture
def redis_way(celery_app: Celery, closing_at_the_end: Closing) -> RedisPublisher:
    return closing_at_the_end(RedisPublisher(celery_app, namespace="relay"))
