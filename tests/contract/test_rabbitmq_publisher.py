"""What only RabbitMQ can show: what comes back, what is never confirmed, and messages that are Celery's own."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from celery import Celery
from celery.contrib.testing.worker import start_worker
from kombu.entity import Queue
from sandbox.waiting import wait_until

from common.database.errors import ConfigurationError
from common.database.records import Dispatch
from relay.broker import confirms, rabbitmq_publisher
from relay.broker.rabbitmq_errors import NotConfirmedError, QueueRefusesError
from relay.broker.rabbitmq_publisher import RabbitMQPublisher
from relay.error_policy import is_transient
from relay.sources.builtin import SALE
from tests.contract.rabbitmq import batch_for, ids_of, publish
from tests.support.queues import declare, taken_task_ids
from tests.support.samples import a_dispatch


@pytest.fixture
def publisher(rabbitmq_app: Celery) -> Iterator[RabbitMQPublisher]:
    with closing(RabbitMQPublisher(rabbitmq_app)) as publisher:
        yield publisher


# What comes back


def test_a_queue_that_nobody_has_declared_fails_the_batch_with_the_remedy(
    rabbitmq_app: Celery, publisher: RabbitMQPublisher, queue: str
) -> None:
    batch = batch_for(queue, 3)
    with pytest.raises(ConfigurationError) as caught:
        publish(publisher, batch)
    assert str(caught.value) == (
        f"source sale: RabbitMQ has no queue {queue}: start its worker service once, or declare the queue"
    )
    assert not is_transient(caught.value)
    declare(rabbitmq_app, queue)
    publish(publisher, batch)
    assert taken_task_ids(rabbitmq_app, queue) == ids_of(batch)


def test_what_was_confirmed_of_a_batch_that_failed_is_not_sent_again(
    rabbitmq_app: Celery, publisher: RabbitMQPublisher, queue: str
) -> None:
    there, absent = f"{queue}-there", f"{queue}-absent"
    declare(rabbitmq_app, there)
    batch = [*batch_for(there, 3), *batch_for(absent, 2, start=3)]
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=f"no queue {absent}: start"):
            publish(publisher, batch)
    declare(rabbitmq_app, absent)
    publish(publisher, batch)
    assert taken_task_ids(rabbitmq_app, there) == ids_of(batch[:3])
    assert taken_task_ids(rabbitmq_app, absent) == ids_of(batch[3:])


@pytest.mark.parametrize("kind", ["classic", "quorum"])
def test_a_queue_that_is_full_refuses_and_gets_each_message_once(
    rabbitmq_app: Celery, publisher: RabbitMQPublisher, queue: str, kind: str
) -> None:
    limited = {"x-queue-type": kind, "x-max-length": 5, "x-overflow": "reject-publish"}
    declare(rabbitmq_app, queue, **limited)
    refusals, taken = 0, []
    # A quorum queue goes beyond its limit before it refuses.
    for batch in (batch_for(queue, 20), batch_for(queue, 20, start=20), batch_for(queue, 20, start=40)):
        while (error := _refusal(publisher, batch)) is not None:
            refusals += 1
            assert f"queue {queue} refused" in str(error)
            assert is_transient(error)
            taken += _taken(rabbitmq_app, queue, limited)
    taken += _taken(rabbitmq_app, queue, limited)
    assert refusals > 0, "it was never full"
    assert sorted(taken) == sorted(ids_of(batch_for(queue, 60)))


def _refusal(publisher: RabbitMQPublisher, batch: list[Dispatch]) -> QueueRefusesError | None:
    try:
        publish(publisher, batch)
    except QueueRefusesError as error:
        return error
    return None


def _taken(app: Celery, queue: str, arguments: dict[str, Any]) -> list[str]:
    with app.connection_for_read() as connection, connection.channel() as channel:
        bound, taken = Queue(queue, queue_arguments=arguments)(channel), []
        while (message := bound.get(no_ack=True)) is not None:
            taken.append(str(message.headers["id"]))
        return taken


def test_a_queue_that_takes_nothing_gets_no_more(
    rabbitmq_app: Celery, publisher: RabbitMQPublisher, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rabbitmq_publisher, "IN_FLIGHT", 10)
    sent: list[str] = []
    whole = confirms.ConfirmingChannel.basic_publish

    def counted(channel: Any, message: Any, **rest: Any) -> None:
        sent.append(rest["routing_key"])
        whole(channel, message, **rest)

    monkeypatch.setattr(confirms.ConfirmingChannel, "basic_publish", counted)
    with pytest.raises(ConfigurationError):
        publish(publisher, batch_for(queue, 1000))
    assert len(sent) == 10


def test_a_queue_that_is_declared_in_the_midst_of_a_batch_gets_each_message_once(
    rabbitmq_app: Celery, publisher: RabbitMQPublisher, queue: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when the worker service starts just then, as relay asked: what came after was sent again."""
    whole, sent = confirms.ConfirmingChannel.basic_publish, list[Any]()

    def starting_the_service(channel: Any, message: Any, **rest: Any) -> None:
        if len(sent) == 3:
            channel.wait()
            declare(rabbitmq_app, queue)
        sent.append(message)
        whole(channel, message, **rest)

    monkeypatch.setattr(confirms.ConfirmingChannel, "basic_publish", starting_the_service)
    batch = batch_for(queue, 6)
    with pytest.raises(ConfigurationError, match="RabbitMQ has no queue"):
        publish(publisher, batch)
    publish(publisher, batch)
    assert taken_task_ids(rabbitmq_app, queue) == ids_of([*batch[3:], *batch[:3]])


