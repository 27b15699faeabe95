"""Options of kombu's Redis transport: relay writes where a worker service with the same options reads."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import closing
from typing import Any

import pytest
from celery import Celery
from kombu.entity import Queue

from common.config import Settings, load_settings
from common.database.records import NOWHERE
from relay.broker.redis_publisher import RedisPublisher
from relay.sources.builtin import SALE
from relay.sources.reserved import OWN_QUEUE
from tests.support.queues import redis_of
from tests.support.samples import a_dispatch, an_offset

# The prefix begins with `relay` because the tests look for keys that do not.
OPTIONS: Sequence[dict[str, Any]] = (
    {"global_keyprefix": "relay-shop:"},
    {"sep": ":"},
    {"priority_steps": [0, 5]},
    {"priority_steps": list(range(10))},
    {"global_keyprefix": "relay-shop:", "sep": "-", "priority_steps": [0, 2, 4], "queue_order_strategy": "sorted"},
    {"visibility_timeout": 120, "fanout_prefix": "/relay-{db}.", "client_name": "relay"},
)
PRIORITIES = (0, 1, 4, 5, 9)


@pytest.fixture(params=OPTIONS, ids=", ".join)
def options(request: pytest.FixtureRequest) -> dict[str, Any]:
    chosen: dict[str, Any] = request.param
    return chosen


@pytest.fixture(params=["RELAY_BROKER_OPTIONS", "BROKER_URL"])
def settings(request: pytest.FixtureRequest, environment: dict[str, str], options: dict[str, Any]) -> Settings:
    """With the options in either place."""
    if request.param == "RELAY_BROKER_OPTIONS":
        return load_settings(_env_file=None, **environment, RELAY_BROKER_OPTIONS=json.dumps(options))
    query = "&".join(f"{name}={value if type(value) is str else json.dumps(value)}" for name, value in options.items())
    url = f"redis://{environment['REDIS_HOST']}:{environment['REDIS_PORT']}/0?{query}"
    return load_settings(_env_file=None, **environment, BROKER_URL=url)


@pytest.fixture
def worker_service(environment: dict[str, str], options: dict[str, Any]) -> Iterator[Celery]:
    """An app that knows nothing of relay, and has the same options."""
    url = f"redis://{environment['REDIS_HOST']}:{environment['REDIS_PORT']}/0"
    with closing(Celery("service", broker=url, set_as_current=False)) as app:
        app.conf.broker_transport_options = options
        yield app


def _taken(app: Celery, queue: str) -> list[str]:
    with app.connection_for_read() as connection, connection.channel() as channel:
        bound, taken = Queue(queue)(channel), []
        while (message := bound.get(no_ack=True)) is not None:
            taken.append(str(message.headers["id"]))
        return taken


@pytest.mark.parametrize("signals", [False, True], ids=["template", "signals"])
def test_a_worker_service_with_the_same_options_takes_every_message(
    celery_app: Celery, worker_service: Celery, signals: bool
) -> None:
    dispatches = [a_dispatch(seq, priority=PRIORITIES[seq]) for seq in range(len(PRIORITIES))]
    with closing(RedisPublisher(celery_app, namespace="relay", signals=signals)) as publisher:
        publisher.publish(SALE, after=NOWHERE, dispatches=dispatches)
        assert publisher.offsets([SALE]) == {"sale": an_offset(len(dispatches) - 1)}
    assert sorted(_taken(worker_service, SALE.queue)) == sorted(dispatch.id for dispatch in dispatches)


def test_the_length_is_that_of_the_list_that_the_service_reads(
    celery_app: Celery, worker_service: Celery, options: dict[str, Any]
) -> None:
    with closing(RedisPublisher(celery_app, namespace="relay")) as publisher:
        worker_service.send_task("any", queue=SALE.queue)
        assert publisher.queue_length(SALE) == 1


def test_the_offset_follows_the_prefix(celery_app: Celery, options: dict[str, Any]) -> None:
    with closing(RedisPublisher(celery_app, namespace="relay")) as publisher:
        publisher.publish(SALE, after=NOWHERE, dispatches=[a_dispatch(0)])
    prefix = options.get("global_keyprefix", "")
    with redis_of(celery_app) as client:
        keys = {key.decode() for key in client.scan_iter()}
    assert keys == {f"{prefix}sale_queue", f"{prefix}relay:relay:default.sale:offset"}


def test_relays_own_ticks_go_where_relays_own_worker_reads(celery_app: Celery, worker_service: Celery) -> None:
    sent = celery_app.send_task("relay.reconcile", queue=OWN_QUEUE)
    assert _taken(worker_service, OWN_QUEUE) == [sent.id]
