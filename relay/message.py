"""A dispatch as the message that a Celery worker takes: rendered by kombu, as send_task would push it.

Only what no worker acts on differs: origin names relay, reply_to names nobody, since relay waits for no result, and
argsrepr is repr's.
"""

from __future__ import annotations

import os
import socket
from dataclasses import dataclass
from typing import Any

from celery import Celery
from kombu.messaging import Producer
from kombu.utils import json

from common.database.records import Dispatch

ORIGIN = f"relay@{socket.gethostname()}"


def render_args(args: tuple[Any, ...]) -> str:
    """The arguments as the JSON text that goes into the message.

    Raises TypeError or ValueError (kombu's EncodeError is one) for what JSON cannot hold.
    """
    return str(json.dumps(list(args), allow_nan=False))


def as_task(app: Celery, dispatch: Dispatch) -> Any:
    """Celery's own task message (protocol 2) for a dispatch.

    origin, argsrepr and kwargsrepr are given because making them up takes more time than the rest.
    """
    args = json.loads(dispatch.args)
    return app.amqp.as_task_v2(
        dispatch.id,
        dispatch.task,
        args,
        None,
        origin=f"{os.getpid()}@{ORIGIN}",
        argsrepr=repr(tuple(args)),
        kwargsrepr="{}",
        ignore_result=None,
    )


@dataclass(frozen=True, kw_only=True, slots=True)
class RedisMessage:
    """What kombu would push: the list's full name and the payload."""

    key: str
    payload: bytes


class _Collector:
    """Stands where kombu collects a batch's commands, so that it renders without sending."""

    def __init__(self) -> None:
        self.messages: list[RedisMessage] = []

    def add(self, command: str, key: str, payload: str | bytes, *_: Any) -> None:
        if command != "lpush":
            raise TypeError(f"kombu wants {command.upper()} beside LPUSH: queues that expire are not supported")
        data = payload.encode() if isinstance(payload, str) else payload
        self.messages.append(RedisMessage(key=key, payload=data))


def render_for_redis(app: Celery, producer: Producer, dispatch: Dispatch) -> RedisMessage:
    """The exact list and payload that kombu's Redis transport would push for a dispatch.

    `_publish_batch` is a private keyword of kombu 5.7's virtual transport: hence the pin on kombu.
    """
    task = as_task(app, dispatch)
    body, content_type, content_encoding = producer._prepare(task.body, "json", headers=task.headers)
    properties = {**task.properties, "delivery_mode": 2}
    channel = producer.channel
    message = channel.prepare_message(body, dispatch.priority, content_type, content_encoding, task.headers, properties)
    collector = _Collector()
    channel.basic_publish(message, exchange="", routing_key=dispatch.queue, _publish_batch=collector)
    return collector.messages[0]
