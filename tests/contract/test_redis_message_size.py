"""A message that is too large for Redis is told as that, whichever way the connection ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery
from redis.exceptions import RedisError
from sandbox.services import HOST

from common.config import load_settings
from common.database.records import NOWHERE
from relay.broker.message_size import refusal_of_size
from relay.broker.redis_errors import TOO_LARGE, remedy
from relay.broker.redis_publisher import RedisPublisher
from relay.celery_app import configuration
from relay.sources.builtin import SALE
from tests.contract.conftest import Closing
from tests.support.queues import redis_of, task_ids_in_redis
from tests.support.samples import a_dispatch, an_offset
from tests.support.tls import PASSWORD, Authority, running_tls_redis

LIMIT = 1024 * 1024


@pytest.fixture
def encrypted_redis(environment: dict[str, str], tmp_path: Path) -> Iterator[Celery]:
    """An app on a Redis that is reached by TLS alone."""
    authority = Authority(tmp_path / "authority")
    client = authority.sign("client")
    files = {
        "ssl_ca_certs": str(authority.file),
        "ssl_certfile": str(client.certificate),
        "ssl_keyfile": str(client.key),
        "ssl_cert_reqs": "CERT_REQUIRED",
    }
    with running_tls_redis(tmp_path, authority, authority.sign("server")) as port:
        address = {
            "BROKER_URL": f"rediss://:{PASSWORD}@{HOST}:{port}/0",
            "RELAY_BROKER_OPTIONS": json.dumps({"ssl": files}),
        }
        app = Celery("encrypted", set_as_current=False)
        app.conf.update(configuration(load_settings(_env_file=None, **{**environment, **address})))
        yield app
        app.close()


@pytest.mark.usefixtures("settings")
@pytest.mark.parametrize("broker", ["small_redis", "encrypted_redis"])
@pytest.mark.parametrize("size", [900_000, 9_000_000])
def test_a_message_that_redis_does_not_take_is_no_outage(
    broker: str, size: int, request: pytest.FixtureRequest, closing_at_the_end: Closing
) -> None:
    """It hangs up while the message is on its way: what it said is lost with that, over TLS nearly every time."""
    app: Celery = request.getfixturevalue(broker)
    publisher = closing_at_the_end(RedisPublisher(app, namespace="relay"))
    large = a_dispatch(300, args=json.dumps(["ế" * (size // 6)]))
    batch = [*(a_dispatch(seq) for seq in range(300)), large, a_dispatch(301)]
    with redis_of(app) as client:
        client.config_set("proto-max-bulk-len", LIMIT)
    for _ in range(3):
        told: list[int] = []
        with pytest.raises(RedisError) as raised:
            publisher.publish(SALE, after=NOWHERE, dispatches=batch, arrived=told.append)
        assert remedy(raised.value) == TOO_LARGE
        assert told[-1] == 300
    with redis_of(app) as client:
        client.config_set("proto-max-bulk-len", 512 * LIMIT)
    publisher.publish(SALE, after=an_offset(299), dispatches=batch[300:])
    assert task_ids_in_redis(app, SALE.queue) == [dispatch.id for dispatch in batch]


def test_redis_is_asked_only_for_sizes_that_it_may_refuse(small_redis: Celery) -> None:
    with redis_of(small_redis) as client:
        client.config_set("proto-max-bulk-len", LIMIT)
        assert refusal_of_size(client, LIMIT) is None
        assert str(refusal_of_size(client, LIMIT + 1)) == "Protocol error: invalid bulk length"
        client.config_set("proto-max-bulk-len", 2 * LIMIT)
        assert refusal_of_size(client, LIMIT + 1) is None
        assert client.ping(), "the connections are as good as before"


def test_a_redis_that_is_away_refuses_no_size(small_redis: Celery) -> None:
    with redis_of(small_redis) as client:
        client.shutdown(nosave=True)
        assert refusal_of_size(client, 2 * LIMIT) is None