def test_the_length_of_a_queue_that_is_not_there_is_not_known(
    rabbitmq_app: Celery, publisher: RabbitMQPublisher, queue: str
) -> None:
    assert publisher.queue_length(replace(SALE, queue=queue)) is None
    declare(rabbitmq_app, SALE.queue)
    assert publisher.queue_length(SALE) == 0, "the connection is as good as before"


# Celery's own messages


def _properties(app: Celery, queue: str) -> list[dict[str, Any]]:
    with app.connection_for_read() as connection, connection.channel() as channel:
        found = []
        while (message := channel.basic_get(queue, no_ack=True)) is not None:
            headers = {name: value for name, value in message.headers.items() if name != "origin"}
            rest = {name: value for name, value in message.properties.items() if name != "application_headers"}
            found.append({**headers, **rest, "reply_to": None, "body": message.body})
        return found


def test_a_message_is_what_send_task_would_publish(
    rabbitmq_app: Celery, publisher: RabbitMQPublisher, queue: str
) -> None:
    declare(rabbitmq_app, queue)
    args = ["Nhà thuốc Đức An", 'say "x"', 2**53]
    dispatch = a_dispatch(0, id="8c0c5e0e-6a2f-5d0b-9d0f-2f7f3f3d7a01", queue=queue, args=json.dumps(args), priority=4)
    publish(publisher, [dispatch])
    rabbitmq_app.send_task(SALE.task, args=tuple(args), task_id=dispatch.id, queue=queue, priority=4)
    ours, theirs = _properties(rabbitmq_app, queue)
    assert ours == theirs
    assert (ours["delivery_mode"], ours["priority"]) == (2, 4)


@pytest.mark.parametrize("letter", ["a", "Đ"])
def test_a_long_text_arrives_whole_and_its_neighbours_once(
    rabbitmq_app: Celery, publisher: RabbitMQPublisher, queue: str, letter: str
) -> None:
    declare(rabbitmq_app, queue)
    args = ["HĐ-1", letter * 160_000]
    batch = [a_dispatch(0, queue=queue), a_dispatch(1, queue=queue, args=json.dumps(args)), a_dispatch(2, queue=queue)]
    try:
        publish(publisher, batch)
    except NotConfirmedError as error:
        raise AssertionError("RabbitMQ closed the connection") from error
    found = _properties(rabbitmq_app, queue)
    assert [message["id"] for message in found] == ids_of(batch)
    assert json.loads(found[1]["body"])[0] == args
    assert found[1]["argsrepr"] == f"{tuple(args)!r}"[:1024] + "..."


def test_an_event_that_nobody_listens_to_is_no_missing_queue(
    rabbitmq_app: Celery, publisher: RabbitMQPublisher, queue: str
) -> None:
    rabbitmq_app.conf.task_send_sent_event = True
    declare(rabbitmq_app, queue)
    batch = batch_for(queue, 3)
    publish(publisher, batch)
    assert taken_task_ids(rabbitmq_app, queue) == ids_of(batch)


def test_a_celery_worker_takes_the_messages(rabbitmq_app: Celery, publisher: RabbitMQPublisher, queue: str) -> None:
    taken: list[tuple[str, ...]] = []

    @rabbitmq_app.task(name=SALE.task, bind=True, shared=False)  # type: ignore[untyped-decorator]
    def process_sale(task: Any, invoice: str, shop: str) -> None:
        taken.append((task.request.id, invoice, shop))

    declare(rabbitmq_app, queue)
    dispatch = a_dispatch(0, queue=queue, args=json.dumps(["HĐ-1", "Nhà thuốc Đức An"]))
    publish(publisher, [dispatch])
    with start_worker(rabbitmq_app, pool="solo", queues=queue, perform_ping_check=False, shutdown_timeout=30):
        wait_until(lambda: bool(taken), message="the worker took nothing")
    assert taken == [(dispatch.id, "HĐ-1", "Nhà thuốc Đức An")]
