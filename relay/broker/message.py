"""A dispatch as the message that a Celery worker takes: rendered by kombu, as send_task would push it.

It differs only in fields that no worker acts on: origin names relay, reply_to names nobody, since relay waits for no
result, and argsrepr is repr's.
"""

from __future__ import annotations

import os
import socket
import sys
from json.encoder import encode_basestring_ascii as quoted
from typing import Any, NamedTuple

from celery import Celery
from kombu.messaging import Producer
from kombu.utils import json

from common.database.records import Outgoing

ORIGIN = f"relay@{socket.gethostname()}"


def render_args(args: tuple[Any, ...]) -> str:
    """The arguments as the JSON text that goes into the message.

    Raises TypeError or ValueError (kombu's EncodeError is one) for what JSON cannot hold.
    """
    parts = []
    for value in args:
        if type(value) is str:
            parts.append(quoted(value))
        elif type(value) is int:
            parts.append(int.__repr__(value))
        else:
            return str(json.dumps(list(args), allow_nan=False))
    return f"[{', '.join(parts)}]"


def as_task(app: Celery, dispatch: Outgoing, *, sent_event: bool = False, longest_repr: int = sys.maxsize) -> Any:
    """Celery's own task message (protocol 2) for a dispatch; `sent_event`: with the event that tells of it.

    `longest_repr`: characters of argsrepr, which is for monitors and no worker reads; what is longer ends with `...`.
    origin, argsrepr and kwargsrepr are given because making them up takes more time than the rest.
    """
    args = json.loads(dispatch.args)
    argsrepr = repr(tuple(args))
    return app.amqp.as_task_v2(
        dispatch.id,
        dispatch.window.task,
        args,
        None,
        origin=f"{os.getpid()}@{ORIGIN}",
        argsrepr=argsrepr if len(argsrepr) <= longest_repr else f"{argsrepr[:longest_repr]}...",
        kwargsrepr="{}",
        ignore_result=None,
        create_sent_event=sent_event,
    )


class RedisMessage(NamedTuple):
    """What kombu would push: the list's name, to which kombu's client adds `global_keyprefix`, and the payload."""

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


class _Rendering:
    """Stands where Celery wants a producer: what it would publish to a work queue is rendered and kept."""

    def __init__(self, producer: Producer) -> None:
        self._producer = producer
        self.messages: list[RedisMessage] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._producer, name)

    def publish(self, body: Any, *, exchange: str, routing_key: str, headers: Any, priority: int, **rest: Any) -> None:
        if exchange:
            # An event about the message, and not the message.
            self._producer.publish(
                body, exchange=exchange, routing_key=routing_key, headers=headers, priority=priority, **rest
            )
            return
        for setting in ("serializer", "compression", "retry", "retry_policy", "declare", "timeout", "confirm_timeout"):
            rest.pop(setting, None)
        channel = self._producer.channel
        data, content_type, content_encoding = self._producer._prepare(body, "json", headers=headers)
        properties = {**rest, "delivery_mode": 2}
        message = channel.prepare_message(data, priority, content_type, content_encoding, headers, properties)
        collector = _Collector()
        channel.basic_publish(message, exchange="", routing_key=routing_key, _publish_batch=collector)
        self.messages += collector.messages


def render_for_redis(app: Celery, producer: Producer, dispatch: Outgoing, *, signals: bool = False) -> RedisMessage:
    """The exact list and payload that kombu's Redis transport would push for a dispatch.

    `signals`: with all that send_task tells others: before_task_publish, which may add headers (tracing does),
    after_task_publish, and the task-sent event where the app's configuration asks for it.

    `_publish_batch` is a private keyword of kombu 5.7's virtual transport: hence the pin on kombu.
    """
    rendering, window = _Rendering(producer), dispatch.window
    message = as_task(app, dispatch, sent_event=signals and app.conf.task_send_sent_event)
    if signals:
        app.amqp.send_task_message(
            rendering,
            window.task,
            message,
            queue=window.queue,
            priority=window.priority,
            retry=False,
            declare=[],
        )
    else:
        rendering.publish(
            message.body,
            exchange="",
            routing_key=window.queue,
            headers=message.headers,
            priority=window.priority,
            **message.properties,
        )
    return rendering.messages[0]
