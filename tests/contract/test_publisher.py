"""The publishers: over Redis, over RabbitMQ, and their twins."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing

import pytest
from celery import Celery

from common.database.records import Outgoing, Position
from relay.broker.rabbitmq_publisher import RabbitMQPublisher
from relay.broker.redis_publisher import RedisPublisher
from relay.cycle.ports import Publisher
from relay.sources.builtin import BUILT_IN
from relay.sources.source import Source
from tests.contract.publisher import ForgetfulPublisherContract, PositionedPublisherContract
from tests.support.queues import declare, taken_task_ids, task_ids_in_redis
from tests.support.twins import TwinBroker, TwinQueue


class TestRedisPublisher(PositionedPublisherContract):
    @pytest.fixture
    def publisher(self, celery_app: Celery) -> Iterator[Publisher]:
        self.app = celery_app
        with closing(RedisPublisher(celery_app, namespace="relay")) as publisher:
            yield publisher

    def queued(self, source: Source) -> Sequence[str]:
        return task_ids_in_redis(self.app, source.queue)


class TwinQueues:
    """A TwinQueue for each source."""

    def __init__(self) -> None:
        self.each = {source.name: TwinQueue() for source in BUILT_IN}

    def positions(self, sources: Sequence[Source]) -> Mapping[str, Position | None]:
        return {source.name: self.each[source.name].position for source in sources}

    def publish(
        self, source: Source, *, after: Position, dispatches: Sequence[Outgoing], silent: Collection[str] = ()
    ) -> None:
        self.each[source.name].publish(source, after=after, dispatches=dispatches, silent=silent)

    def close(self) -> None:
        pass

    def discard_torn_writes(self) -> bool:
        return True

    def queue_length(self, source: Source) -> int | None:
        return self.each[source.name].queue_length(source)


class TestTwinQueue(PositionedPublisherContract):
    @pytest.fixture
    def publisher(self) -> Publisher:
        self.queues = TwinQueues()
        return self.queues

    def queued(self, source: Source) -> Sequence[str]:
        return [dispatch.id for dispatch in self.queues.each[source.name].pushed]


class TestRabbitMQPublisher(ForgetfulPublisherContract):
    @pytest.fixture
    def publisher(self, rabbitmq_app: Celery) -> Iterator[Publisher]:
        self.app = rabbitmq_app
        for source in BUILT_IN:
            declare(rabbitmq_app, source.queue)
        with closing(RabbitMQPublisher(rabbitmq_app)) as publisher:
            yield publisher

    def queued(self, source: Source) -> Sequence[str]:
        return taken_task_ids(self.app, source.queue)


class TestTwinBroker(ForgetfulPublisherContract):
    @pytest.fixture
    def publisher(self) -> Publisher:
        self.twin = TwinBroker()
        return self.twin

    def queued(self, source: Source) -> Sequence[str]:
        return [dispatch.id for dispatch in self.twin.pushed if dispatch.window.queue == source.queue]
