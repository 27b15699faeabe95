"""Looking into queues: what a Celery worker would find there."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from celery import Celery
from kombu.entity import Queue
from redis import Redis

Queued = Callable[[], list[str]]
"""Gives the business ids whose messages wait in a queue, the oldest first."""


@contextmanager
def redis_of(app: Celery) -> Iterator[Redis]:
    """A plain client on the app's Redis."""
    with app.connection_for_write() as connection:
        yield Redis(connection_pool=connection.default_channel.pool)


def messages_in_redis(app: Celery, queue: str) -> Sequence[Any]:
    """The messages of a Redis list as kombu wrote them, the oldest first. They stay there."""
    with redis_of(app) as client:
        return [json.loads(message) for message in reversed(client.lrange(queue, 0, -1))]


def task_ids_in_redis(app: Celery, queue: str) -> Sequence[str]:
    """Task ids in a Redis list, the oldest first."""
    return [message["headers"]["id"] for message in messages_in_redis(app, queue)]


def business_ids_in_redis(app: Celery, queue: str) -> list[str]:
    """The first argument of each message in a Redis list, the oldest first."""
    return [json.loads(base64.b64decode(message["body"]))[0][0] for message in messages_in_redis(app, queue)]


def declare(app: Celery, queue: str, **arguments: Any) -> None:
    """Declare a durable queue and empty it, as its worker service does at its start; `arguments`: the broker's own."""
    with app.connection_for_write() as connection, connection.channel() as channel:
        bound = Queue(queue, queue_arguments=arguments or None)(channel)
        bound.queue_declare()
        bound.purge()


def undeclare(app: Celery, queue: str) -> None:
    """Delete a queue of RabbitMQ's, if it is there."""
    with app.connection_for_write() as connection, connection.channel() as channel:
        channel.queue_delete(queue)


def taken_task_ids(app: Celery, queue: str) -> Sequence[str]:
    """Take every message from a queue of any broker, through kombu; their task ids in the order of arrival."""
    with app.connection_for_read() as connection, connection.channel() as channel:
        bound = Queue(queue)(channel)
        bound.declare()
        taken = []
        while (message := bound.get(no_ack=True)) is not None:
            taken.append(str(message.headers["id"]))
        return taken
