"""What workers have in hand stands in Redis, under keys that kombu gives every app by default."""

from __future__ import annotations

import json

import pytest
from celery import Celery
from redis import Redis

from tests.support.queues import redis_of

TAG = "a-tag"
LONG_AGO = 1.0


def _leave_in_hand(client: Redis, prefix: str, queue: str) -> None:
    """As a worker does that takes a message, and then takes very long."""
    message = {"body": "W10=", "headers": {}, "properties": {"delivery_info": {}}}
    client.hset(f"{prefix}unacked", TAG, json.dumps([message, "", queue]))
    client.zadd(f"{prefix}unacked_index", {TAG: LONG_AGO})


@pytest.mark.parametrize(("prefix", "given_back"), [("", 0), ("relay:", 1)], ids=["others", "own"])
def test_relays_workers_give_back_their_own_and_nobody_elses(
    celery_app: Celery, environment: dict[str, str], prefix: str, given_back: int
) -> None:
    """A relay whose clock is ahead, or whose visibility timeout is shorter, had documents worked on twice."""
    with redis_of(celery_app) as client:
        _leave_in_hand(client, prefix, "relay")
        with celery_app.connection_for_read() as connection:
            connection.default_channel.qos.restore_visible()
        assert client.llen("relay") == given_back
        assert client.hlen(f"{prefix}unacked") == 1 - given_back
