"""What only Redis can show: all or nothing when memory is full, and messages that are Celery's own."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest
from celery import Celery
from celery.contrib.testing.worker import start_worker
from redis.exceptions import ResponseError
from sandbox.waiting import wait_until

from common.database.records import NOWHERE
from relay.broker.redis_publisher import RedisPublisher
from relay.cycle.ports import Publisher, QueueGapError
from relay.sources.builtin import SALE
from tests.contract.conftest import Closing
from tests.support.queues import messages_in_redis, redis_of, task_ids_in_redis
from tests.support.samples import a_dispatch, an_offset

MAKES_NO_DIFFERENCE = {"delivery_tag", "origin", "reply_to"}
"""Random, the sender's name, and where an RPC result backend would answer: relay waits for no result."""


@pytest.mark.parametrize("room", [0, 2_000_000], ids=["no room at all", "room for a part"])
def test_a_batch_that_does_not_fit_leaves_its_beginning_and_the_offset_at_its_end(
    small_redis: Celery, room: int, closing_at_the_end: Closing
) -> None:
    publisher = closing_at_the_end(RedisPublisher(small_redis, namespace="relay"))
    publisher.publish(SALE, after=NOWHERE, dispatches=[a_dispatch(0)])
    large = [a_dispatch(seq) for seq in range(1, 4001)]
    with redis_of(small_redis) as client:
        client.config_set("maxmemory", client.info("memory")["used_memory"] + room)
        with pytest.raises(ResponseError, match="maxmemory"):
            publisher.publish(SALE, after=an_offset(0), dispatches=large)
        client.config_set("maxmemory", 0)
    pushed = publisher.queue_length(SALE) or 0
    assert (1 < pushed < 4001) if room else (pushed == 1)
    assert publisher.offsets([SALE]) == {"sale": an_offset(pushed - 1)}
    publisher.publish(SALE, after=an_offset(0), dispatches=large)
    assert task_ids_in_redis(small_redis, SALE.queue) == [a_dispatch(0).id, *(dispatch.id for dispatch in large)]


def test_a_redis_that_forgot_the_script_is_told_it_again(celery_app: Celery, redis_way: RedisPublisher) -> None:
    redis_way.publish(SALE, after=NOWHERE, dispatches=[a_dispatch(0)])
    with redis_of(celery_app) as client:
        client.script_flush()
    large = [a_dispatch(seq) for seq in range(1, 1001)]
    redis_way.publish(SALE, after=an_offset(0), dispatches=large)
    assert task_ids_in_redis(celery_app, SALE.queue) == [a_dispatch(0).id, *(dispatch.id for dispatch in large)]


def test_after_a_refusal_in_the_midst_of_a_batch_the_connection_is_in_step(
    celery_app: Celery, redis_way: RedisPublisher
) -> None:
    large = [a_dispatch(seq) for seq in range(1000)]
    with pytest.raises(QueueGapError):
        redis_way.publish(SALE, after=an_offset(7), dispatches=large)
    assert redis_way.offsets([SALE]) == {"sale": NOWHERE}
    redis_way.publish(SALE, after=NOWHERE, dispatches=large)
    assert redis_way.queue_length(SALE) == len(large)


def test_two_relays_on_one_redis_keep_their_offsets_apart(celery_app: Celery, closing_at_the_end: Closing) -> None:
    one, another = (closing_at_the_end(RedisPublisher(celery_app, namespace=name)) for name in ("one", "another"))
    one.publish(SALE, after=NOWHERE, dispatches=[a_dispatch(0)])
    assert another.offsets([SALE]) == {"sale": NOWHERE}


def test_nothing_but_the_offset_is_kept_beside_the_queue(celery_app: Celery, redis_way: RedisPublisher) -> None:
    redis_way.publish(SALE, after=NOWHERE, dispatches=[a_dispatch(0)])
    with redis_of(celery_app) as client:
        assert set(client.keys()) == {b"sale_queue", b"relay:relay:default.sale:offset"}


@pytest.fixture(params=["redis", "redis with signals"])
def publisher(request: pytest.FixtureRequest, celery_app: Celery, closing_at_the_end: Closing) -> Publisher:
    """All ways into a Redis list."""
    signals = request.param == "redis with signals"
    return closing_at_the_end(RedisPublisher(celery_app, namespace="relay", signals=signals))


@pytest.mark.parametrize("args", [["HD-1", "NT-01"], [7, 2**53], ["Nhà thuốc Đức An", 'say "x"'], []])
def test_a_message_is_what_send_task_would_push(celery_app: Celery, publisher: Publisher, args: list[Any]) -> None:
    dispatch = a_dispatch(0, id="8c0c5e0e-6a2f-5d0b-9d0f-2f7f3f3d7a01", args=json.dumps(args))
    publisher.publish(SALE, after=NOWHERE, dispatches=[dispatch])
    window = dispatch.window
    celery_app.send_task(window.task, args=tuple(args), task_id=dispatch.id, queue=window.queue)
    ours, theirs = (_fields(message) for message in messages_in_redis(celery_app, window.queue))
    different = {name for name in {*ours, *theirs} if ours.get(name) != theirs.get(name)}
    assert different <= MAKES_NO_DIFFERENCE


def test_a_celery_worker_takes_the_messages(celery_app: Celery, publisher: Publisher) -> None:
    taken: list[tuple[str, ...]] = []

    @celery_app.task(name=SALE.task, bind=True, shared=False)  # type: ignore[untyped-decorator]
    def process_sale(task: Any, invoice: str, shop: str) -> None:
        taken.append((task.request.id, invoice, shop))

    args = [["HD-1", "NT-01"], ["Nhà thuốc Đức An", 'it\'s \\ "x"'], ["😀", " "]]
    ids = [secrets.token_hex(8) for _ in args]
    dispatches = [a_dispatch(seq, id=ids[seq], args=json.dumps(args[seq])) for seq in range(len(args))]
    publisher.publish(SALE, after=NOWHERE, dispatches=dispatches)
    with start_worker(celery_app, pool="solo", queues=SALE.queue, perform_ping_check=False, shutdown_timeout=30):
        wait_until(lambda: len(taken) == len(dispatches), message=f"the worker took {taken}")
    assert taken == [(task_id, *values) for task_id, values in zip(ids, args, strict=True)]


def _fields(message: dict[str, Any]) -> dict[str, Any]:
    """A message's fields in one level; the body decoded by nobody: it must be the same text."""
    nested = [message["headers"], message["properties"], message["properties"]["delivery_info"]]
    flat = {name: value for name, value in message.items() if name not in ("headers", "properties")}
    for level in nested:
        flat.update({name: value for name, value in level.items() if name != "delivery_info"})
    return flat


def test_a_batch_across_a_change_of_queue_puts_each_message_where_the_log_says(
    celery_app: Celery, redis_way: RedisPublisher
) -> None:
    old, urgent = [a_dispatch(0), a_dispatch(1)], [a_dispatch(2, priority=3), a_dispatch(4, queue="relay_other")]
    dispatches = [*old, urgent[0], a_dispatch(3), urgent[1]]
    redis_way.publish(SALE, after=NOWHERE, dispatches=dispatches, skip_message={a_dispatch(3).id})
    assert task_ids_in_redis(celery_app, "sale_queue") == ["epoch-1-0", "epoch-1-1"]
    assert task_ids_in_redis(celery_app, "sale_queue\x06\x163") == ["epoch-1-2"]
    assert task_ids_in_redis(celery_app, "relay_other") == ["epoch-1-4"]
    assert redis_way.offsets([SALE]) == {"sale": an_offset(4)}
