"""Documents come when they are said to, and a document that comes twice is noticed."""

from __future__ import annotations

import base64
import json
from itertools import pairwise
from statistics import fmean
from typing import Any, cast

import pytest
import redis

from benchmarks.arrivals import MOST_TAKEN, Taker, poisson, steady
from examples.pharmacy.documents import KINDS, SALE


class Queues:
    """Instead of Redis: one look's messages."""

    def __init__(self, *names: str) -> None:
        self._messages = {SALE.queue: [message(name) for name in names]}
        self._asked: list[tuple[str, int]] = []

    def pipeline(self, *, transaction: bool) -> Queues:
        assert not transaction
        return self

    def __enter__(self) -> Queues:
        return self

    def __exit__(self, *_: object) -> None: ...

    def rpop(self, queue: str, count: int) -> None:
        self._asked.append((queue, count))

    def execute(self) -> list[list[bytes] | None]:
        assert self._asked == [(kind.queue, MOST_TAKEN) for kind in KINDS]
        return [self._messages.get(queue) for queue, _ in self._asked]


def message(name: str) -> bytes:
    body = json.dumps([[name, "NT-01"], {}, {"callbacks": None}]).encode()
    return json.dumps({"body": base64.b64encode(body).decode(), "headers": {"id": "id"}}).encode()


def taker(*names: str) -> Taker:
    return Taker(client=cast(redis.Redis, Queues(*names)))


def test_steady_documents_come_at_equal_distances() -> None:
    arrivals = steady(4, 1, name="S", kind=SALE)
    assert [(arrival.at, arrival.name) for arrival in arrivals] == [
        (0, "S-0"),
        (0.25, "S-1"),
        (0.5, "S-2"),
        (0.75, "S-3"),
    ]


def test_others_come_at_random_at_the_same_rate_for_all_kinds_together() -> None:
    arrivals = poisson(20, 500, name="P", shops=("a", "b"))
    distances = [after.at - before.at for before, after in pairwise(arrivals)]
    assert len({arrival.name for arrival in arrivals}) == len(arrivals) == 10_000
    assert min(distances) > 0
    assert fmean(distances) == pytest.approx(1 / 20, rel=0.05)
    # Of a Poisson process: as many distances above the mean as e says.
    assert sum(distance > 1 / 20 for distance in distances) / len(distances) == pytest.approx(0.368, abs=0.02)
    assert {arrival.kind for arrival in arrivals} == set(KINDS)
    assert {arrival.shop for arrival in arrivals} == {"a", "b"}


def test_what_is_taken_is_noted_once() -> None:
    found = taker("HD-1", "HD-2")
    assert found.take() == 2
    assert list(found.taken) == ["HD-1", "HD-2"]
    assert found.twice == 0


def test_a_document_that_came_twice_is_noticed() -> None:
    found = taker("HD-1", "HD-2", "HD-1")
    assert found.take() == 3
    assert found.twice == 1


def test_a_document_that_comes_again_keeps_its_first_moment() -> None:
    found = taker("HD-1")
    found.take()
    first: dict[str, Any] = dict(found.taken)
    found.client = cast(redis.Redis, Queues("HD-1"))
    found.take()
    assert found.taken == first
    assert found.twice == 1
