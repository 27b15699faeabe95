"""Batches for RabbitMQ."""

from __future__ import annotations

from common.database.records import NOWHERE, Dispatch
from relay.broker.rabbitmq_publisher import RabbitMQPublisher
from relay.sources.builtin import SALE
from tests.support.samples import a_dispatch


def batch_for(queue: str, count: int, start: int = 0) -> list[Dispatch]:
    return [a_dispatch(seq, queue=queue) for seq in range(start, start + count)]


def ids_of(dispatches: list[Dispatch]) -> list[str]:
    return [dispatch.id for dispatch in dispatches]


def publish(publisher: RabbitMQPublisher, batch: list[Dispatch]) -> None:
    publisher.publish(SALE, after=NOWHERE, dispatches=batch)
