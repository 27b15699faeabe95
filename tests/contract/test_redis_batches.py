"""What happens to a real Redis, or is done by it, in the midst of a batch."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from celery import Celery
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import ResponseError
from sandbox.waiting import wait_until

from common.database.records import NOWHERE, Dispatch
from relay.broker import push_script
from relay.broker.redis_publisher import RedisPublisher
from relay.cycle.ports import QueueGapError
from relay.sources.builtin import SALE
from tests.contract.conftest import Closing
from tests.support.queues import redis_of, task_ids_in_redis
from tests.support.samples import a_dispatch, an_offset

Between = Callable[[int, Callable[[], None]], None]


@pytest.fixture
def before_call_of(monkeypatch: pytest.MonkeyPatch) -> Between:
    """Does something once, before the call that begins with the dispatch of this place is made."""
    whole = push_script.call_of

    def when(seq: int, act: Callable[[], None]) -> None:
        done: list[int] = []

        def call_of(*args: Any) -> Any:
            if args[3][0].seq == seq and not done:
                done.append(seq)
                act()
            return whole(*args)

        monkeypatch.setattr(push_script, "call_of", call_of)

    return when


def _batch(count: int, size: int = 20) -> list[Dispatch]:
    return [a_dispatch(seq, args=json.dumps([f"HĐ-{seq}", "x" * size])) for seq in range(count)]


def _ids(batch: list[Dispatch]) -> list[str]:
    return [dispatch.id for dispatch in batch]


def _wait_for(app: Celery, count: int) -> None:
    with redis_of(app) as client:
        wait_until(lambda: client.llen(SALE.queue) >= count, message=f"{count} messages are in the queue")


def test_what_is_lost_between_two_calls_is_noticed(
    celery_app: Celery, redis_way: RedisPublisher, monkeypatch: pytest.MonkeyPatch
) -> None:
    with redis_of(celery_app) as client:
        # Otherwise its answer to the first call is that it does not know the script.
        client.script_load(push_script.PUSH)
    whole = push_script.call_of

    def forgetful(*args: Any) -> Any:
        if a_dispatch(1, queue="relay_other") in args[3]:
            with redis_of(celery_app) as client:
                wait_until(lambda: client.exists("sale_queue"), message="the first call has no effect")
                client.flushdb()
        return whole(*args)

    monkeypatch.setattr(push_script, "call_of", forgetful)
    with pytest.raises(QueueGapError):
        redis_way.publish(SALE, after=NOWHERE, dispatches=[a_dispatch(0), a_dispatch(1, queue="relay_other")])
    assert task_ids_in_redis(celery_app, "relay_other") == []


def test_a_redis_that_pauses_for_longer_than_its_health_is_trusted_gets_each_message_once(
    celery_app: Celery, redis_way: RedisPublisher, before_call_of: Between, monkeypatch: pytest.MonkeyPatch
) -> None:
    """redis-py sends PING when nothing was read for so long, and takes the answer to a call for PONG."""
    monkeypatch.setitem(celery_app.conf.broker_transport_options, "health_check_interval", 0.05)
    batch = _batch(1000)

    def pause() -> None:
        with redis_of(celery_app) as client:
            client.client_pause(300)
        resumes = time.monotonic() + 0.2
        wait_until(lambda: time.monotonic() > resumes, message="time passes")

    before_call_of(126, pause)
    told: list[int] = []
    redis_way.publish(SALE, after=NOWHERE, dispatches=batch[:1], arrived=told.append)
    redis_way.publish(SALE, after=an_offset(0), dispatches=batch[1:], arrived=told.append)
    assert task_ids_in_redis(celery_app, SALE.queue) == _ids(batch)


def test_rows_of_nearly_a_megabyte_pass(celery_app: Celery, redis_way: RedisPublisher) -> None:
    batch = _batch(60, size=900_000)
    redis_way.publish(SALE, after=NOWHERE, dispatches=batch)
    assert redis_way.queue_length(SALE) == 60
    assert redis_way.offsets([SALE]) == {"sale": an_offset(59)}
    with redis_of(celery_app) as client:
        client.delete(SALE.queue)


def test_what_was_pushed_before_a_connection_is_killed_is_told_and_nothing_comes_twice(
    celery_app: Celery, redis_way: RedisPublisher, before_call_of: Between
) -> None:
    batch, told = _batch(1000, size=4000), list[int]()

    def kill() -> None:
        _wait_for(celery_app, 100)
        with redis_of(celery_app) as client:
            client.client_kill_filter(_type="normal", skipme=True)

    before_call_of(600, kill)
    with pytest.raises(RedisConnectionError):
        redis_way.publish(SALE, after=NOWHERE, dispatches=batch, arrived=told.append)
    assert 0 < told[-1] <= 600
    assert _ids(batch[: told[-1]]) == list(task_ids_in_redis(celery_app, SALE.queue))[: told[-1]]
    redis_way.publish(SALE, after=batch[told[-1] - 1].offset, dispatches=batch[told[-1] :])
    assert task_ids_in_redis(celery_app, SALE.queue) == _ids(batch)


def test_a_script_that_is_flushed_in_the_midst_of_a_batch_is_told_again(
    celery_app: Celery, redis_way: RedisPublisher, before_call_of: Between
) -> None:
    batch = _batch(1000)

    def flush() -> None:
        with redis_of(celery_app) as client:
            client.script_flush()

    before_call_of(500, flush)
    redis_way.publish(SALE, after=NOWHERE, dispatches=batch)
    assert task_ids_in_redis(celery_app, SALE.queue) == _ids(batch)


def test_out_of_memory_is_no_gap(small_redis: Celery, closing_at_the_end: Closing) -> None:
    """The calls behind one that is refused find a gap: repairs would not help, and after five the epoch would end."""
    publisher = closing_at_the_end(RedisPublisher(small_redis, namespace="relay"))
    publisher.publish(SALE, after=NOWHERE, dispatches=[a_dispatch(0)])
    with redis_of(small_redis) as client:
        client.config_set("maxmemory", 1)
    with pytest.raises(ResponseError, match="maxmemory"):
        publisher.publish(SALE, after=an_offset(0), dispatches=_batch(1000)[1:])
