"""What Redis refuses a worker is said, and raised for nobody."""

from __future__ import annotations

from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoPermissionError
from structlog.testing import capture_logs

from relay.worker import refused_acks

REFUSED = NoPermissionError("this user has no permissions to run the 'zrem' command")


class InHand:
    """As far as an acknowledgement looks at it."""

    def __init__(self) -> None:
        self.given_back: set[str] = set()
        self._quick_ack = self.given_back.add


class Answers:
    """Gives, or raises, one after the other."""

    def __init__(self, *answers: object) -> None:
        self._answers = iter(answers)

    def __call__(self, *_: Any) -> object:
        answer = next(self._answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


def test_an_acknowledgement_that_is_refused_is_said_and_the_tick_is_no_longer_in_hand() -> None:
    acknowledge, qos = refused_acks.acknowledging(Answers(REFUSED, None)), InHand()
    with capture_logs() as told:
        acknowledge(qos, "one")
        acknowledge(qos, "two")
    assert [(line["event"], line["task"]) for line in told] == [
        ("configuration", "acknowledge"),
        ("recovered", "acknowledge"),
    ]
    assert qos.given_back == {"one"}


def test_the_end_of_a_connection_is_for_celery() -> None:
    with pytest.raises(RedisConnectionError):
        refused_acks.acknowledging(Answers(RedisConnectionError("closed by server")))(InHand(), "one")
