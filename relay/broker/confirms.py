"""A channel to RabbitMQ that knows which of its messages the broker has confirmed, without waiting after each.

RabbitMQ, "Consumer Acknowledgements and Publisher Confirms": on a channel in confirm mode messages are numbered from 1;
each is answered by basic.ack (it is in every queue that it was routed to, and for a durable queue on disk), by
basic.nack (the queue refuses it), or, when `mandatory` and in no queue, by basic.return and then basic.ack.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

import amqp

from relay.broker.rabbitmq_errors import BlockedError
from relay.broker.settings import TIMEOUT_SECONDS

CONFIRM_SECONDS = 30.0
"""Longest wait for the next confirmation: a loaded disk takes its time, and giving up too soon sends twice."""

NO_QUEUE = "amq.relay.nobody"
"""Routing key of a queue that cannot be there: nobody may declare one whose name begins with `amq.`."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Sent:
    """A message on its way."""

    task_id: str | None
    queue: str


class ConfirmingChannel:
    """Stands where kombu's producer wants a channel. Every message to a queue is `mandatory`."""

    def __init__(self, channel: amqp.Channel) -> None:
        channel.events["basic_ack"].add(self._on_ack)
        channel.events["basic_nack"].add(self._on_nack)
        channel.events["basic_return"].add(self._on_return)
        channel.confirm_select()
        self._channel = channel
        self._published = 0
        self._on_their_way: dict[int, Sent] = {}
        self.confirmed: set[str] = set()
        """Ids of the tasks that are in their queue."""
        self.refused: list[Sent] = []
        self.without_queue: set[str] = set()
        """Names of queues that are not there."""
        self._returned: set[str | None] = set()
        """Ids of the tasks that came back; one sent later may have found its queue declared."""

    def __getattr__(self, name: str) -> Any:
        return getattr(self._channel, name)

    @property
    def waiting(self) -> int:
        """Messages that RabbitMQ has not answered yet."""
        return len(self._on_their_way)

    def check_takes_messages(self) -> None:
        """Have an empty message confirmed that no queue gets. Raises BlockedError, or as `wait` does.

        A RabbitMQ that is low on memory or disk stops reading from connections that publish (RabbitMQ, "Blocked
        Connections"). Later it reads what is in their sockets, also of clients that gave up long ago: each try with a
        batch would be one more copy of it.
        """
        connection = self._channel.connection
        connection.on_blocked = _raise_blocked
        try:
            self._send(amqp.Message(), exchange="", sent=Sent(task_id=None, queue=NO_QUEUE), mandatory=False)
            self.wait()
        finally:
            connection.on_blocked = None

    def basic_publish(self, message: Any, *, exchange: str, routing_key: str, **_: Any) -> None:
        """Send it. An event about a task goes to an exchange, which may have no queue."""
        task_id = None if exchange else message.properties.get("correlation_id")
        sent = Sent(task_id=task_id, queue=routing_key)
        # guard: mandatory
        self._send(message, exchange=exchange, sent=sent, mandatory=not exchange)

    def _send(self, message: Any, *, exchange: str, sent: Sent, mandatory: bool) -> None:
        self._published += 1
        self._on_their_way[self._published] = sent
        self._channel.basic_publish(
            message, exchange=exchange, routing_key=sent.queue, mandatory=mandatory, timeout=TIMEOUT_SECONDS
        )

    def wait(self) -> None:
        """Until everything was answered. Raises TimeoutError after CONFIRM_SECONDS without any answer, or the
        connection's and the channel's errors."""
        until, waiting = time.monotonic() + CONFIRM_SECONDS, self.waiting
        # guard: confirmations
        while self._on_their_way:
            # One frame: a heartbeat is no answer.
            self._channel.connection.blocking_read(max(until - time.monotonic(), 0.001))
            if self.waiting < waiting:
                until, waiting = time.monotonic() + CONFIRM_SECONDS, self.waiting

    def _on_ack(self, number: int, multiple: bool) -> None:
        for sent in self._answered(number, multiple):
            # guard: returned-is-not-confirmed
            if sent.task_id is not None and sent.task_id not in self._returned:
                self.confirmed.add(sent.task_id)

    def _on_nack(self, number: int, multiple: bool) -> None:
        self.refused += self._answered(number, multiple)

    def _on_return(self, _error: Exception, _exchange: str, routing_key: str, message: Any) -> None:
        self.without_queue.add(routing_key)
        self._returned.add(message.properties.get("correlation_id"))

    def _answered(self, number: int, multiple: bool) -> list[Sent]:
        numbers = [one for one in self._on_their_way if one <= number] if multiple else [number]
        return [self._on_their_way.pop(one) for one in numbers]


def _raise_blocked(_reason: str) -> None:
    raise BlockedError(
        "RabbitMQ takes no messages, being low on memory or disk (`rabbitmq-diagnostics alarms` names which): see that"
        " its queues are emptied; relay goes on by itself"
    )
