"""The publishers: over Redis, over RabbitMQ, and their fakes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing

import pytest
from celery import Celery

from common.database.records import Offset, Outgoing
from relay.broker.rabbitmq_publisher import RabbitMQPublisher
from relay.broker.redis_publisher import RedisPublisher
from relay.cycle.ports import Arrived, Publisher, nobody
from relay.sources.builtin import BUILT_IN
from relay.sources.source import Source
from tests.contract.publisher import ForgetfulPublisherContract, OffsetPublisherContract
from tests.support.fakes import FakeBroker, FakeQueue
from tests.support.queues import declare, taken_task_ids, task_ids_in_redis


class TestRedisPublisher(OffsetPublisherContract):
    @pytest.fixture
    def publisher(self, celery_app: Celery) -> Iterator[Publisher]:
        self.app = celery_app
        with closing(RedisPublisher(celery_app, namespace="relay")) as publisher:
            yield publisher

    def queued(self, source: Source) -> Sequence[str]:
        return task_ids_in_redis(self.app, source.queue)


class FakeQueues:
    """A FakeQueue for each source."""

    def __init__(self) -> None:
        self.each = {source.name: FakeQueue() for source in BUILT_IN}

    def offsets(self, sources: Sequence[Source]) -> Mapping[str, Offset | None]:
        return {source.name: self.each[source.name].offset for source in sources}

    def publish(
        self,
        source: Source,
        *,
        after: Offset,
        dispatches: Sequence[Outgoing],
        skip_message: Collection[str] = (),
        arrived: Arrived = nobody,
    ) -> None:
        self.each[source.name].publish(
            source, after=after, dispatches=dispatches, skip_message=skip_message, arrived=arrived
        )

    def close(self) -> None:
        pass

    def discard_torn_writes(self) -> bool:
        return True

    def queue_length(self, source: Source) -> int | None:
        return self.each[source.name].queue_length(source)


class TestFakeQueue(OffsetPublisherContract):
    @pytest.fixture
    def publisher(self) -> Publisher:
        self.queues = FakeQueues()
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


class TestFakeBroker(ForgetfulPublisherContract):
    @pytest.fixture
    def publisher(self) -> Publisher:
        self.fake = FakeBroker()
        return self.fake

    def queued(self, source: Source) -> Sequence[str]:
        return [dispatch.id for dispatch in self.fake.pushed if dispatch.window.queue == source.queue]
